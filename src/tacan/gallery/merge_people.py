"""Merging: the people of another gallery, and what humans said about them.

They come with the sources that are taken: of what was here before, this gallery's people, names
and decisions stay as they are. People of the two are not linked to each other: linking does that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tacan.gallery.audit_log import log_entry
from tacan.gallery.gallery import Gallery
from tacan.gallery.people_store import PeopleStore
from tacan.gallery.person_records import Decision, Linking, PeopleChange, Person

__all__ = ["Taken", "merge_people"]

_ALL = "all cameras"

Named = tuple[str | None, str | None, int | None]


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """Tracklets of the other gallery.

    ids
        The id here of each that both have now.
    fresh
        Ids there [n] of those whose sources are being taken; some may have come before a merge was
        killed.
    """

    ids: Mapping[int, int]
    fresh: NDArray[np.int64]

    def of(self, tracklets: Sequence[int]) -> list[int]:
        """The ids here of tracklets that are here."""
        return [self.ids[number] for number in tracklets if number in self.ids]


def merge_people(
    into: Gallery, other: Gallery, taken: Taken, conflicts: list[str]
) -> tuple[int, int]:
    """Brings people, names, decisions and the rules of linking along: how many people and
    decisions. What is here already is not brought twice; conflicts are added as sentences."""
    mine, theirs = into.store.people(), other.store.people()
    _tell_retention(mine, theirs, conflicts)
    fresh = set(np.array(taken.fresh).tolist())
    people = [each for each in theirs.persons() if not fresh.isdisjoint(each.tracklets)]
    if not fresh:
        return 0, 0
    groups = _groups(mine.persons(), people, taken, conflicts)
    linking = _linking(into, other, conflicts)
    if groups or linking is not None:
        entry = log_entry("merge", f"people of the gallery {other.store.identity[:12]}")
        mine.change(PeopleChange(groups=groups, linking=linking), entry)
    now = {tracklet: each for each in mine.persons() for tracklet in each.tracklets}
    became = {
        each.id: now[found[0]].id
        for each in people
        if (found := taken.of([number for number in each.tracklets if number in fresh]))
    }
    n_decisions = _take_decisions(mine, theirs, taken, fresh, became)
    names = _names(mine.persons(), people, became, taken, conflicts)
    if names:
        mine.change(PeopleChange(names=names), log_entry("merge", "names of people"))
    return len(people), n_decisions


def _tell_retention(mine: PeopleStore, theirs: PeopleStore, conflicts: list[str]) -> None:
    days, there = mine.retention_days(), theirs.retention_days()
    if there is not None and (days is None or days > there):
        here = "no rule is set" if days is None else f"they are kept for {days} days"
        conflicts.append(
            f"people are kept for {there} days there, while here {here}: this gallery's rule "
            "counts (`tacan gallery retain`)"
        )


def _groups(
    here: Sequence[Person], people: Sequence[Person], taken: Taken, conflicts: list[str]
) -> tuple[tuple[int | None, tuple[int, ...]], ...]:
    """The tracklets without a person, in groups that are one person, and whom they join.

    Those whose other tracklets are all of one person here join that one, unless somebody else did.
    """
    person_of = {tracklet: each.id for each in here for tracklet in each.tracklets}
    groups: list[tuple[int | None, tuple[int, ...]]] = []
    joined: set[int] = set()
    for each in people:
        all_of = taken.of(each.tracklets)
        alone = tuple(number for number in all_of if number not in person_of)
        others = {person_of[number] for number in all_of if number in person_of}
        if not alone:
            joined |= others
            continue
        target = next(iter(others)) if len(others) == 1 and not others & joined else None
        if others and target is None:
            numbers = " and ".join(map(str, sorted(others)))
            conflicts.append(
                f"person {each.id} there has tracklets of person {numbers} here: what is new of "
                "them became a person of its own"
            )
        joined |= others
        groups.append((target, alone))
    return tuple(groups)


def _linking(into: Gallery, other: Gallery, conflicts: list[str]) -> Linking | None:
    """How it is linked from now on: this gallery's way, with the other's rules on ways between
    cameras where it has none; None where nothing changes."""
    mine, theirs = into.store.people().linking(), other.store.people().linking()
    if theirs is None:
        return None
    rules = dict(theirs.travel)
    if {each.camera for each in into.sources()} > {each.camera for each in other.sources()}:
        rule = rules.pop(_ALL, None)
        if rule is not None and (mine is None or mine.travel.get(_ALL) != rule):
            conflicts.append(f"there {_ALL} are said to see nobody at once: not said here")
    known = (
        {} if mine is None else {_pair(way): f"{way}: {mine.travel[way]}" for way in mine.travel}
    )
    for way, rule in list(rules.items()):
        here = known.get(_pair(way))
        if here is not None:
            del rules[way]
            if here != f"{way}: {rule}":
                conflicts.append(f"{here} is the rule here, {way}: {rule} there: this one stays")
    if mine is None:
        return replace(theirs, travel=rules)
    return replace(mine, travel={**mine.travel, **rules}) if rules else None


def _pair(way: str) -> frozenset[str]:
    """The two cameras that a rule is about; one way and both ways can contradict each other."""
    return frozenset(name.strip() for name in re.split(" <?-> ", way))


def _take_decisions(
    mine: PeopleStore,
    theirs: PeopleStore,
    taken: Taken,
    fresh: set[int],
    became: Mapping[int, int],
) -> int:
    """Keeps the decisions on tracklets that are taken, with their times and their humans."""
    known = {_sign(each) for each in mine.decisions()}
    person_of = {tracklet: each.id for each in mine.persons() for tracklet in each.tracklets}
    count = 0
    for decision in theirs.decisions():
        translated = _translated(decision, taken, fresh, became, person_of)
        if translated is not None and _sign(translated) not in known:
            mine.change(PeopleChange(decision=translated), log_entry("merge", decision.kind))
            count += 1
    return count


def _translated(
    decision: Decision,
    taken: Taken,
    fresh: set[int],
    became: Mapping[int, int],
    person_of: Mapping[int, int],
) -> Decision | None:
    """A decision in the ids of this gallery; None for one that is not about what is taken.

    What people were before it is not known here: for its undo they are those of now.
    """
    judgements = tuple(
        replace(said, one=taken.ids[said.one], other=taken.ids[said.other])
        for said in decision.judgements
        if {said.one, said.other} <= taken.ids.keys() and {said.one, said.other} & fresh
    )
    unsure = tuple(
        (taken.ids[one], taken.ids[other])
        for one, other in decision.unsure
        if {one, other} <= taken.ids.keys() and {one, other} & fresh
    )
    person = None if decision.person is None else became.get(decision.person)
    if not judgements and not unsure and (decision.kind != "name" or person is None):
        return None
    concerned = taken.of(list(decision.persons_before))
    return replace(
        decision,
        id=0,
        judgements=judgements,
        unsure=unsure,
        person=person,
        persons_before={number: person_of[number] for number in concerned if number in person_of},
    )


def _sign(decision: Decision) -> tuple[object, ...]:
    """What two copies of one decision have in common."""
    pairs = frozenset((said.one, said.other, said.same) for said in decision.judgements)
    return decision.time, decision.who, decision.kind, pairs, frozenset(decision.unsure)


def _names(
    here: Sequence[Person],
    people: Sequence[Person],
    became: Mapping[int, int],
    taken: Taken,
    conflicts: list[str],
) -> dict[int, Named]:
    """Names and notes that people get. A name that somebody else has here gets a number."""
    known = {each.id: each for each in here}
    used = {each.name: each.id for each in here if each.name is not None}
    names: dict[int, Named] = {}
    for each in people:
        person = known.get(became.get(each.id, 0))
        if person is None or (each.name is None and each.note is None):
            continue
        if person.name is not None or person.note is not None:
            if each.name not in (None, person.name) and not _is_numbered(person.name, each.name):
                conflicts.append(
                    f"person {person.id} is called {person.name} here and {each.name} there: this "
                    "gallery's name stays"
                )
            continue
        called = _free_name(each.name, used)
        if called is not None:
            if called != each.name and each.name is not None:
                conflicts.append(
                    f"person {used[each.name]} is called {each.name} here: the one from there is "
                    f"{called}, person {person.id}; `tacan people merge` makes them one"
                )
            used[called] = person.id
        anchor = None if each.anchor is None else taken.ids.get(each.anchor)
        if called is not None and anchor not in person.tracklets:
            anchor = person.tracklets[0]
        names[person.id] = (called, each.note, anchor)
    return names


def _is_numbered(name: str | None, plain: str | None) -> bool:
    """Whether a name is another one with a number behind it."""
    return name is not None and plain is not None and name.startswith(f"{plain} (")


def _free_name(name: str | None, used: Mapping[str, int]) -> str | None:
    """The name, or where it is taken with the first number that makes it free."""
    if name is None or name not in used:
        return name
    number = 2
    while f"{name} ({number})" in used:
        number += 1
    return f"{name} ({number})"
