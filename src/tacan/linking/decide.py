"""What a human says about people: kept, acted upon at once, and undone when asked.

Whatever is decided, the people concerned are linked again among themselves, under all that humans
said, with the threshold of the last `link_gallery`. Nobody else changes. So `link_gallery` gives
nothing that a decision did not give already, but for what only all tracklets together show.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product

from tacan.errors import GalleryError
from tacan.gallery.audit_log import log_entry
from tacan.gallery.gallery import Gallery
from tacan.gallery.person_records import Decision, Judgement, Kind, PeopleChange, Person
from tacan.linking.link import linked_again, longest

__all__ = ["cannot_tell", "confirm", "merge", "name", "reject", "split", "undo"]

LONGEST_NAME = 200
LONGEST_NOTE = 2000

Names = Mapping[int, tuple[str | None, str | None, int | None]]


def confirm(gallery: Gallery, one: str, other: str) -> tuple[Person, ...]:
    """Says that two tracklets, by their names, show one person.

    Returns the people whom the decision concerns, as they are now; so do the others here. All raise
    `GalleryError` for what the gallery does not have, and where it was never linked.
    """
    return _judge(gallery, "confirm", one, other)


def reject(gallery: Gallery, one: str, other: str) -> tuple[Person, ...]:
    """Says that two tracklets, by their names, show two people."""
    return _judge(gallery, "reject", one, other)


def cannot_tell(gallery: Gallery, one: str, other: str) -> tuple[Person, ...]:
    """Says that nobody can tell whether two tracklets, by their names, show one person.

    Nothing changes but that `review` asks it no more, until their people have other tracklets.
    """
    known = _Known.of(gallery)
    return known.decide("unsure", unsure=[_pair(gallery, one, other)])


def merge(gallery: Gallery, one: int, other: int) -> tuple[Person, ...]:
    """Says that two people are one, who has the id of `one`, and its name if it has one."""
    known = _Known.of(gallery)
    kept, gone = gallery.person(one), gallery.person(other)
    if kept == gone:
        raise _same_twice(f"person {one}")
    pairs = product(kept.tracklets, gone.tracklets)
    return known.decide(
        "merge",
        [Judgement(a, b, same=True) for a, b in pairs],
        named=kept,
        names={
            kept.id: (
                kept.name or gone.name,
                kept.note or gone.note,
                kept.anchor if kept.name else gone.anchor,
            )
        },
        claims=dict.fromkeys((*kept.tracklets, *gone.tracklets), kept.id),
    )


def split(gallery: Gallery, person: int, tracklets: Sequence[str]) -> tuple[Person, ...]:
    """Says that some tracklets, by their names, are not the person that they were linked to."""
    known = _Known.of(gallery)
    chosen = gallery.person(person)
    out = [gallery.find(each) for each in tracklets]
    for tracklet, each in zip(out, tracklets, strict=True):
        if tracklet not in chosen.tracklets:
            raise GalleryError(
                f"only tracklets of person {person} can be split from it",
                got=each,
                remedy=f"`tacan people show {gallery.place} {person}` lists them.",
            )
    left = [tracklet for tracklet in chosen.tracklets if tracklet not in out]
    if not out or not left:
        raise GalleryError(
            "some of a person's tracklets must be split from it, and some be left",
            got=f"{len(out)} of {len(chosen.tracklets)}",
            remedy="Name those that show somebody else.",
        )
    judgements = [Judgement(a, b, same=False) for a, b in product(out, left)]
    names = {}
    if chosen.anchor in out:
        names = {person: (chosen.name, chosen.note, longest(gallery, left))}
    return known.decide("split", judgements, names=names, claims=dict.fromkeys(left, chosen.id))


def name(
    gallery: Gallery, person: int, called: str | None, *, note: str | None = None
) -> tuple[Person, ...]:
    """Gives a person a name, or takes it away (None), with a note; without one the note stays.

    The person's longest tracklet has the name from now on: whoever it is linked to later is the
    person of this name. Two people of different names are never linked.
    """
    known = _Known.of(gallery)
    chosen = gallery.person(person)
    _check_text(called, "a name", LONGEST_NAME)
    _check_text(note, "a note", LONGEST_NOTE)
    others = [each.id for each in known.people if each.name == called and each != chosen]
    if called is not None and others:
        raise GalleryError(
            "two people must not have one name",
            got=f"{called!r}, which is person {others[0]}",
            remedy=f"If they are one: `tacan people merge {gallery.place} {others[0]} {person}`.",
        )
    anchor = None if called is None else chosen.anchor or longest(gallery, chosen.tracklets)
    kept_note = chosen.note if note is None else note or None
    return known.decide("name", named=chosen, names={person: (called, kept_note, anchor)})


def undo(gallery: Gallery) -> tuple[Decision, tuple[Person, ...]]:
    """Takes the last decision back, and returns it with the people concerned as they are now.

    Raises `GalleryError` where nothing is left to be taken back.
    """
    known = _Known.of(gallery)
    if not known.decisions:
        raise GalleryError(
            "there must be a decision to be taken back",
            got="none",
            remedy="`tacan gallery log` lists what was done.",
        )
    last = known.decisions[-1]
    names: Names = {}
    if last.person is not None:
        anchors = {person.id: person.anchor for person in known.people}
        anchor = None if last.name_before is None else anchors.get(last.person)
        names = {last.person: (last.name_before, last.note_before, anchor)}
    return last, known.take_back(last, names)


@dataclass(frozen=True, slots=True)
class _Known:
    """A gallery with its people and what was decided about them, when a decision is made."""

    gallery: Gallery
    people: tuple[Person, ...]
    decisions: tuple[Decision, ...]
    threshold: float | None

    @classmethod
    def of(cls, gallery: Gallery) -> _Known:
        gallery.require_writable()
        store = gallery.store.people()
        linking = store.linking()
        if linking is None:
            raise GalleryError(
                "a gallery must be linked before its people can be changed",
                got=f"{gallery.place}, which never was",
                remedy="Run `tacan link` with it.",
            )
        return cls(gallery, store.persons(), store.decisions(), linking.threshold)

    def decide(
        self,
        kind: Kind,
        judgements: Sequence[Judgement] = (),
        *,
        unsure: Sequence[tuple[int, int]] = (),
        named: Person | None = None,
        names: Names | None = None,
        claims: Mapping[int, int] | None = None,
    ) -> tuple[Person, ...]:
        """Keeps a decision, and links the people concerned again."""
        pairs = [*((said.one, said.other) for said in judgements), *unsure]
        touched = {number for pair in pairs for number in pair}
        before = self._concerned(touched, named)
        decision = Decision(
            id=0,
            time=datetime.now(UTC),
            who=log_entry(kind).who,
            kind=kind,
            judgements=tuple(judgements),
            unsure=tuple(unsure),
            person=None if named is None else named.id,
            name_before=None if named is None else named.name,
            note_before=None if named is None else named.note,
            persons_before=before,
        )
        groups = ()
        if judgements:
            decisions = [*self.decisions, decision]
            groups = self._groups(touched | set(before), before, decisions, names or {}, claims)
        change = PeopleChange(groups=groups, names=names or {}, decision=decision)
        return self._changed(change, kind, before)

    def take_back(self, decision: Decision, names: Names) -> tuple[Person, ...]:
        """Undoes the last decision."""
        now = self._concerned(set(decision.persons_before), None)
        before = {**now, **decision.persons_before}
        groups = ()
        if decision.judgements:
            groups = self._groups(set(before), before, self.decisions[:-1], names)
        change = PeopleChange(groups=groups, names=names, undo=decision.id)
        return self._changed(change, "undo", before)

    def _concerned(self, tracklets: Collection[int], named: Person | None) -> dict[int, int]:
        """The person of each tracklet of those people who have one of these, or are named."""
        return {
            tracklet: person.id
            for person in self.people
            if person == named or not set(tracklets).isdisjoint(person.tracklets)
            for tracklet in person.tracklets
        }

    def _groups(
        self,
        tracklets: Collection[int],
        before: Mapping[int, int],
        decisions: Sequence[Decision],
        names: Names,
        claims: Mapping[int, int] | None = None,
    ) -> tuple[tuple[int | None, tuple[int, ...]], ...]:
        concerned = set(before.values())
        return linked_again(
            self.gallery,
            tracklets,
            judgements=[said for decision in decisions for said in decision.judgements],
            people=[_renamed(person, names) for person in self.people if person.id in concerned],
            threshold=self.threshold,
            before=before,
            claims=claims or {},
        )

    def _changed(
        self, change: PeopleChange, kind: str, before: Mapping[int, int]
    ) -> tuple[Person, ...]:
        store = self.gallery.store.people()
        numbers = sorted(set(before.values()))
        store.change(change, log_entry(kind, ", ".join(f"person {number}" for number in numbers)))
        concerned = {tracklet for _, group in change.groups for tracklet in group} | set(before)
        return tuple(
            person for person in store.persons() if not concerned.isdisjoint(person.tracklets)
        )


def _renamed(person: Person, names: Names) -> Person:
    if person.id not in names:
        return person
    called, note, anchor = names[person.id]
    return replace(person, name=called, note=note, anchor=anchor)


def _judge(gallery: Gallery, kind: Kind, one: str, other: str) -> tuple[Person, ...]:
    known = _Known.of(gallery)
    pair = _pair(gallery, one, other)
    return known.decide(kind, [Judgement(*pair, same=kind == "confirm")])


def _pair(gallery: Gallery, one: str, other: str) -> tuple[int, int]:
    pair = gallery.find(one), gallery.find(other)
    if pair[0] == pair[1]:
        raise _same_twice(one)
    return pair


def _same_twice(what: str) -> GalleryError:
    return GalleryError(
        "two must be named, to say whether they are one",
        got=f"{what} twice",
        remedy="Name another.",
    )


def _check_text(text: str | None, what: str, longest_text: int) -> None:
    if text is None or (what == "a note" and not text):
        return
    plain = text.replace("\n", " ") if what == "a note" else text
    if (
        not text.strip()
        or text != text.strip()
        or not plain.isprintable()
        or len(text) > longest_text
    ):
        raise GalleryError(
            f"{what} must be plain text of at most {longest_text} letters, without spaces at its "
            "ends",
            got=repr(text[:longest_text]),
            remedy="Write it otherwise.",
        )
