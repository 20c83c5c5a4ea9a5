"""A result over splits as people and programs read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tacan.evaluation.summary import DDOF, RANKS, Summary
from tacan.splits.splits_result import SplitsRecord
from tacan.views.evaluation_text import as_json as evaluation_json

__all__ = ["COLUMNS", "as_json", "as_rows", "conclusion"]

COLUMNS = (
    "split",
    "mAP",
    *(f"Rank-{rank}" for rank in RANKS),
    "queries",
    "that count",
    "gallery",
    "left out",
)


def as_json(record: SplitsRecord) -> dict[str, Any]:
    """Fractions at full precision; `std` is null for a single split."""
    choice = record.choice
    return {
        **choice.settings(),
        "n_splits": len(record.splits),
        "n_splits_published": choice.n_published,
        "complete": record.is_complete,
        "protocols": {
            name: {
                "mean": _nested(summary.mean),
                "std": None if summary.std is None else _nested(summary.std),
                "std_ddof": DDOF,
                "splits": _entries(record, name),
            }
            for name, summary in record.summaries.items()
        },
    }


def as_rows(record: SplitsRecord, protocol: str) -> list[list[str]]:
    """A row under `COLUMNS` for each split, in percent with its counts, then mean and deviation."""
    rows = []
    for split in record.splits:
        result = split.evaluations[protocol]
        shares = [result.mean_ap, *(float(result.cmc[rank - 1]) for rank in RANKS)]
        counts = [
            result.n_query,
            result.n_valid_query,
            result.n_gallery,
            len(split.left_out),
        ]
        rows.append(
            [str(split.number), *map(_percent, shares), *(f"{count:,}" for count in counts)]
        )
    summary = record.summaries[protocol]
    blank = [""] * 4
    rows.append(["mean", *map(_percent, summary.mean.values()), *blank])
    std = ["-"] * len(summary.mean) if summary.std is None else map(_percent, summary.std.values())
    return [*rows, ["std (n-1)", *std, *blank]]


def conclusion(record: SplitsRecord, protocol: str) -> str:
    """The result in a sentence, and a second one where it is not over as many splits as are
    published."""
    summary = record.summaries[protocol]
    shares = ", ".join(_spread(summary, name) for name in ("mAP", "Rank-1"))
    kind = "mean ± standard deviation of the sample (n-1)" if summary.std else "one value"
    said = f"{shares} ({kind}, {summary.n} of {record.choice.n_published} splits)"
    if record.is_complete:
        return said
    numbers = ", ".join(str(split.number) for split in record.splits)
    only = f"This is split {numbers}" if summary.n == 1 else f"These are splits {numbers}"
    return (
        f"{said}\n{only} only: published results are means over {record.choice.n_published} "
        "splits and can't be compared with it."
    )


def _entries(record: SplitsRecord, protocol: str) -> dict[str, Any]:
    return {
        str(split.number): {
            **evaluation_json({protocol: split.evaluations[protocol]})["protocols"][protocol],
            "left_out": list(split.left_out),
            "model_fingerprint": split.model_fingerprint,
        }
        for split in record.splits
    }


def _nested(values: Mapping[str, float]) -> dict[str, Any]:
    """In the form of an entry of `tacan evaluate --json`."""
    return {
        "mAP": values["mAP"],
        "cmc": {str(rank): values[f"Rank-{rank}"] for rank in RANKS},
    }


def _spread(summary: Summary, name: str) -> str:
    spread = "" if summary.std is None else f" ± {_percent(summary.std[name])}"
    return f"{name} {_percent(summary.mean[name])}{spread}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"
