"""Everybody in a gallery: who was where, in what order, and from which camera to which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import StoredTracklet
from tacan.gallery.person_records import Linking, Person
from tacan.linking.words import standing_judgements

__all__ = ["Everybody", "PersonSeen", "Transition", "everybody", "person_seen"]


@dataclass(frozen=True, slots=True)
class PersonSeen:
    """A person and its tracklets, in the order of time; those of unknown time come first, by camera
    and the time in their video. `n_vouched` of them a human said to belong together."""

    person: Person
    tracklets: tuple[StoredTracklet, ...]
    n_vouched: int = 0

    @property
    def cameras(self) -> tuple[str, ...]:
        """Those that saw the person, in the order in which they first did."""
        return tuple(dict.fromkeys(tracklet.camera for tracklet in self.tracklets))

    @property
    def is_alone(self) -> bool:
        """Whether this is one tracklet of which nobody knows more."""
        return len(self.tracklets) == 1 and self.person.name is None

    @property
    def first(self) -> datetime | None:
        """When the person was first seen; None if no time is known."""
        return min((t.start for t in self.tracklets if t.start is not None), default=None)

    @property
    def last(self) -> datetime | None:
        return max((t.end for t in self.tracklets if t.end is not None), default=None)

    def moves(self) -> Iterator[tuple[StoredTracklet, StoredTracklet]]:
        """Each tracklet with the next, of those whose times are known."""
        return pairwise(tracklet for tracklet in self.tracklets if tracklet.start is not None)


@dataclass(frozen=True, slots=True)
class Transition:
    """How often somebody who was seen by one camera was seen next by another, or again by it.

    seconds
        From the end of the one to the start of the other each time, the shortest first; below 0
        where both cameras saw the person at once.
    """

    before: str
    after: str
    seconds: tuple[float, ...]

    @property
    def median_seconds(self) -> float:
        return median(self.seconds)


@dataclass(frozen=True, slots=True)
class Everybody:
    """The people of a gallery by rising id.

    n_waiting
        Tracklets that were indexed after the gallery was linked last.
    """

    folder: Path
    people: tuple[PersonSeen, ...]
    linking: Linking | None
    n_waiting: int

    def transitions(self) -> tuple[Transition, ...]:
        """From which camera people came to which, where both times are known, in the order of
        names."""
        seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
        for seen in self.people:
            for one, other in seen.moves():
                if one.end is not None and other.start is not None:
                    gap = (other.start - one.end).total_seconds()
                    seconds[one.camera, other.camera].append(gap)
        return tuple(
            Transition(before, after, tuple(sorted(gaps)))
            for (before, after), gaps in sorted(seconds.items())
        )


def everybody(gallery: Gallery) -> Everybody:
    """All people of a gallery."""
    store = gallery.store.people()
    people, vouched = store.persons(), _vouched(gallery)
    tracklets = {tracklet.id: tracklet for tracklet in gallery.tracklets()}
    seen = tuple(
        PersonSeen(
            person,
            _in_order([tracklets[number] for number in person.tracklets if number in tracklets]),
            len(vouched & set(person.tracklets)),
        )
        for person in people
    )
    n_linked = sum(len(person.tracklets) for person in people)
    return Everybody(
        folder=gallery.place,
        people=tuple(each for each in seen if each.tracklets),
        linking=store.linking(),
        n_waiting=max(0, len(tracklets) - n_linked),
    )


def person_seen(gallery: Gallery, person: Person) -> PersonSeen:
    """One person with its tracklets."""
    tracklets = gallery.store.tracklets(person.tracklets)
    vouched = _vouched(gallery) & set(person.tracklets)
    return PersonSeen(person, _in_order(tracklets), len(vouched))


def _vouched(gallery: Gallery) -> set[int]:
    """The tracklets that a human said to be one person with another."""
    decisions = gallery.store.people().decisions()
    standing = standing_judgements([said for each in decisions for said in each.judgements])
    return {number for said in standing if said.same for number in (said.one, said.other)}


def _in_order(tracklets: Sequence[StoredTracklet]) -> tuple[StoredTracklet, ...]:
    return tuple(
        sorted(
            tracklets,
            key=lambda each: (
                (0, 0.0, each.camera, each.source_id, each.first_seconds)
                if each.start is None
                else (1, each.start.timestamp(), each.camera, each.source_id, each.first_seconds)
            ),
        )
    )
