"""Results to one table: ours beside the paper's, with spreads and steps.

A score is the mean over the tests, and its spread the standard deviation over the seeds. A step is
the difference in mAP to the same seed of the row before, so that what both rows share is left out.
It has two spreads: over the seeds, each the mean over the tests, and over the tests, each the mean
over the seeds.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import stdev
from typing import Any

import numpy as np

from tacan.evaluation.summary import DDOF, Summary, summarise
from tacan.paper.plain_table import aligned
from tacan.paper.published import Published
from tacan.paper.variants import Variant
from tacan.runs.row_results import Result, Results, TestScores

__all__ = ["MEASURES", "Row", "Step", "as_csv", "as_json", "as_markdown", "make_rows", "trained"]

MEASURES = ("mAP", "Rank-1", "Rank-5", "Rank-20")
"""The paper's columns."""

AUC = "occlusion AUC"


@dataclass(frozen=True, slots=True)
class Step:
    """A step from the row `before`, in fractions: `summary`, over the seeds, has the name mAP.

    `tests` holds the mean gain in each test by its name. `published` is in points.
    """

    before: str
    summary: Summary
    tests: Mapping[str, float]
    published: float | None

    @property
    def std_over_tests(self) -> float | None:
        """None for a single test."""
        return stdev(self.tests.values()) if len(self.tests) > 1 else None


@dataclass(frozen=True, slots=True)
class Row:
    """One row: scores over seeds as fractions, and what the paper has of it."""

    variant: Variant
    results: Mapping[int, Result]
    scores: Summary
    auc: Summary | None
    steps: tuple[Step, ...]
    published: Published | None

    @property
    def iterations(self) -> tuple[int, ...]:
        """Lengths of the trainings: one, unless the seeds were trained by several calls."""
        runs = [result.training.get("run", {}) for result in self.results.values()]
        return tuple(sorted({run["iterations"] for run in runs if "iterations" in run}))


def make_rows(
    results: Results, variants: Mapping[str, Variant], published: Mapping[str, Published]
) -> tuple[Row, ...]:
    """A row for each of `variants` that has results, in their order."""
    rows = []
    for name, variant in variants.items():
        if of_row := results.get(name):
            aucs = [r.occlusion_auc for r in of_row.values() if r.occlusion_auc is not None]
            rows.append(
                Row(
                    variant=variant,
                    results=of_row,
                    scores=summarise([dict(result.scores) for result in of_row.values()]),
                    auc=summarise([{AUC: auc} for auc in aucs]) if aucs else None,
                    steps=tuple(
                        step
                        for before in variant.before
                        if (step := _step(name, before, results, published))
                    ),
                    published=published.get(name),
                )
            )
    return tuple(rows)


def _step(
    name: str, before: str, results: Results, published: Mapping[str, Published]
) -> Step | None:
    """None where the two rows have no seed in common."""
    ours, theirs = results[name], results.get(before, {})
    seeds = [seed for seed in ours if seed in theirs]
    if not seeds:
        return None
    gains = np.array(
        [
            [
                test.scores["mAP"] - theirs[seed].tests[place].scores["mAP"]
                for place, test in ours[seed].tests.items()
            ]
            for seed in seeds
        ]
    )  # seeds x tests
    names = ours[seeds[0]].tests
    printed = None
    if name in published and before in published:
        own, other = published[name].scores.get("mAP"), published[before].scores.get("mAP")
        printed = own - other if own is not None and other is not None else None
    return Step(
        before,
        summary=summarise([{"mAP": gain} for gain in gains.mean(axis=1).tolist()]),
        tests=dict(zip(names, gains.mean(axis=0).tolist(), strict=True)),
        published=printed,
    )


def trained(rows: Sequence[Row]) -> tuple[str, ...]:
    """How long the rows were trained, in words; nothing where that is not known."""
    lengths = sorted({length for row in rows for length in row.iterations})
    said = " and ".join(f"{length:,}" for length in lengths)
    return (f"after {said} iterations",) if lengths else ()


def as_markdown(rows: Sequence[Row], *, others: Mapping[str, Published] | None = None) -> str:
    """A table in percent, its columns aligned so that it can be read as plain text too.

    Its head says how long the rows were trained, where that is known. `others` are rows that
    the paper alone has.
    """
    head = [
        ", ".join(("row", *trained(rows))),
        "seeds",
        *MEASURES,
        AUC,
        "step in mAP",
        "over the tests",
    ]
    head += ["paper: mAP", "Rank-1", "step"]
    lines = [head, *(_cells(row) for row in rows)]
    for name, printed in (others or {}).items():
        scores = [_percent(printed, measure) for measure in ("mAP", "Rank-1")]
        lines.append([f"{name}: only published", *[""] * (len(head) - 4), *scores, ""])
    return aligned(head, lines[1:])


def _cells(row: Row) -> list[str]:
    paper_step = next((step.published for step in row.steps if step.published is not None), None)
    return [
        row.variant.title,
        str(row.scores.n),
        *(_spread(row.scores, name) for name in MEASURES),
        _spread(row.auc, AUC, scale=1, digits=3) if row.auc else "",
        "; ".join(f"{_spread(s.summary, 'mAP', sign='+')} ({s.before})" for s in row.steps),
        "; ".join(filter(None, map(_range_over_tests, row.steps))),
        *(_percent(row.published, name) for name in ("mAP", "Rank-1")),
        "" if paper_step is None else f"{paper_step:+.1f}",
    ]


def _percent(published: Published | None, measure: str) -> str:
    """Empty where the paper has no such figure."""
    score = published.scores.get(measure) if published else None
    return "" if score is None else f"{score:.1f}"


def _range_over_tests(step: Step) -> str:
    """Empty for a single test."""
    if (std := step.std_over_tests) is None:
        return ""
    low, high = min(step.tests.values()), max(step.tests.values())
    return f"± {100 * std:.1f}, {100 * low:+.1f} to {100 * high:+.1f}"


def _spread(
    summary: Summary, name: str, *, scale: int = 100, digits: int = 1, sign: str = ""
) -> str:
    mean = f"{scale * summary.mean[name]:{sign}.{digits}f}"
    return mean if summary.std is None else f"{mean} ± {scale * summary.std[name]:.{digits}f}"


def as_csv(rows: Sequence[Row]) -> str:
    """Fractions at full precision, a line for each row; the paper's are in percent."""
    head = ["row", "in_paper", "seeds", "iterations"]
    head += [f"{name}_{kind}" for name in (*MEASURES, "occlusion_auc") for kind in ("mean", "std")]
    head += [f"paper_{name}" for name in MEASURES]
    head += [
        f"{step}_{kind}"
        for step in ("step", "second_step")
        for kind in ("from", "mAP_mean", "mAP_std", "mAP_std_over_tests")
    ]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(_csv_line(row, len(head)) for row in rows)
    return stream.getvalue()


def _csv_line(row: Row, n_columns: int) -> list[object]:
    printed = row.published.scores if row.published else {}
    line: list[object] = [row.variant.name, row.variant.paper or "", row.scores.n]
    line.append(" ".join(map(str, row.iterations)))
    for summary, names in ((row.scores, MEASURES), (row.auc, (AUC,))):
        for name in names:
            line += _pair(summary, name)
    line += [printed.get(name, "") for name in MEASURES]
    for step in row.steps:
        over_tests = step.std_over_tests
        line += [step.before, *_pair(step.summary, "mAP"), "" if over_tests is None else over_tests]
    return line + [""] * (n_columns - len(line))


def _pair(summary: Summary | None, name: str) -> list[object]:
    if summary is None:
        return ["", ""]
    return [summary.mean[name], "" if summary.std is None else summary.std[name]]


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Fractions at full precision, every seed by itself as well; the paper's are in percent."""
    return [
        {
            "row": row.variant.name,
            "title": row.variant.title,
            "iterations": list(row.iterations),
            "paper": None
            if row.published is None
            else {
                "method": row.variant.paper,
                "scores": dict(row.published.scores),
                "source": row.published.source,
            },
            "scores": _plain(row.scores),
            "occlusion_auc": None if row.auc is None else _plain(row.auc),
            "steps": [
                {
                    "from": step.before,
                    **_plain(step.summary),
                    "tests": dict(step.tests),
                    "paper_points": None if step.published is None else round(step.published, 1),
                }
                for step in row.steps
            ],
            "seeds": {
                str(seed): {
                    "scores": result.scores,
                    "occlusion_auc": result.occlusion_auc,
                    "tests": {name: _scored(test) for name, test in result.tests.items()},
                    "model_fingerprint": result.model_fingerprint,
                }
                for seed, result in row.results.items()
            },
        }
        for row in rows
    ]


def _scored(test: TestScores) -> dict[str, Any]:
    """All that a test found but the diameters of each identity, which Table 3 tells."""
    found = asdict(test)
    del found["diameters"]
    return found


def _plain(summary: Summary) -> dict[str, Any]:
    std = None if summary.std is None else dict(summary.std)
    return {"n": summary.n, "mean": dict(summary.mean), "std": std, "std_ddof": DDOF}
