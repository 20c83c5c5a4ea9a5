"""What the doctor reports: findings, each with its meaning and its remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tacan.datasets.doctor.problem_kinds import PROBLEM_KINDS

__all__ = ["Counts", "Examined", "Finding", "Report"]

Counts = dict[str, dict[str, int]]
"""For each part of a data set its numbers of tracklets, identities, frames and so on."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of problem in a copy, and every place where it was met."""

    code: str
    where: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.where)

    @property
    def severity(self) -> str:
        """`error` where results change or can't be had, else `warning`."""
        return PROBLEM_KINDS[self.code].severity

    @property
    def what(self) -> str:
        return PROBLEM_KINDS[self.code].what

    @property
    def meaning(self) -> str:
        """What it means for results."""
        return PROBLEM_KINDS[self.code].meaning

    @property
    def remedy(self) -> str:
        return PROBLEM_KINDS[self.code].remedy

    def as_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity,
            "what": self.what,
            "count": self.count,
            "where": list(self.where),
            "meaning": self.meaning,
            "remedy": self.remedy,
        }


@dataclass(slots=True)
class Examined:
    """What an examination has met so far.

    `files` are the crops on disk, as paths relative to the root, with their sizes in bytes.
    """

    counts: Counts = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    _met: dict[str, list[str]] = field(default_factory=dict)

    def add(self, code: str, where: Iterable[object]) -> None:
        """Notes a problem for every place in `where`; none if there is no place."""
        places = [str(place) for place in where]
        if places:
            self._met.setdefault(code, []).extend(places)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """One for each kind of problem: errors first, else in the order of `PROBLEM_KINDS`."""
        met = [Finding(code, tuple(self._met[code])) for code in PROBLEM_KINDS if code in self._met]
        return tuple(sorted(met, key=lambda finding: finding.severity))


@dataclass(frozen=True, slots=True)
class Report:
    """The state of one copy of a data set.

    `expected` holds the counts that the copy was compared with, and `source` says whose they
    are: `official`, `manifest` (a generated data set's own), or `none`. Of `n_files` crops
    `n_decoded` were decoded.
    """

    dataset: str
    root: Path
    findings: tuple[Finding, ...]
    counts: Counts
    expected: Counts
    source: str
    n_files: int
    n_decoded: int
    notice: str | None = None

    @property
    def n_errors(self) -> int:
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def n_unopened(self) -> int:
        """Crops that are not empty and were not decoded."""
        empty = sum(finding.count for finding in self.findings if finding.code == "crop-empty")
        return self.n_files - self.n_decoded - empty

    @property
    def is_clean(self) -> bool:
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        """For JSON: plain types only."""
        return {
            "dataset": self.dataset,
            "root": str(self.root),
            "is_clean": self.is_clean,
            "n_errors": self.n_errors,
            "n_warnings": len(self.findings) - self.n_errors,
            "n_files": self.n_files,
            "n_decoded": self.n_decoded,
            "counts": self.counts,
            "expected": self.expected,
            "expected_from": self.source,
            "notice": self.notice,
            "findings": [finding.as_dict() for finding in self.findings],
        }
