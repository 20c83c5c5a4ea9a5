"""The result of training one row of a table with one seed, and its file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from tacan.errors import StorageError
from tacan.files import write_text

__all__ = [
    "Result",
    "Results",
    "TestScores",
    "collect_results",
    "read_result",
    "result_file",
    "write_result",
]

RESULT = "result.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestScores:
    """The scores of one test.

    scores
        Fractions, by the names of `tacan.evaluation.summary.measures`.
    occlusion_auc
        None for a row without a clip weight, and where the occlusion is not known.
    diameters
        Of each identity by its pid as text, of `raw` vectors and of those of `unit` length: see
        `tacan.evaluation.identity_spread`.
    silhouette
        The mean over all tracklets of people, `raw` and `unit` too.
    weight_by_visibility
        The fields of `tacan.evaluation.weight_by_visibility.WeightByVisibility`, or None like the
        AUC.

    What came later is None in results that were written before.
    """

    __test__ = False  # not a test of pytest's

    scores: Mapping[str, float]
    occlusion_auc: float | None
    diameters: Mapping[str, Mapping[str, float]] | None = None
    silhouette: Mapping[str, float] | None = None
    weight_by_visibility: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One row with one seed, in each test by the test's name.

    `training` holds the settings of the training, section by section, `people` where the tracklets
    came from.
    """

    row: str
    seed: int
    tests: Mapping[str, TestScores]
    model_fingerprint: str
    training: Mapping[str, Any]
    people: Mapping[str, Any]

    @property
    def scores(self) -> dict[str, float]:
        """Means over the tests."""
        each = [test.scores for test in self.tests.values()]
        return {name: fmean(scores[name] for scores in each) for name in each[0]}

    @property
    def occlusion_auc(self) -> float | None:
        """The mean over the tests that have one; None where none has."""
        known = [t.occlusion_auc for t in self.tests.values() if t.occlusion_auc is not None]
        return fmean(known) if known else None


Results = Mapping[str, Mapping[int, Result]]
"""By row and seed."""


def result_file(out: Path, row: str, seed: int) -> Path:
    """The file of the result of `row` with `seed` in the folder `out`, beside its training run."""
    return out / row / f"seed-{seed}" / RESULT


def write_result(path: Path, result: Result) -> None:
    """Raises `StorageError`."""
    write_text(path, json.dumps(asdict(result), indent=2) + "\n")


def read_result(path: Path) -> Result | None:
    """None where there is none yet. Raises `StorageError` for a damaged one."""
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        tests = {name: TestScores(**scores) for name, scores in content.pop("tests").items()}
        return Result(**content, tests=tests)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise StorageError(
            "a row's result must be as it was written",
            got=f"{path}: {error}",
            remedy="Delete it and run the table again.",
        ) from error


def collect_results(out: Path) -> dict[str, dict[int, Result]]:
    """All results that lie in `out`, of whatever calls. Raises `StorageError`."""
    found: dict[str, dict[int, Result]] = {}
    for path in sorted(out.glob(f"*/seed-*/{RESULT}")):
        if result := read_result(path):
            found.setdefault(result.row, {})[result.seed] = result
    return {row: dict(sorted(of_row.items())) for row, of_row in found.items()}
