"""What a merge of galleries took, in words and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tacan.gallery import MergeReport
from tacan.text import counted

__all__ = ["merge_as_json", "merge_text"]

Told = Sequence[tuple[str, MergeReport]]


def merge_text(told: Told, *, folder: str) -> str:
    """What came from each gallery, one line each, what they said differently, and what to do."""
    lines: list[str] = []
    for path, report in told:
        lines.append(f"{path}: {_taken(report)}")
        if report.renamed:
            was, now = next(iter(report.renamed.items()))
            count = counted(len(report.renamed), "tracklet")
            lines.append(f"  {count} of a camera that was here have other numbers: {was} is {now}")
        if report.n_lost_crops:
            lines.append(
                f"  {counted(report.n_lost_crops, 'crop')} could not be taken, missing there or "
                f"changed: run `tacan gallery verify {path}`"
            )
        lines += [f"  {conflict}" for conflict in report.conflicts]
    if any(report.n_tracklets for _, report in told):
        lines.append(f"People of different galleries are linked by `tacan link {folder}`.")
    return "\n".join(lines)


def _taken(report: MergeReport) -> str:
    was = "was" if report.n_known == 1 else "were"
    known = f"{counted(report.n_known, 'source')} {was} here before"
    if not report.n_sources:
        return f"nothing to take, {known}"
    parts = [counted(report.n_sources, "source"), counted(report.n_tracklets, "tracklet")]
    if report.n_people:
        parts.append(counted(report.n_people, "person", "people"))
    if report.n_decisions:
        parts.append(f"{counted(report.n_decisions, 'decision')} of humans")
    return f"took {', '.join(parts)}{f'; {known}' if report.n_known else ''}"


def merge_as_json(told: Told) -> dict[str, Any]:
    """For `--json`: the report of each gallery, in the order in which they were named."""
    return {"galleries": [{"path": path, **asdict(report)} for path, report in told]}
