"""People of a gallery, and what linking and a human's decisions did, in words."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path

from tacan.gallery.gallery import Gallery
from tacan.gallery.person_records import Decision, Linking, LogEntry, Person
from tacan.linking.link import LinkReport
from tacan.linking.people import Everybody, PersonSeen
from tacan.linking.review import Doubt
from tacan.text import counted, table
from tacan.views.search_text import when
from tacan.views.times import clock, local_time
from tacan.views.verdict_text import shown_distance

__all__ = [
    "changed_text",
    "expected_text",
    "link_text",
    "log_text",
    "people_text",
    "person_label",
    "person_text",
    "review_text",
    "undo_text",
]

MOST_NAMED = 8
"""Tracklets that are told of a person in one line."""

SAYS_LITTLE = 0.5
"""Where more than this share of all links may be false, their bound says nothing to go by."""


def link_text(report: LinkReport, folder: Path) -> str:
    """What linking did, and what its threshold means."""
    n_alone = report.n_tracklets - report.n_linked
    lines = [
        f"{counted(report.n_tracklets, 'tracklet')}: "
        f"{counted(report.n_people, 'person was', 'people were')} seen several times, in "
        f"{report.n_linked:,} of them; {counted(n_alone, 'stands', 'stand')} alone."
    ]
    lines += _threshold(report)
    if report.n_judgements:
        lines.append(f"A human's word on {counted(report.n_judgements, 'pair')} was kept.")
    if report.n_ways:
        lines.append(
            f"{counted(report.n_ways, 'rule')} on the ways between cameras "
            f"{'was' if report.n_ways == 1 else 'were'} kept: "
            f"{counted(report.n_ruled_out, 'pair')} can't be one person by the shortest times."
        )
        if report.n_timeless:
            lines.append(
                f"No rule holds for {counted(report.n_timeless, 'tracklet')} whose time of day "
                "isn't known: tacan gallery shift says when a video began."
            )
    if report.n_gone or report.n_new < report.n_people + n_alone:
        lines.append(
            f"New are {report.n_new:,}; {report.n_gone:,} of before are somebody else now."
            if report.n_new or report.n_gone
            else "They have the ids of before, and nobody is new."
        )
    place = shlex.quote(str(folder))
    lines.append(f"Who they are: tacan people {place}")
    if report.n_pairs:
        lines.append(f"What is most in doubt: tacan people {place} --review")
    return "\n".join(lines)


def _threshold(report: LinkReport) -> list[str]:
    pairs = f"{counted(report.n_strangers, 'pair')} of certainly different people"
    seen = "whom one camera saw at the same time in different places"
    if report.threshold is None:
        return [
            f"There are only {pairs}, {seen}: too few to tell from looks who is the same. Only a "
            "human's word links tracklets here (tacan people confirm)."
        ]
    of_prior = (
        ", and people generated for this model, since so few say little" if report.by_prior else ""
    )
    lines = [
        f"Linked up to a distance of {shown_distance(report.threshold)}, within which "
        f"{100 * report.share:.3g} % of different people are expected. That is by {pairs}, "
        f"{seen}{of_prior}."
    ]
    if report.calibrated_by != 1:
        lines.append(f"Answers made this share {report.calibrated_by:.2f} times what it was.")
    if report.n_pairs and report.n_hidden:
        linked = (
            counted(report.n_hidden_linked, "was", "were") if report.n_hidden_linked else "none was"
        )
        lines.append(
            f"Of these, {report.n_hidden:,} were hidden from the linking as a test, and {linked} "
            "linked."
        )
    if report.n_hidden:
        lines.append(expected_text(report))
    return lines


def expected_text(linked: LinkReport | Linking) -> str:
    """How many false and missed links are to be expected.

    >>> expected_text(Linking(0.4, 0.03, {}, 118, 5.2, (40.1, 12.2, 68.0)))
    '118 linked pairs. False: at most about 5 are expected; missed: about 40 more (12 to 68).'
    >>> expected_text(Linking(0.4, 0.03, {}, 61, 61.0))
    "61 linked pairs. False: perhaps more than half, as far as it can be told; missed: can't be told."
    """  # noqa: E501
    false = linked.expected_false_pairs
    if false is None:
        wrong = "can't be told"
    elif false > SAYS_LITTLE * linked.n_pairs:
        wrong = "perhaps more than half, as far as it can be told"
    else:
        wrong = f"at most about {false:.0f} are expected"
    missed = "can't be told"
    if linked.expected_missed_pairs is not None:
        about, least, most = (f"{links:,.0f}" for links in linked.expected_missed_pairs)
        missed = f"about {about} more ({least} to {most})"
        if most == "0":
            missed = "none is expected if no link is false"
    pairs = counted(linked.n_pairs, "linked pair")
    return f"{pairs}. False: {wrong}; missed: {missed}."


def person_label(person: Person) -> str:
    """
    >>> person_label(Person(3, (7,))), person_label(Person(4, (8, 9), "Ann"))
    ('person 3', 'person 4 (Ann)')
    """
    return f"person {person.id}" + ("" if person.name is None else f" ({person.name})")


def people_text(known: Everybody, *, everyone: bool = False, zone: tzinfo | None = None) -> str:
    """A table of those who were seen several times or have a name, or of `everyone`."""
    place = shlex.quote(str(known.folder))
    if not known.people:
        return f"Nobody is linked yet: tacan link {place}"
    shown = [seen for seen in known.people if everyone or not seen.is_alone]
    rows = [("person", "name", "tracklets", "cameras", "first seen", "last seen", "confirmed")]
    rows += [
        (
            str(seen.person.id),
            seen.person.name or "",
            str(len(seen.tracklets)),
            ", ".join(seen.cameras),
            *_first_and_last(seen, zone),
            str(seen.n_vouched or ""),
        )
        for seen in shown
    ]
    lines = [table(rows, texts=(1, 3, 4, 5))] if shown else ["Nobody was seen several times."]
    if any(seen.first is None for seen in shown):
        lines.append(
            "Times within videos, in no order, are of people whose videos were indexed "
            "without --start; tacan gallery shift says later when a video began."
        )
    n_alone = len(known.people) - len(shown)
    if n_alone:
        lines.append(f"{counted(n_alone, 'tracklet stands', 'tracklets stand')} alone (--all).")
    if known.n_waiting:
        lines.append(
            f"Not linked yet, since later: {counted(known.n_waiting, 'tracklet')} "
            f"(tacan link {place})"
        )
    return "\n".join(lines)


def person_text(seen: PersonSeen, zone: tzinfo | None = None) -> str:
    """One person: the name, the note, and the tracklets in the order of time."""
    person = seen.person
    lines = [f"{person_label(person)}: {counted(len(seen.tracklets), 'tracklet')}"]
    if person.note is not None:
        lines.append(person.note)
    rows = [("tracklet", "camera", "seen", "frames", "quality")]
    rows += [
        (each.name, each.camera, when(each, zone), f"{each.n_frames:,}", f"{each.quality:.2f}")
        for each in seen.tracklets
    ]
    return "\n".join([*lines, table(rows, texts=(0, 1, 2))])


def changed_text(gallery: Gallery, people: Sequence[Person]) -> str:
    """The people whom a decision concerns, as they are now."""
    lines = []
    for person in people:
        names = gallery.store.names(person.tracklets[:MOST_NAMED])
        more = len(person.tracklets) - len(names)
        shown = ", ".join(names) + (f" and {more:,} more" if more else "")
        lines.append(f"{person_label(person)}: {shown}")
    return "\n".join(lines)


def undo_text(decision: Decision, zone: tzinfo | None = None) -> str:
    """What was taken back."""
    return f"Taken back: {decision.kind} of {local_time(decision.time, zone)} by {decision.who}."


def review_text(doubts: Sequence[Doubt], linking: Linking | None, folder: Path) -> str:
    """The questions, how to answer them, and what `linking` is to be expected to have wrong."""
    expected = [] if linking is None or linking.threshold is None else [expected_text(linking)]
    if not doubts:
        nothing = "No pair is near the border: there is nothing that an answer would settle."
        return "\n".join([nothing, *expected])
    rows = [("tracklet", "tracklet", "now", "distance", "settles")]
    rows += [
        (
            doubt.one.name,
            doubt.other.name,
            _who(doubt),
            shown_distance(doubt.distance),
            counted(doubt.settles, "pair"),
        )
        for doubt in doubts
    ]
    place = shlex.quote(str(folder))
    first = shlex.join([str(folder), doubts[0].one.name, doubts[0].other.name])
    by_rule = ", or it took longer than your rules allow" if linking and linking.travel else ""
    contested = (
        "Two people within it were not linked because somebody is closer who is certainly not the "
        f"other{by_rule}."
    )
    return "\n".join(
        [
            *expected,
            f"Linked up to {shown_distance(doubts[0].threshold)}. Nearest to that border are:",
            table(rows, texts=(0, 1, 2)),
            *([contested] if any(doubt.is_contested for doubt in doubts) else []),
            f"The first, if they are one person: tacan people confirm {first}",
            f"           if they are two:        tacan people reject {first}",
            f"           if you can't tell:      tacan people unsure {first}",
            f"With pictures, and a key for each answer: tacan serve {place} (Review)",
            f"After five answers or more, link again with what they tell: tacan link {place}",
        ]
    )


def _who(doubt: Doubt) -> str:
    if doubt.is_linked:
        return f"person {doubt.one.person_id}"
    return f"persons {doubt.one.person_id} and {doubt.other.person_id}"


def log_text(entries: Sequence[LogEntry], zone: tzinfo | None = None) -> str:
    """The log, a line for each entry."""
    if not entries:
        return "Nothing was logged yet."
    rows = [("when", "who", "what", "of what")]
    rows += [(local_time(e.time, zone), e.who, e.action, e.detail) for e in entries]
    return table(rows, texts=(0, 1, 2, 3))


def _first_and_last(seen: PersonSeen, zone: tzinfo | None) -> tuple[str, str]:
    """By the wall clock, or within the videos where no time of day is known."""
    if seen.first is not None and seen.last is not None:
        return local_time(seen.first, zone), local_time(seen.last, zone)
    first, last = seen.tracklets[0], seen.tracklets[-1]
    return (
        f"{clock(first.first_seconds)} in {first.source}",
        f"{clock(last.last_seconds)} in {last.source}",
    )
