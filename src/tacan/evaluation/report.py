"""Results as people and programs read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tacan.evaluation.evaluation import Evaluation

__all__ = ["REPORTED_RANKS", "as_json", "as_table"]

REPORTED_RANKS = (1, 5, 10, 20)


def as_json(evaluations: Mapping[str, Evaluation]) -> dict[str, Any]:
    """`{"protocols": {NAME: {...}}}` with fractions at full precision."""
    return {"protocols": {name: _as_entry(result) for name, result in evaluations.items()}}


def as_table(evaluations: Mapping[str, Evaluation]) -> str:
    """A table in percent, with the counts beside each number."""
    head = ["protocol", "metric", "mAP", *(f"Rank-{rank}" for rank in REPORTED_RANKS)]
    head += ["queries", "that count", "do not", "gallery"]
    lines = [head, *(_as_line(result) for result in evaluations.values())]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(_aligned(line, widths) for line in lines)


def _as_entry(result: Evaluation) -> dict[str, Any]:
    return {
        "mAP": result.mean_ap,
        "cmc": {str(rank): float(result.cmc[rank - 1]) for rank in REPORTED_RANKS},
        "n_query": result.n_query,
        "n_valid_query": result.n_valid_query,
        "n_gallery": result.n_gallery,
        "metric": result.metric,
    }


def _as_line(result: Evaluation) -> list[str]:
    shares = [result.mean_ap, *(result.cmc[rank - 1] for rank in REPORTED_RANKS)]
    counts = [
        result.n_query,
        result.n_valid_query,
        result.n_query - result.n_valid_query,
        result.n_gallery,
    ]
    percent = [f"{100 * share:.2f}" for share in shares]
    return [result.protocol, result.metric, *percent, *(f"{count:,}" for count in counts)]


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    names = [text.ljust(width) for text, width in zip(line[:2], widths[:2], strict=True)]
    numbers = [text.rjust(width) for text, width in zip(line[2:], widths[2:], strict=True)]
    return "  ".join(names + numbers).rstrip()
