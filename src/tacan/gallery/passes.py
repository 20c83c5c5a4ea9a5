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

LAST = np.iinfo(np.int64).max


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
    if not len(columns.ids):
        return ()
    people = {person.id: person for person in gallery.store.people().persons()}
    person_of = {number: each.id for each in people.values() for number in each.tracklets}
    # A tracklet without a person is a group of its own: its id, below zero.
    keys = np.array([person_of.get(number, -number) for number in columns.ids.tolist()], np.int64)
    order = np.lexsort((columns.ids, columns.starts, keys))
    by_quality = columns.ids[np.lexsort((columns.quality, keys))]
    columns, keys = columns.rows(order), keys[order]
    # Rows of one group stand together now, from one border to the next.
    borders = np.flatnonzero(np.diff(keys, prepend=keys[0] - 1))
    known = columns.starts != UNKNOWN_TIMESTAMP
    firsts = np.minimum.reduceat(np.where(known, columns.starts, LAST), borders)
    lasts = np.maximum.reduceat(np.where(known, columns.ends, UNKNOWN_TIMESTAMP), borders)
    ends = np.append(borders[1:], len(keys))
    best = by_quality[ends - 1]
    newest = np.lexsort((best, lasts))[::-1].tolist()
    ids, cameras = columns.ids.tolist(), columns.camera_ids.tolist()
    names = {number: name for name, number in columns.cameras.items()}
    groups = [each.tolist() for each in (keys[borders], borders, ends, best, firsts, lasts)]
    found = []
    for group in newest:
        key, start, end, best_id, first, last = (each[group] for each in groups)
        found.append(
            Passes(
                person=people.get(key),
                tracklets=tuple(ids[start:end]),
                cameras=tuple(names[number] for number in dict.fromkeys(cameras[start:end])),
                best=best_id,
                first=_time(first),
                last=_time(last),
            )
        )
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


def _time(microseconds: int) -> datetime | None:
    """None for the two numbers that stand for no time at all."""
    return None if microseconds in (LAST, UNKNOWN_TIMESTAMP) else from_microseconds(microseconds)
