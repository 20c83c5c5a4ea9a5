"""Who was seen between two moments: people, each with the walks past cameras that show them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

import numpy as np

from tacan.gallery.columns import UNKNOWN_TIMESTAMP, select_rows
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import TrackletFilter
from tacan.gallery.person_records import Person
from tacan.gallery.timestamps import from_microseconds

__all__ = ["Passes", "days_seen", "passes_of_people"]


@dataclass(frozen=True, slots=True)
class Passes:
    """One person, or a tracklet that was not linked, with what was chosen of it.

    person
        None for a tracklet that was not linked.
    tracklets
        The ids of those that were chosen, in the order of time, of unknown time first.
    best
        The id of that of the best quality.
    first, last
        When the first began and the last ended; None where no time is known.
    """

    person: Person | None
    tracklets: tuple[int, ...]
    cameras: tuple[str, ...]
    best: int
    first: datetime | None
    last: datetime | None

    @property
    def is_alone(self) -> bool:
        """Whether nobody knows more of the person than one tracklet."""
        person = self.person
        return person is None or (len(person.tracklets) == 1 and person.name is None)


def passes_of_people(
    gallery: Gallery, conditions: TrackletFilter | None = None
) -> tuple[Passes, ...]:
    """Everybody of whom a tracklet meets the conditions, who was seen last first.

    Raises `GalleryError` for unknown cameras.
    """
    columns = gallery.index().columns
    columns = columns.rows(select_rows(columns, conditions or TrackletFilter()))
    people = gallery.store.people().persons()
    person_of = {number: person for person in people for number in person.tracklets}
    persons = [person_of.get(number) for number in columns.ids.tolist()]
    # A tracklet without a person is a group of its own: its id, below zero.
    keys = np.array(
        [
            -number if person is None else person.id
            for number, person in zip(columns.ids.tolist(), persons, strict=True)
        ],
        np.int64,
    )
    order = np.lexsort((columns.ids, columns.starts, keys))
    names = {number: name for name, number in columns.cameras.items()}
    found = []
    for rows in np.split(order, np.flatnonzero(np.diff(keys[order])) + 1):
        if not len(rows):
            continue
        dated = rows[columns.starts[rows] != UNKNOWN_TIMESTAMP]
        cameras = dict.fromkeys(names[number] for number in columns.camera_ids[rows].tolist())
        found.append(
            Passes(
                person=persons[rows[0]],
                tracklets=tuple(columns.ids[rows].tolist()),
                cameras=tuple(cameras),
                best=int(columns.ids[rows[columns.quality[rows].argmax()]]),
                first=from_microseconds(int(columns.starts[dated].min())) if len(dated) else None,
                last=from_microseconds(int(columns.ends[dated].max())) if len(dated) else None,
            )
        )
    found.sort(key=lambda each: (each.last is None, -_seconds(each.last), -each.best))
    return tuple(found)


def days_seen(gallery: Gallery, zone: tzinfo | None = None) -> dict[date, int]:
    """How many tracklets began on each day, by the clock of `zone`, the latest day first."""
    starts = gallery.index().columns.starts
    known = starts[starts != UNKNOWN_TIMESTAMP]
    # Whole minutes: no zone's midnight lies within one, and they are far fewer.
    minutes, counts = np.unique(known // 60_000_000, return_counts=True)
    days: Counter[date] = Counter()
    for minute, count in zip(minutes.tolist(), counts.tolist(), strict=True):
        time = from_microseconds(60_000_000 * minute)
        if time is not None:
            days[_local_date(time, zone)] += count
    return dict(sorted(days.items(), reverse=True))


def _local_date(time: datetime, zone: tzinfo | None) -> date:
    try:
        return time.astimezone(zone).date()
    except (OverflowError, OSError, ValueError):  # years that this machine's clock does not know
        return time.date()


def _seconds(time: datetime | None) -> float:
    return 0.0 if time is None else time.timestamp()
