"""People of a gallery for programs: JSON with exact numbers, and CSV. Times are ISO 8601 in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tacan.errors import ConfigError
from tacan.files import write_text
from tacan.gallery.person_records import LogEntry
from tacan.linking.link import LinkReport
from tacan.linking.people import Everybody, PersonSeen, Transition
from tacan.linking.review import Doubt
from tacan.linking.unsure import UnsureLinks
from tacan.text import csv_text
from tacan.views.tracklet_json import iso_time, tracklet_as_json

__all__ = [
    "CSV_COLUMNS",
    "link_as_json",
    "log_as_json",
    "people_as_csv",
    "people_as_json",
    "people_tables",
    "person_as_json",
    "review_as_json",
    "write_people_tables",
]

CSV_COLUMNS: tuple[str, ...] = (
    *("person", "name", "tracklet", "camera", "source", "start", "end"),
    *("first_seconds", "last_seconds", "n_frames", "quality"),
)
"""One line of `people_as_csv` is one tracklet."""

PEOPLE_COLUMNS = (
    *("person", "name", "note", "n_tracklets"),
    *("cameras", "first", "last", "n_confirmed"),
)
TRANSITION_COLUMNS = ("from", "to", "count", "least_seconds", "median_seconds", "most_seconds")
DOUBT_COLUMNS = (
    *("one", "other", "one_person", "other_person"),
    *("is_linked", "distance", "threshold", "settles"),
)


def link_as_json(report: LinkReport) -> dict[str, Any]:
    """What linking did."""
    return asdict(report) | {"expected_false_pairs": report.expected_false_pairs}


def people_as_json(known: Everybody, unsure: UnsureLinks) -> dict[str, Any]:
    """Everybody with all tracklets in the order of time, who went from where to where, and which
    links are unsure. Seconds of transitions are below 0 where both cameras saw a person at once."""
    return {
        "gallery": str(known.folder),
        "linking": None if known.linking is None else asdict(known.linking),
        "n_waiting": known.n_waiting,
        "people": [person_as_json(seen) for seen in known.people],
        "transitions": [
            dict(zip(TRANSITION_COLUMNS, _transition(each), strict=True))
            for each in known.transitions()
        ],
        "unsure_links": [_doubt_as_json(doubt) for doubt in unsure.links],
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
    return {"questions": [_doubt_as_json(doubt) for doubt in doubts]}


def write_people_tables(known: Everybody, unsure: UnsureLinks, folder: Path) -> None:
    """Writes CSV files of people, their tracklets, transitions and unsure links.

    Raises `ConfigError` for a `folder` with something in it, `StorageError` where it can't be
    written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        fault = f"--tables must name a new or empty folder; got {folder}"
        raise ConfigError([fault], source="the command line")
    for name, text in people_tables(known, unsure).items():
        write_text(folder / name, text)


def people_tables(known: Everybody, unsure: UnsureLinks) -> dict[str, str]:
    """CSV files by their names: people, their tracklets, transitions and unsure links."""
    people = [
        (
            *(seen.person.id, seen.person.name, seen.person.note, len(seen.tracklets)),
            *("; ".join(seen.cameras), iso_time(seen.first), iso_time(seen.last), seen.n_vouched),
        )
        for seen in known.people
    ]
    transitions = [_transition(each) for each in known.transitions()]
    links = [tuple(_doubt_as_json(doubt).values()) for doubt in unsure.links]
    return {
        "people.csv": csv_text([PEOPLE_COLUMNS, *people]),
        "tracklets.csv": people_as_csv(known),
        "transitions.csv": csv_text([TRANSITION_COLUMNS, *transitions]),
        "unsure_links.csv": csv_text([DOUBT_COLUMNS, *links]),
    }


def _transition(each: Transition) -> tuple[str | int | float, ...]:
    return (
        *(each.before, each.after, len(each.seconds)),
        *(each.seconds[0], each.median_seconds, each.seconds[-1]),
    )


def _doubt_as_json(doubt: Doubt) -> dict[str, Any]:
    values = (
        *(doubt.one.name, doubt.other.name, doubt.one.person_id, doubt.other.person_id),
        *(doubt.is_linked, doubt.distance, doubt.threshold, doubt.settles),
    )
    return dict(zip(DOUBT_COLUMNS, values, strict=True))


def log_as_json(entries: Sequence[LogEntry]) -> dict[str, Any]:
    """The log, the earliest entry first."""
    return {"log": [asdict(entry) | {"time": iso_time(entry.time)} for entry in entries]}
