"""Tracklets become people: all of a gallery, or those whom a human's decision concerns.

Tracklets are clustered by average linkage (`retrieval.average_linkage`). Those whom one camera saw
at the same time at different places are never one person, nor is what a human called different; and
what a human called the same always is. What a camera adds to all of its tracklets is taken away
before (`retrieval.camera_offsets`), and it is allowed for who looks like everybody
(`retrieval.score_normalisation`).

The threshold follows from those certain strangers: it is the distance within which a small share
of them lies, 3 % by default (`Calibration.distance_at`). In a gallery of more than 350 tracklets
the share is smaller, so that nobody has more than some 10 strangers within the threshold by chance.
Where a gallery has too few strangers, and its model no prior, nothing is linked by looks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tacan.gallery.audit_log import log_entry
from tacan.gallery.columns import UNKNOWN_TIMESTAMP
from tacan.gallery.gallery import Gallery
from tacan.gallery.person_records import Judgement, Linking, PeopleChange, Person
from tacan.linking.evidence import (
    Evidence,
    calibrate_strangers,
    gather_evidence,
    groups_of,
)
from tacan.linking.identities import match_identities
from tacan.linking.missed import missed_links
from tacan.linking.recalibration import answers_of, recalibrated_share
from tacan.linking.travel import parse_travel
from tacan.progress import Progress, silent
from tacan.retrieval.average_linkage import Neighbours, neighbours_within
from tacan.text import counted

__all__ = ["STRANGERS", "LinkReport", "link_gallery", "linked_again", "names_that_hold"]

STRANGERS = 0.03
"""The share of certainly different people that may lie within the threshold."""

FULL_SHARE_UP_TO = 350
"""Tracklets; where there are more, the share is as much smaller as they are more."""

FOLDS = 5
CHECKED_WHOLLY = 2000
"""Tracklets up to which every fifth of the strangers is hidden once; above, the first alone."""

NOTHING = -np.inf
"""A threshold within which nobody is."""


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What linking did.

    n_people, n_linked
        People of several tracklets, and how many tracklets these have; all others are alone.
    n_pairs
        Pairs of tracklets of one person.
    n_new, n_gone
        People who were not there before, and whom there were and no longer are.
    threshold, share
        See `Linking`.
    n_strangers, by_prior
        Pairs of certainly different people; whether they are too few for such a share without the
        model's prior.
    n_hidden, n_hidden_linked
        Of these pairs, those that were hidden from the linking, a fifth at a time, to see whether
        it would link them; and of these, those that it did.
    n_judgements
        Pairs that a human judged.
    calibrated_by
        Times the share that answers made of it; 1 where they are too few.
    n_unknown_pairs
        Pairs of tracklets of which nothing is certain.
    expected_missed_pairs
        How many more pairs of tracklets are to be expected to show one person: about, at least and
        at most (`linking.missed`); None where it can't be told.
    n_ways, n_ruled_out, n_timeless
        Ways between cameras of which times are known, pairs of tracklets that can't be one person
        by the shortest of these, and tracklets whose time isn't known, for which no rule holds.
    """

    n_tracklets: int
    n_people: int
    n_linked: int
    n_pairs: int
    n_new: int
    n_gone: int
    threshold: float | None
    share: float
    n_strangers: int
    by_prior: bool
    n_hidden: int
    n_hidden_linked: int
    n_judgements: int
    n_unknown_pairs: int
    calibrated_by: float = 1.0
    expected_missed_pairs: tuple[float, float, float] | None = None
    n_ways: int = 0
    n_ruled_out: int = 0
    n_timeless: int = 0

    @property
    def expected_false_pairs(self) -> float:
        """At most how many of `n_pairs` show two people, as the hidden strangers have it: with k of
        n of them linked, (k + 1) / (n + 1) of all pairs of which nothing is certain."""
        share = (self.n_hidden_linked + 1) / (self.n_hidden + 1)
        return min(float(self.n_pairs), share * self.n_unknown_pairs)


def link_gallery(
    gallery: Gallery,
    *,
    strangers: float = STRANGERS,
    travel: Mapping[str, str] | None = None,
    asked: Progress = silent,
    compared: Progress = silent,
) -> LinkReport:
    """Links all tracklets of a gallery that is open for writing; people keep their ids.

    Parameters
    ----------
    gallery
        Opened for writing.
    strangers
        The share of certainly different people that may lie within the threshold: half as much
        links less, twice as much links more.
    travel
        What is known of the ways between cameras, as `linking.travel` has it: no link breaks it,
        now and whenever people are changed later. Those rules of before if None; {} forgets them.
    asked, compared
        Progress, in pairs of tracklets that may have been seen at once, and in tracklets.
    """
    gallery.require_writable()
    store = gallery.store.people()
    people, decisions, last = store.persons(), store.decisions(), store.linking()
    if travel:
        cameras = list(gallery.index().columns.cameras)
        parse_travel(travel, cameras=cameras, source="travel times")
    elif travel is None:
        travel = {} if last is None else last.travel
    judgements = [said for decision in decisions for said in decision.judgements]
    evidence = gather_evidence(
        gallery, judgements=judgements, people=people, travel=travel, progress=asked
    )
    calibration = calibrate_strangers(gallery, evidence)
    given = _share(strangers, evidence.n)
    share = recalibrated_share(evidence, calibration, given, answers_of(decisions))
    threshold = calibration.distance_at(share)
    near = _neighbours(evidence, threshold, compared)
    groups = groups_of(evidence, evidence.clusters(near))
    hidden = _hidden_check(near, evidence)
    before = {tracklet: person.id for person in people for tracklet in person.tracklets}
    ids = match_identities(groups, before, _anchors(people))
    linking = Linking(threshold, share, travel)
    by_prior = calibration.prior is not None and 1 / (len(calibration.distances) + 1) > share
    report = _report(evidence, groups, ids, people, linking, hidden, len(judgements), by_prior)
    report = replace(
        report,
        calibrated_by=share / given,
        expected_missed_pairs=_missed(evidence, groups) if threshold is not None else None,
    )
    linking = replace(
        linking, n_pairs=report.n_pairs, expected_missed_pairs=report.expected_missed_pairs
    )
    if report.n_hidden:
        linking = replace(linking, expected_false_pairs=report.expected_false_pairs)
    change = PeopleChange(
        groups=tuple(zip(ids, map(tuple, groups), strict=True)),
        names=names_that_hold(gallery, people, groups, ids),
        linking=linking,
    )
    result = (
        f"{counted(report.n_tracklets, 'tracklet')}, {counted(len(groups), 'person', 'people')}"
    )
    store.change(change, log_entry("link", result))
    return report


def linked_again(
    gallery: Gallery,
    tracklets: Collection[int],
    *,
    judgements: Sequence[Judgement],
    people: Collection[Person],
    threshold: float | None,
    before: Mapping[int, int],
    claims: Mapping[int, int],
) -> tuple[tuple[int | None, tuple[int, ...]], ...]:
    """Some tracklets as people, linked among themselves: the groups of a `PeopleChange`.

    `before` are the people that they were, `claims` the tracklets that decide whose id a group has.
    """
    evidence = gather_evidence(gallery, judgements=judgements, people=people, only=tracklets)
    near = _neighbours(evidence, threshold, silent)
    groups = groups_of(evidence, evidence.clusters(near))
    ids = match_identities(groups, before, {**_anchors(people), **claims})
    return tuple(zip(ids, map(tuple, groups), strict=True))


def names_that_hold(
    gallery: Gallery,
    people: Collection[Person],
    groups: Sequence[Sequence[int]],
    ids: Sequence[int | None],
) -> dict[int, tuple[str | None, str | None, int | None]]:
    """Name, note and a new anchor of those named people whose anchor was deleted."""
    members = dict(zip(ids, groups, strict=True))
    return {
        person.id: (person.name, person.note, longest(gallery, members[person.id]))
        for person in people
        if person.name is not None and person.anchor is None and person.id in members
    }


def longest(gallery: Gallery, tracklets: Sequence[int]) -> int:
    """The id of the tracklet with most frames."""
    found = gallery.store.tracklets(tracklets)
    return max(found, key=lambda each: (each.n_frames, -each.id)).id


def _share(strangers: float, n_tracklets: int) -> float:
    return strangers * min(1.0, FULL_SHARE_UP_TO / max(n_tracklets - 1, 1))


def _neighbours(evidence: Evidence, threshold: float | None, progress: Progress) -> Neighbours:
    limit = NOTHING if threshold is None else threshold
    return neighbours_within(evidence.means, limit, progress=progress)


def _hidden_check(near: Neighbours, evidence: Evidence) -> tuple[int, int]:
    """How many certain strangers were hidden from the linking, and how many it linked then."""
    strangers = evidence.strangers
    fold = np.arange(len(strangers)) % FOLDS
    folds = range(FOLDS if evidence.n <= CHECKED_WHOLLY else 1)
    n_hidden = n_linked = 0
    n_all = evidence.n
    codes = evidence.apart.min(axis=1, initial=n_all) * n_all + evidence.apart.max(
        axis=1, initial=0
    )
    for number in folds if len(strangers) else ():
        hidden = strangers[fold == number]
        apart = evidence.apart[~np.isin(codes, hidden[:, 0] * n_all + hidden[:, 1])]
        label = replace(evidence, apart=apart).clusters(near)
        n_hidden += len(hidden)
        n_linked += int((label[hidden[:, 0]] == label[hidden[:, 1]]).sum())
    return n_hidden, n_linked


def _missed(
    evidence: Evidence, groups: Sequence[Sequence[int]]
) -> tuple[float, float, float] | None:
    rows = [np.searchsorted(evidence.columns.ids, group).tolist() for group in groups]
    found = missed_links(evidence, rows)
    return None if found is None else (found.links, found.least, found.most)


def _anchors(people: Collection[Person]) -> dict[int, int]:
    return {person.anchor: person.id for person in people if person.anchor is not None}


def _report(
    evidence: Evidence,
    groups: Sequence[Sequence[int]],
    ids: Sequence[int | None],
    people: Collection[Person],
    linking: Linking,
    hidden: tuple[int, int],
    n_judgements: int,
    by_prior: bool,  # noqa: FBT001
) -> LinkReport:
    n = evidence.n
    sizes = np.array([len(group) for group in groups], np.int64)
    before = {person.id for person in people}
    return LinkReport(
        n_tracklets=n,
        n_people=int((sizes > 1).sum()),
        n_linked=int(sizes[sizes > 1].sum()),
        n_pairs=int((sizes * (sizes - 1) // 2).sum()),
        n_new=sum(person is None for person in ids),
        n_gone=len(before - set(ids)),
        threshold=linking.threshold,
        share=linking.share,
        n_strangers=len(evidence.strangers),
        by_prior=by_prior,
        n_hidden=hidden[0],
        n_hidden_linked=hidden[1],
        n_judgements=n_judgements,
        n_ways=len(linking.travel),
        n_ruled_out=evidence.n_ruled_out,
        n_timeless=int((evidence.columns.starts == UNKNOWN_TIMESTAMP).sum()),
        n_unknown_pairs=n * (n - 1) // 2 - len(np.unique(np.sort(evidence.apart, axis=1), axis=0)),
    )
