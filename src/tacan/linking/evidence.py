"""What the tracklets of a gallery are linked by: their vectors, and what can't be otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tacan.gallery.cannot_link import seen_at_once
from tacan.gallery.columns import Columns
from tacan.gallery.gallery import Gallery
from tacan.gallery.person_records import Judgement, Person
from tacan.linking.travel import TravelRules, cut_at_longest, impossible_pairs, parse_travel
from tacan.linking.words import Groups, standing_judgements
from tacan.progress import Progress, silent
from tacan.retrieval.average_linkage import Means, Neighbours, Pairs
from tacan.retrieval.calibration import Calibration
from tacan.retrieval.camera_offsets import without_camera_offsets
from tacan.retrieval.contested import uncontested_clusters
from tacan.retrieval.priors import load_prior
from tacan.retrieval.score_normalisation import normalised

__all__ = ["Evidence", "calibrate_strangers", "gather_evidence", "groups_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """N tracklets to be linked.

    columns
        Their ids and times, by rising id.
    means
        Their vectors [N, D], without their cameras' offsets (`retrieval.camera_offsets`), and their
        distances, normalised over the whole gallery (`retrieval.score_normalisation`).
    strangers
        Pairs of rows [n, 2] that one camera saw at the same time at different places.
    together, apart
        Pairs of rows that a human said to be one person; and all that must not be: by a human's
        word, by two names, by travel times, the strangers, and those who were seen at once far
        apart though they met. A human's word goes before the others.
    rules, n_ruled_out
        What is known of the ways between cameras, and how many pairs of rows can't be one person
        by it.
    """

    columns: Columns
    means: Means
    strangers: Pairs
    together: Pairs
    apart: Pairs
    rules: TravelRules = field(default_factory=TravelRules)
    n_ruled_out: int = 0

    @property
    def n(self) -> int:
        return len(self.columns.ids)

    def clusters(self, near: Neighbours) -> NDArray[np.int64]:
        """The cluster of each row [N], under all constraints."""
        label = uncontested_clusters(near, together=self.together, apart=self.apart)
        return cut_at_longest(self.rules, self.columns, label, self.together)


def gather_evidence(
    gallery: Gallery,
    *,
    judgements: Iterable[Judgement],
    people: Collection[Person],
    only: Collection[int] | None = None,
    travel: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> Evidence:
    """The evidence on all tracklets, or on those whose ids are in `only`.

    `judgements` are all that humans said, the earliest first, and `people` those who may have names
    that keep them apart. `travel` are rules as `parse_travel` reads them; those by which the
    gallery was linked last if None. Progress is in pairs of tracklets that may have been seen at
    once.
    """
    rules = _travel_rules(gallery, travel)
    index = gallery.index()
    columns = index.columns
    rows = np.arange(len(columns.ids))
    if only is not None:
        rows = np.flatnonzero(np.isin(columns.ids, np.fromiter(only, np.int64)))
        columns = columns.rows(rows)
    seen = seen_at_once(columns, gallery.store, progress=progress)
    standing = standing_judgements(list(judgements))
    row_of = {number: row for row, number in enumerate(columns.ids.tolist())}
    together = _rows((j for j in standing if j.same), row_of)
    rejected = _rows((j for j in standing if not j.same), row_of)
    ruled_out = impossible_pairs(rules, columns)
    by_machine = np.concatenate(
        [seen.strangers, seen.met, ruled_out, _rows(_of_two_names(people), row_of)]
    )
    groups = Groups(map(tuple, together.tolist()))
    overruled = [groups.of(one) == groups.of(other) for one, other in by_machine.tolist()]
    apart = np.concatenate([rejected, by_machine[~np.array(overruled, np.bool_)]])
    metric = gallery.model.metric
    vectors = without_camera_offsets(
        index.vectors.rows(np.arange(len(index.columns.ids))),
        index.columns.camera_ids,
        metric=metric,
    )
    means = normalised(Means.of(vectors, metric=metric)).rows(rows)
    return Evidence(columns, means, seen.strangers, together, apart, rules, len(ruled_out))


def _travel_rules(gallery: Gallery, travel: Mapping[str, str] | None) -> TravelRules:
    if travel is None:
        linking = gallery.store.people().linking()
        travel = {} if linking is None else linking.travel
    if not travel:
        return TravelRules()
    cameras = list(gallery.index().columns.cameras)
    # A camera may have been deleted since.
    return parse_travel(travel, cameras=cameras, source="travel times", all_known=False)


def calibrate_strangers(gallery: Gallery, evidence: Evidence) -> Calibration:
    """The calibration by all certain strangers, with the prior of the gallery's model."""
    metric, means = gallery.model.metric, evidence.means
    distances = np.sort(means.distances(means.paired(evidence.strangers)))
    return Calibration(metric, distances, load_prior(gallery.model.fingerprint, metric))


def groups_of(evidence: Evidence, label: NDArray[np.int64]) -> list[list[int]]:
    """The ids of the tracklets of each cluster in `label` [N]; the earliest seen first."""
    columns = evidence.columns
    # Where no time of day is known, -2^63 stands for it: those begin with the lowest id.
    order = np.lexsort((columns.ids, columns.starts))
    groups: dict[int, list[int]] = {}
    for row in order.tolist():
        groups.setdefault(int(label[row]), []).append(int(columns.ids[row]))
    return [sorted(group) for group in groups.values()]


def _of_two_names(people: Collection[Person]) -> Iterator[Judgement]:
    named = [person for person in people if person.name is not None and person.anchor is not None]
    for one, other in combinations(named, 2):
        if one.anchor is not None and other.anchor is not None:
            yield Judgement(one.anchor, other.anchor, same=False)


def _rows(judgements: Iterable[Judgement], row_of: dict[int, int]) -> Pairs:
    """The pairs of rows [n, 2] of those judgements that are on two of the tracklets."""
    pairs = [
        (row_of[said.one], row_of[said.other])
        for said in judgements
        if said.one in row_of and said.other in row_of
    ]
    return np.array(pairs, np.int64).reshape(-1, 2)
