"""Which questions about people are worth a human's answer: those nearest to the border.

Two people whose mean distance is hardly larger than the threshold may be one, and so may two who
were close enough but contested (`retrieval.contested`); a person whose two most different parts
were hardly close enough may be two. Each such doubt is asked by one pair of
tracklets, the closest of the two sides. The nearest to the threshold comes first; of two that are
equally near, the one whose answer settles more pairs of tracklets. What a human could not tell is
not asked again before one of the two sides has a tracklet that was not in its person then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import StoredTracklet
from tacan.gallery.person_records import Decision
from tacan.linking.evidence import Evidence, gather_evidence
from tacan.retrieval.average_linkage import Means, partners

__all__ = ["Doubt", "Sides", "doubts_between", "review"]

WIDEST = 0.5
"""How far from the threshold a doubt may be, as a share of it."""
LARGEST = 400
"""Tracklets: larger people are not taken apart."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Whether two tracklets show one person.

    is_linked
        Whether they do as it stands.
    distance, threshold
        That of the two sides, and up to which they are linked.
    settles
        For how many pairs of tracklets the answer counts.
    """

    one: StoredTracklet
    other: StoredTracklet
    is_linked: bool
    distance: float
    threshold: float
    settles: int

    @property
    def is_contested(self) -> bool:
        """Whether they were close enough, but somebody is closer who is certainly not the other, or
        one took longer to the other than it may."""
        return not self.is_linked and self.distance <= self.threshold


@dataclass(frozen=True, slots=True)
class Sides:
    """Rows of the two sides of a doubt, and how far these are apart, as it is compared."""

    one: list[int]
    other: list[int]
    distance: float
    is_linked: bool


def review(gallery: Gallery, *, top: int = 10) -> tuple[Doubt, ...]:
    """The `top` doubts about the people of a gallery; none where nothing was linked by looks."""
    store = gallery.store.people()
    linking, people = store.linking(), store.persons()
    if linking is None or linking.threshold is None or not people:
        return ()
    decisions = store.decisions()
    said = [each for decision in decisions for each in decision.judgements]
    ids = [number for person in people for number in person.tracklets]
    evidence = gather_evidence(gallery, judgements=said, people=people, only=ids)
    row_of = {number: row for row, number in enumerate(evidence.columns.ids.tolist())}
    groups = [[row_of[t] for t in person.tracklets if t in row_of] for person in people]
    groups = [rows for rows in groups if rows]
    means = evidence.means
    limit = means.limit(linking.threshold)
    untold = [decision for decision in decisions if decision.unsure]
    nearest = top + len(untold)
    found = [*_between(means, groups, evidence, limit, nearest), *_within(means, groups, evidence)]
    sides = [each for each in found if not _is_unsure(each, evidence, untold)]
    margins = [abs(each.distance - limit) for each in sides]
    order = sorted(
        (place for place, margin in enumerate(margins) if margin <= WIDEST * limit),
        key=lambda place: (margins[place], -len(sides[place].one) * len(sides[place].other)),
    )
    return doubts_between(
        gallery, [sides[place] for place in order[:top]], evidence, linking.threshold
    )


def _between(
    means: Means, groups: Sequence[list[int]], evidence: Evidence, limit: float, most: int
) -> Iterator[Sides]:
    """Pairs of people that may be one, `most` of each: those nearest to the limit."""
    of_row = np.empty(len(means.vectors), np.intp)
    for number, rows in enumerate(groups):
        of_row[rows] = number
    barred = partners(np.unique(of_row[evidence.apart], axis=0), len(groups))
    first = 0
    for block in means.grouped(groups).rough_distances():
        for row, distances in enumerate(block, start=first):
            margins = np.abs(distances - limit)
            near = np.flatnonzero(margins <= WIDEST * limit)
            later = np.setdiff1d(near[near > row], barred[row])
            nearest = later[np.argsort(margins[later], kind="stable")]
            for other in nearest[:most].tolist():
                distance = float(distances[other])
                yield Sides(groups[row], groups[other], distance, is_linked=False)
        first += len(block)


def _is_unsure(sides: Sides, evidence: Evidence, decisions: Sequence[Decision]) -> bool:
    """Whether a human could not tell, and these tracklets are none but those of then."""
    one, other = (set(evidence.columns.ids[rows].tolist()) for rows in (sides.one, sides.other))
    return any(
        {a, b} & one and {a, b} & other and one | other <= decision.persons_before.keys()
        for decision in decisions
        for a, b in decision.unsure
    )


def _within(means: Means, groups: Sequence[list[int]], evidence: Evidence) -> Iterator[Sides]:
    """People that may be two: the parts that joined last, unless a human joined them."""
    from scipy.cluster.hierarchy import fcluster, linkage  # slow to import
    from scipy.spatial.distance import squareform

    vouched = evidence.together.tolist()
    for rows in groups:
        if not 2 <= len(rows) <= LARGEST:
            continue
        distances = np.concatenate(list(means.grouped([[row] for row in rows]).rough_distances()))
        np.fill_diagonal(distances, 0)
        tree = linkage(squareform(np.maximum(distances, 0), checks=False), "average")
        part = fcluster(tree, 2, "maxclust")
        one = [row for row, number in zip(rows, part, strict=True) if number == part[0]]
        other = [row for row in rows if row not in one]
        joined = any((a in one) != (b in one) for a, b in vouched if {a, b} <= set(rows))
        if other and not joined:
            yield Sides(one, other, float(tree[-1, 2]), is_linked=True)


def doubts_between(
    gallery: Gallery, pairs: Sequence[Sides], evidence: Evidence, threshold: float
) -> tuple[Doubt, ...]:
    """The doubts whether two sides are one person, asked by the closest pair of their tracklets.

    One of whose pair a tracklet was deleted meanwhile is left out.
    """
    means, ids = evidence.means, evidence.columns.ids
    asked: list[tuple[int, int]] = []
    for sides in pairs:
        distances = np.stack([means.between(row, sides.other) for row in sides.one])
        place = np.unravel_index(int(distances.argmin()), distances.shape)
        one, other = sides.one[int(place[0])], sides.other[int(place[1])]
        asked.append((int(ids[one]), int(ids[other])))
    named = sorted({number for pair in asked for number in pair})
    found = {each.id: each for each in gallery.store.tracklets(named)}
    return tuple(
        Doubt(
            one=found[one],
            other=found[other],
            is_linked=sides.is_linked,
            distance=float(means.distances(np.array(sides.distance))),
            threshold=threshold,
            settles=len(sides.one) * len(sides.other),
        )
        for sides, (one, other) in zip(pairs, asked, strict=True)
        if one in found and other in found
    )
