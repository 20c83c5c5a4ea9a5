"""Table 3: the largest distance within an identity, without and with the min-max loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np

from tacan.evaluation.summary import Summary, summarise
from tacan.paper.plain_table import PlainTable
from tacan.paper.published import TABLE_3
from tacan.runs.row_results import Result, Results

__all__ = ["LENGTHS", "WITH", "WITHOUT", "SpreadRow", "spread_json", "spread_rows", "spread_table"]

WITHOUT, WITH = "clip_attention", "min_max"
"""The rows of Table 1 that are compared."""

LENGTHS = {"unit": "vectors of length 1", "raw": "vectors as they are"}

N_SAMPLES = len(TABLE_3)


@dataclass(frozen=True, slots=True)
class SpreadRow:
    """One identity, or all of them: for `unit` and `raw` the value without and with the loss.

    `published` are the paper's two figures.
    """

    title: str
    values: Mapping[str, tuple[Summary, Summary]]
    published: tuple[float, float] | None = None


def spread_rows(results: Results) -> tuple[SpreadRow, ...]:
    """Rows of five identities, all identities, the share that comes closer, and the silhouette.

    Each is the mean and deviation over the seeds that both trainings have. The five are drawn
    among those of the first test, by a fixed seed. Nothing where a result of either is not there.
    """
    without, with_ = results.get(WITHOUT, {}), results.get(WITH, {})
    seeds = [seed for seed in without if seed in with_ and _is_known(without[seed], with_[seed])]
    if not seeds:
        return ()
    pairs = [(without[seed], with_[seed]) for seed in seeds]
    test = next(iter(pairs[0][0].tests))
    known = sorted(pairs[0][0].tests[test].diameters["unit"], key=int)  # type: ignore[index]
    random = np.random.default_rng(0)
    chosen = random.choice(known, size=min(N_SAMPLES, len(known)), replace=False).tolist()
    rows = [
        SpreadRow(
            f"sample {place}: person {pid} of {test}",
            _values(pairs, partial(_diameter, test=test, pid=pid)),
            TABLE_3[place - 1],
        )
        for place, pid in enumerate(chosen, start=1)
    ]
    n = sum(len(scores.diameters["unit"]) for scores in pairs[0][0].tests.values())  # type: ignore[index]
    rows.append(SpreadRow(f"all {n} identities, mean", _values(pairs, _mean_diameter)))
    rows.append(SpreadRow("silhouette of all tracklets", _values(pairs, _silhouette)))
    return tuple(rows)


def closer_share(results: Results, length: str) -> float:
    """The share of identities, over seeds and tests, whose diameter is smaller with the loss."""
    without, with_ = results.get(WITHOUT, {}), results.get(WITH, {})
    smaller = [
        with_[seed].tests[test].diameters[length][pid] < value  # type: ignore[index]
        for seed in without
        if seed in with_ and _is_known(without[seed], with_[seed])
        for test, scores in without[seed].tests.items()
        for pid, value in scores.diameters[length].items()  # type: ignore[index]
    ]
    return fmean(smaller)


def spread_table(rows: tuple[SpreadRow, ...], results: Results) -> PlainTable:
    """The table in words, with the paper's figures beside it."""
    head = ["largest distance within an identity"]
    for length in LENGTHS.values():
        head += [f"{length}: without min-max", "with", "change"]
    head += ["paper: without", "with"]
    lines = []
    for row in rows:
        line = [row.title]
        for without, with_ in row.values.values():
            change = with_.mean["value"] - without.mean["value"]
            line += [_spread(without), _spread(with_), f"{change:+.3f}"]
        line += ["", ""] if row.published is None else [f"{value:.4f}" for value in row.published]
        lines.append(tuple(line))
    shares = [f"{100 * closer_share(results, length):.0f} %" for length in LENGTHS]
    closer = [cell for share in shares for cell in ("", share, "")]
    lines.append(("identities that lie closer with it", *closer, "", "5 of 5"))
    return PlainTable(tuple(head), tuple(lines))


def spread_json(rows: tuple[SpreadRow, ...], results: Results) -> dict[str, Any]:
    return {
        "without": WITHOUT,
        "with": WITH,
        "rows": [
            {
                "title": row.title,
                "paper": row.published,
                **{
                    length: {
                        name: {"mean": value.mean["value"], "n": value.n}
                        | {"std": value.std["value"] if value.std else None}
                        for name, value in zip(("without", "with"), pair, strict=True)
                    }
                    for length, pair in row.values.items()
                },
            }
            for row in rows
        ],
        "closer_with": {length: closer_share(results, length) for length in LENGTHS},
    }


def _values(pairs: list[tuple[Result, Result]], value: Any) -> dict[str, tuple[Summary, Summary]]:
    return {
        length: tuple(
            summarise([{"value": value(pair[side], length)} for pair in pairs]) for side in (0, 1)
        )
        for length in LENGTHS
    }  # type: ignore[return-value]


def _diameter(result: Result, length: str, *, test: str, pid: str) -> float:
    return (result.tests[test].diameters or {})[length][pid]


def _mean_diameter(result: Result, length: str) -> float:
    each = [scores.diameters or {} for scores in result.tests.values()]
    return fmean(value for diameters in each for value in diameters[length].values())


def _silhouette(result: Result, length: str) -> float:
    return fmean((scores.silhouette or {})[length] for scores in result.tests.values())


def _is_known(*results: Result) -> bool:
    """False for results that were written before diameters were."""
    tests = [scores for result in results for scores in result.tests.values()]
    return all(scores.diameters and scores.silhouette for scores in tests)


def _spread(value: Summary) -> str:
    mean = f"{value.mean['value']:.3f}"
    return mean if value.std is None else f"{mean} ± {value.std['value']:.3f}"
