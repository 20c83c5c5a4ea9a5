"""Records of the people in a gallery: who is who, what humans said about it, and the log.

A person is a set of tracklets that were linked; a tracklet belongs to one person, or to none as
long as it was not linked. Ids of people are never used again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

__all__ = [
    "Decision",
    "Judgement",
    "Kind",
    "Linking",
    "LogEntry",
    "PeopleChange",
    "Person",
]

Kind = Literal["confirm", "reject", "unsure", "merge", "split", "name"]
"""What a human can decide."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person in a gallery.

    tracklets
        Their ids, rising; never empty.
    name, note
        What a human called the person and wrote about them, None where nobody did.
    anchor
        The id of the tracklet that a name was given to: the person of the anchor has the name,
        however tracklets are linked later. None for a person without a name.
    """

    id: int
    tracklets: tuple[int, ...]
    name: str | None = None
    note: str | None = None
    anchor: int | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A human's word on two tracklets, given by their ids: one person, or two."""

    one: int
    other: int
    same: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What a human decided at one moment: judgements, or a name.

    unsure
        Pairs of tracklets, by their ids, of which the human could not tell.
    person
        The person that was named, or kept its number in a merger; None for other kinds.
    name_before, note_before
        Those of `person` before.
    persons_before
        The person of each tracklet that was concerned, as it was before.
    """

    id: int
    time: datetime
    who: str
    kind: Kind
    judgements: tuple[Judgement, ...] = ()
    unsure: tuple[tuple[int, int], ...] = ()
    person: int | None = None
    name_before: str | None = None
    note_before: str | None = None
    persons_before: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Linking:
    """How a gallery was linked last, as it is kept for changes and questions later.

    threshold
        Tracklets are linked up to this distance, by the gallery's metric; None where too little
        was known to link anything by looks.
    share
        The share of certainly different people that was taken to lie within it.
    travel
        What a human knows of the ways between cameras, which links keep: a text for each way.
    n_pairs, expected_false_pairs
        Pairs of tracklets of one person at that time, and at most how many of them were expected
        to be false; None where nothing could tell.
    expected_missed_pairs
        How many more pairs of tracklets were expected to be of one person: about, at least and at
        most; None where nothing could tell.
    """

    threshold: float | None
    share: float
    travel: Mapping[str, str] = field(default_factory=dict)
    n_pairs: int = 0
    expected_false_pairs: float | None = None
    expected_missed_pairs: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line of the gallery's log: who did what, when. It holds no person's name."""

    time: datetime
    who: str
    action: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PeopleChange:
    """A change of the people in a gallery, which happens as a whole or not at all.

    groups
        Tracklets, by their ids, that are one person from now on, each with the person's id; None
        is a new person. People none of whose tracklets are left have none.
    names
        The name, note and anchor of people from now on, by their ids.
    decision
        A human's decision to be kept; its id and time are given by the store's caller as 0 and
        the time.
    undo
        The id of a decision that is taken back.
    linking
        How it was linked, where all of it was.
    """

    groups: tuple[tuple[int | None, tuple[int, ...]], ...] = ()
    names: Mapping[int, tuple[str | None, str | None, int | None]] = field(default_factory=dict)
    decision: Decision | None = None
    undo: int | None = None
    linking: Linking | None = None
