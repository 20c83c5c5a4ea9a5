"""People of a gallery for programs: JSON with exact numbers, and CSV. Times are ISO 8601 in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tacan.gallery.person_records import LogEntry
from tacan.linking.link import LinkReport
from tacan.linking.people import Everybody, PersonSeen
from tacan.linking.review import Doubt
from tacan.text import csv_text
from tacan.views.tracklet_json import iso_time, tracklet_as_json

__all__ = [
    "CSV_COLUMNS",
    "link_as_json",
    "log_as_json",
    "people_as_csv",
    "people_as_json",
    "person_as_json",
    "review_as_json",
]

CSV_COLUMNS: tuple[str, ...] = (
    *("person", "name", "tracklet", "camera", "source", "start", "end"),
    *("first_seconds", "last_seconds", "n_frames", "quality"),
)
"""One line of `people_as_csv` is one tracklet."""


def link_as_json(report: LinkReport) -> dict[str, Any]:
    """What linking did."""
    return asdict(report) | {"expected_false_pairs": report.expected_false_pairs}


def people_as_json(known: Everybody) -> dict[str, Any]:
    """Everybody with all tracklets in the order of time, and who went from where to where."""
    return {
        "gallery": str(known.folder),
        "linking": None if known.linking is None else asdict(known.linking),
        "n_waiting": known.n_waiting,
        "people": [person_as_json(seen) for seen in known.people],
        "transitions": [
            {"from": before, "to": after, "count": count}
            for (before, after), count in sorted(known.transitions().items())
        ],
    }


def person_as_json(seen: PersonSeen) -> dict[str, Any]:
    """One person with all tracklets."""
    return {
        "person": seen.person.id,
        "name": seen.person.name,
        "note": seen.person.note,
        "cameras": list(seen.cameras),
        "first": iso_time(seen.first),
        "last": iso_time(seen.last),
        "n_confirmed": seen.n_vouched,
        "tracklets": [tracklet_as_json(each) for each in seen.tracklets],
    }


def people_as_csv(known: Everybody) -> str:
    """One line a tracklet under `CSV_COLUMNS`; what is unknown is left empty."""
    rows: list[Sequence[Any]] = [CSV_COLUMNS]
    for seen in known.people:
        for each in seen.tracklets:
            values = tracklet_as_json(each) | {"person": seen.person.id, "name": seen.person.name}
            rows.append([values[column] for column in CSV_COLUMNS])
    return csv_text(rows)


def review_as_json(doubts: Sequence[Doubt]) -> dict[str, Any]:
    """The questions that are worth an answer, the first the most."""
    return {
        "questions": [
            {
                "one": doubt.one.name,
                "other": doubt.other.name,
                "is_linked": doubt.is_linked,
                "distance": doubt.distance,
                "threshold": doubt.threshold,
                "settles": doubt.settles,
            }
            for doubt in doubts
        ]
    }


def log_as_json(entries: Sequence[LogEntry]) -> dict[str, Any]:
    """The log, the earliest entry first."""
    return {"log": [asdict(entry) | {"time": iso_time(entry.time)} for entry in entries]}
