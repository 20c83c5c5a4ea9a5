"""Results as people and programs read them: text tables, and plain data for JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tacan.evaluation.bootstrap import Difference, Interval
from tacan.evaluation.camera_pairs import CameraPair
from tacan.evaluation.evaluation import Evaluation
from tacan.evaluation.options import EvaluationReport
from tacan.evaluation.thresholds import OpenSet
from tacan.text import counted, table

__all__ = [
    "REPORTED_RANKS",
    "as_json",
    "as_table",
    "camera_json",
    "camera_table",
    "comparison_json",
    "comparison_table",
    "confidence_json",
    "confidence_table",
    "metric_note",
    "report_json",
    "report_tables",
    "threshold_json",
    "threshold_table",
    "uncounted_notes",
    "verdict",
]

REPORTED_RANKS = (1, 5, 10, 20)

FEW = 100
"""Below this many queries that count, one of them is more than a point of every rate."""


def as_json(evaluations: Mapping[str, Evaluation]) -> dict[str, Any]:
    """`{"protocols": {NAME: {...}}}` with fractions at full precision."""
    return {"protocols": {name: _as_entry(result) for name, result in evaluations.items()}}


def as_table(evaluations: Mapping[str, Evaluation]) -> str:
    """A table in percent, with the counts beside each number."""
    head = ["protocol", "metric", "mAP", *(f"Rank-{rank}" for rank in REPORTED_RANKS), "mINP"]
    head += ["queries", "that count", "do not", "gallery"]
    return table([head, *(_as_line(result) for result in evaluations.values())], texts=(0, 1))


def report_json(report: EvaluationReport) -> dict[str, Any]:
    """`as_json`, with all that was asked for besides in the entry of its protocol."""
    data = as_json(report.results)
    for name, entry in data["protocols"].items():
        if name in report.confidence:
            entry["confidence"] = confidence_json(report.confidence[name])
        if name in report.comparisons:
            entry["comparison"] = comparison_json(report.comparisons[name])
        if name in report.camera_pairs:
            entry["camera_pairs"] = camera_json(report.camera_pairs[name])
        if name in report.thresholds:
            rates = report.true_positive_rates[name]
            entry["threshold"] = threshold_json(report.thresholds[name], rates)
    return data


def report_tables(report: EvaluationReport) -> list[tuple[str, str]]:
    """The tables of a report under their headings, protocol by protocol; the first has none."""
    tables = [("", as_table(report.results))]
    for name in report.results:
        found = {}
        if name in report.confidence:
            found["confidence"] = confidence_table(report.confidence[name])
        if name in report.comparisons:
            compared = comparison_table(report.comparisons[name])
            found["other less this, query by query"] = compared
        if name in report.camera_pairs:
            found["camera against camera"] = camera_table(report.camera_pairs[name])
        if name in report.thresholds:
            rates = report.true_positive_rates[name]
            found["where to draw the line"] = threshold_table(report.thresholds[name], rates)
        tables += [(f"{title}, {name}", table) for title, table in found.items()]
    return tables


def metric_note(results: Mapping[str, Evaluation]) -> str | None:
    """A sentence where vectors are scored by another metric than they were made for.

    None where they are not, or where nobody has said what they were made for.
    """
    for result in results.values():
        metric = result.metric.removesuffix("+rerank")
        if result.model_metric is not None and metric not in (result.model_metric, "as given"):
            return (
                f"These vectors are made for the {result.model_metric} distance, as their file "
                f"says; they are scored by the {metric} distance."
            )
    return None


def uncounted_notes(results: Mapping[str, Evaluation]) -> list[str]:
    """For each protocol under which queries don't count, a sentence that says why."""
    notes = []
    for name, result in results.items():
        found = result.not_counted
        reasons = {
            "junk or distractors (pid -1 or 0; people are numbered from 1 on)": found.no_person,
            "of people whom the gallery has in the query's own camera only": found.same_camera,
            "of people of whom the gallery has nothing else": found.absent,
        }
        told = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items() if count)
        if told:
            notes.append(f"{name}: of {_queries(result.n_query)} these don't count: {told}.")
    return notes


def confidence_json(intervals: Mapping[str, Interval]) -> dict[str, Any]:
    return {name: asdict(interval) for name, interval in intervals.items()}


def confidence_table(intervals: Mapping[str, Interval]) -> str:
    """The bounds of each measure in percent, with a word where few queries count."""
    first = next(iter(intervals.values()))
    level = first.level
    head = ["measure", "value", f"{100 * level:g} % from", "to"]
    lines = [
        [name, *map(_percent, (interval.value, interval.low, interval.high))]
        for name, interval in intervals.items()
    ]
    drawn = table([head, *lines])
    if first.n >= FEW:
        return drawn
    counts = "1 query counts" if first.n == 1 else f"{first.n} queries count"
    return f"{drawn}\nOnly {counts}: others of the same kind can give quite other numbers."


def camera_json(pairs: Sequence[CameraPair]) -> list[dict[str, Any]]:
    """One entry a pair; what can't be measured is null."""
    return [
        {name: None if _is_nan(value) else value for name, value in asdict(pair).items()}
        for pair in pairs
    ]


def camera_table(pairs: Sequence[CameraPair]) -> str:
    """Rank-1 / mAP in percent, a row for each query camera and a column for each other one."""
    rows = sorted({pair.query_camid for pair in pairs})
    columns = sorted({pair.gallery_camid for pair in pairs})
    cells = {
        (pair.query_camid, pair.gallery_camid): (
            f"{_percent(pair.rank_1)} / {_percent(pair.mean_ap)} ({pair.n_valid_query:,})"
            if pair.n_valid_query
            else "no query"
        )
        for pair in pairs
    }
    head = ["Rank-1 / mAP (queries)", *(f"camera {column}" for column in columns)]
    lines = [
        [f"query camera {row}", *(cells.get((row, column), "") for column in columns)]
        for row in rows
    ]
    return table([head, *lines])


def threshold_json(found: OpenSet, rates: Mapping[float, float]) -> dict[str, Any]:
    """The open-set threshold, and the true-positive rate of pairs at each false-positive rate."""
    by_rate = {f"{rate:g}": value for rate, value in rates.items()}
    return {**asdict(found), "tpr_at_fpr": by_rate}


def threshold_table(found: OpenSet, rates: Mapping[float, float]) -> str:
    """The same in words."""
    lines = [
        ["matches are reported up to the distance", f"{found.threshold:.6g}"],
        [
            f"matched falsely, of {_queries(found.n_query)} for someone absent",
            f"{_percent(found.false_match_rate)} %",
        ],
        [
            f"found first, of {_queries(found.n_valid_query)} for someone present",
            f"{_percent(found.found_rate)} %",
        ],
    ]
    lines += [
        [f"right pairs accepted where {100 * rate:g} % of wrong pairs are", f"{_percent(tpr)} %"]
        for rate, tpr in rates.items()
    ]
    return table([["threshold", ""], *lines])


def comparison_json(differences: Sequence[Difference]) -> dict[str, Any]:
    return {
        entry.pop("measure"): entry for entry in (asdict(difference) for difference in differences)
    }


def comparison_table(differences: Sequence[Difference]) -> str:
    """First, second and difference in percent, with the interval and the p-value; and a sentence
    that says which is better by the first measure."""
    level = differences[0].level
    head = ["measure", "this", "other", "difference", f"{100 * level:g} % from", "to", "p"]
    lines = [
        [
            difference.measure,
            _percent(difference.first),
            _percent(difference.second),
            *(f"{100 * x:+.2f}" for x in (difference.difference, difference.low, difference.high)),
            f"{difference.p_value:.4f}",
        ]
        for difference in differences
    ]
    return f"{table([head, *lines])}\n{verdict(differences[0])}"


def verdict(found: Difference) -> str:
    """Which of two sources is better by a measure, and how surely.

    >>> verdict(Difference("mAP", 0.5, 0.51, 0.01, -0.02, 0.04, 0.95, 0.3))
    'By mAP it is not sure which is better: the interval at 95 % holds 0, p = 0.3000.'
    """
    holds = found.low <= 0 <= found.high
    reason = f"the interval at {100 * found.level:g} % {'holds' if holds else 'leaves out'} 0"
    reason += f", p = {found.p_value:.4f}"
    if holds:
        return f"By {found.measure} it is not sure which is better: {reason}."
    better = "the other" if found.difference > 0 else "this one"
    points = 100 * abs(found.difference)
    return f"By {found.measure} {better} is better by {points:.2f} points: {reason}."


def _as_entry(result: Evaluation) -> dict[str, Any]:
    return {
        "mAP": result.mean_ap,
        "mINP": result.mean_inp,
        "cmc": {str(rank): float(result.cmc[rank - 1]) for rank in REPORTED_RANKS},
        "n_query": result.n_query,
        "n_valid_query": result.n_valid_query,
        "not_counted": asdict(result.not_counted),
        "n_gallery": result.n_gallery,
        "metric": result.metric,
        "model_metric": result.model_metric,
    }


def _as_line(result: Evaluation) -> list[str]:
    shares = [result.mean_ap, *(result.cmc[rank - 1] for rank in REPORTED_RANKS), result.mean_inp]
    counts = [
        result.n_query,
        result.n_valid_query,
        result.n_query - result.n_valid_query,
        result.n_gallery,
    ]
    numbers = [*map(_percent, shares), *(f"{count:,}" for count in counts)]
    return [result.protocol, result.metric, *numbers]


def _queries(number: int) -> str:
    return counted(number, "query", "queries")


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
