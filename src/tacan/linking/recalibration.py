"""The share of strangers within the threshold, calibrated anew by a human's answers.

Each confirmation and each rejection of two tracklets is an answer. At a right border as many
answers say "one person" as say "two": where most say the same, it is moved. With A and B the
clusters that the two are in when only what is surely alike is linked (with a quarter of the share
s), an answer tells of the border if the mean distance of A and B is between those of s / 4 and 4 s.
From 5 such answers on, n of them, p of which say "one person", the share is

    s 2^((2 p - n) / (n + 2))

which is at most twice and at least half as much. It follows from all answers, in whatever order.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tacan.gallery.person_records import Decision, Judgement
from tacan.linking.evidence import Evidence
from tacan.retrieval.average_linkage import Means, linked_clusters, neighbours_within
from tacan.retrieval.calibration import Calibration

__all__ = ["MINIMUM_ANSWERS", "answers_of", "recalibrated_share"]

MINIMUM_ANSWERS = 5
SURELY = 0.25


def answers_of(decisions: Iterable[Decision]) -> tuple[Judgement, ...]:
    """The pairs that a human judged one by one; not those that follow from mergers and splits."""
    return tuple(
        judgement
        for decision in decisions
        if decision.kind in ("confirm", "reject")
        for judgement in decision.judgements
    )


def recalibrated_share(
    evidence: Evidence,
    calibration: Calibration,
    share: float,
    answers: Iterable[Judgement],
) -> float:
    """The share that `answers` make of `share`; itself where there are too few."""
    row_of = {number: row for row, number in enumerate(evidence.columns.ids.tolist())}
    known = {
        frozenset((row_of[said.one], row_of[said.other])): said.same
        for said in answers
        if said.one in row_of and said.other in row_of
    }
    sure = calibration.distance_at(SURELY * share)
    if len(known) < MINIMUM_ANSWERS or sure is None:
        return share
    means = evidence.means
    near = neighbours_within(means, sure)
    label = linked_clusters(near, apart=evidence.strangers)
    distances = np.array([_distance(means, label, *pair) for pair in known])
    same = np.array(list(known.values()))
    most = calibration.distance_at(min(share / SURELY, 1.0)) or sure
    tells = (distances > means.limit(sure)) & (distances <= means.limit(most))
    n_same, n = int(same[tells].sum()), int(tells.sum())
    if n < MINIMUM_ANSWERS:
        return share
    return min(1.0, share * 2.0 ** ((2 * n_same - n) / (n + 2)))


def _distance(means: Means, label: np.ndarray, one: int, other: int) -> float:
    """Between the clusters of two rows, as it is compared; between the rows in one cluster."""
    groups = [[one], [other]]
    if label[one] != label[other]:
        groups = [np.flatnonzero(label == label[row]).tolist() for row in (one, other)]
    return float(np.concatenate(list(means.grouped(groups).rough_distances()))[0, 1])
