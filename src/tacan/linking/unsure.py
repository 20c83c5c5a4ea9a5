"""Unsure links: those that another choice of the threshold would take back, or make.

A link is unsure where it would not be made with half the share of certainly different people within
the threshold; that two people are two is unsure where twice the share would make them one. So what
is unsure follows from the gallery's own strangers, as the threshold does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tacan.gallery.gallery import Gallery
from tacan.linking.evidence import Evidence, calibrate_strangers, gather_evidence
from tacan.linking.review import Doubt, Sides, doubts_between
from tacan.progress import Progress, silent
from tacan.retrieval.average_linkage import Means, neighbours_within

__all__ = ["FEWER", "MORE", "UnsureLinks", "find_unsure_links"]

FEWER, MORE = 0.5, 2.0
"""Times the share with which a link is sure, and times the share up to which two are two."""


@dataclass(frozen=True, slots=True)
class UnsureLinks:
    """What is unsure about the people of a gallery.

    links
        Links that were made, those of a person by its tree of closest parts; then people who may be
        one. Within both the nearest to the threshold come first.
    part_of
        The part of its person that each tracklet is in, by the tracklets' ids: tracklets of one
        part are linked surely.
    """

    links: tuple[Doubt, ...] = ()
    part_of: Mapping[int, int] = field(default_factory=dict)

    def is_unsure(self, one: int, other: int) -> bool:
        """Whether it is unsure that two tracklets of one person, by their ids, are."""
        return self.part_of.get(one) != self.part_of.get(other)


def find_unsure_links(
    gallery: Gallery, *, asked: Progress = silent, compared: Progress = silent
) -> UnsureLinks:
    """The unsure links of a gallery; none where nothing was linked by looks.

    Progress is in pairs of tracklets that may have been seen at once, and in tracklets.
    """
    store = gallery.store.people()
    linking, people = store.linking(), store.persons()
    if linking is None or linking.threshold is None or not people:
        return UnsureLinks()
    said = [each for decision in store.decisions() for each in decision.judgements]
    ids = [number for person in people for number in person.tracklets]
    evidence = gather_evidence(gallery, judgements=said, people=people, only=ids, progress=asked)
    person_of = {number: person.id for person in people for number in person.tracklets}
    persons = np.array([person_of[number] for number in evidence.columns.ids.tolist()], np.int64)
    calibration = calibrate_strangers(gallery, evidence)
    least, most = (calibration.distance_at(times * linking.share) for times in (FEWER, MORE))
    parts = _clusters(evidence, linking.threshold if least is None else least, silent)
    wholes = _clusters(evidence, linking.threshold if most is None else most, compared)
    means = evidence.means
    barred = {frozenset(pair) for pair in persons[evidence.apart].tolist()}
    perhaps = (
        sides
        for sides in _bridges(means, wholes, persons, is_linked=False)
        if frozenset(persons[[sides.one[0], sides.other[0]]].tolist()) not in barred
    )
    found = [
        *_sorted(_bridges(means, persons, parts, is_linked=True), means, linking.threshold),
        *_sorted(perhaps, means, linking.threshold),
    ]
    return UnsureLinks(
        doubts_between(gallery, found, evidence, linking.threshold),
        dict(zip(evidence.columns.ids.tolist(), parts.tolist(), strict=True)),
    )


def _clusters(evidence: Evidence, threshold: float, progress: Progress) -> NDArray[np.int64]:
    return evidence.clusters(neighbours_within(evidence.means, threshold, progress=progress))


def _sorted(bridges: Iterable[Sides], means: Means, threshold: float) -> list[Sides]:
    limit = means.limit(threshold)
    return sorted(bridges, key=lambda sides: abs(sides.distance - limit))


def _bridges(
    means: Means, wholes: NDArray[np.int64], parts: NDArray[np.int64], *, is_linked: bool
) -> Iterator[Sides]:
    """What joins the parts of each whole: of n parts, the n - 1 closest pairs that do (Prim 1957).

    `wholes` and `parts` [N] number the rows; rows of two wholes are never in one part here.
    """
    order = np.lexsort((parts, wholes))
    bounds = np.flatnonzero(np.diff(wholes[order])) + 1
    for rows in np.split(order, bounds):
        borders = np.flatnonzero(np.diff(parts[rows])) + 1
        groups = [each.tolist() for each in np.split(rows, borders)]
        if len(groups) > 1:
            yield from _tree(means, groups, is_linked=is_linked)


def _tree(means: Means, groups: Sequence[list[int]], *, is_linked: bool) -> Iterator[Sides]:
    distances = np.concatenate(list(means.grouped(groups).rough_distances()))
    nearest, best = np.zeros(len(groups), np.intp), distances[0].astype(np.float64)
    best[0] = np.inf
    for _ in groups[1:]:
        new = int(best.argmin())
        one, other = sorted((int(nearest[new]), new))
        yield Sides(groups[one], groups[other], float(distances[one, other]), is_linked)
        closer = (distances[new] < best) & np.isfinite(best)
        nearest[closer], best[closer] = new, distances[new][closer]
        best[new] = np.inf
