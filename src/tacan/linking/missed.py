"""How many links are to be expected missed, by how far apart the people are who were found.

Most pairs of people who may be one are two, and their distances are about normal. With m the median
and s how far above it 84 % of them lie, z = (d - m) / s of two people whose tracklets are d apart
in the mean. Far below, at z = -3 say, hardly any two different people are left. Each pair's chance
to be one person is taken by the local false discovery rate (Efron 2004), with as many of one person
at any z < -1:

    p(z) = 1 / (1 + n exp(-z^2 / 2) / ODDS)

with n the number of others that a person may be, in the mean. Two people of a and b tracklets are
a b p(z) links to be expected missed, and all of them have the variance sum (a b)^2 p (1 - p).

It can't be told where there are few such pairs; or where certain strangers too lie below z = -3
more often than that allows, because people dress alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.linking.evidence import Evidence
from tacan.retrieval.average_linkage import Means

__all__ = ["Missed", "missed_links"]

ODDS = 0.1
"""Chosen on generated crowds (`benchmarks/crowds.py`)."""

FEWEST = 30
"""Pairs of people from which it shows how their distances are spread."""
ABOVE = 0.8413
"""The share of a normal distribution below one standard deviation."""
NEAREST = -1.0
ALIKE, MOST_ALIKE = -3.0, 0.05
"""The share of certain strangers that may lie below this z."""
MOST_LOOKED_AT = 500
"""People whose distances to all others give the median and the spread."""


@dataclass(frozen=True, slots=True)
class Missed:
    """How many links are expected to be missed, and two standard deviations below and above."""

    links: float
    least: float
    most: float


def missed_links(evidence: Evidence, groups: Sequence[Sequence[int]]) -> Missed | None:
    """The links that are missed where `groups` of rows are people; None where it can't be told."""
    if len(groups) < 2:
        return Missed(0.0, 0.0, 0.0)
    means = evidence.means
    people, barred = means.grouped(groups), _barred(evidence, groups)
    n_pairs = len(groups) * (len(groups) - 1) // 2 - len(barred) // 2
    if n_pairs == 0:
        return Missed(0.0, 0.0, 0.0)
    if n_pairs < FEWEST:
        return None
    some = np.unique(np.linspace(0, len(groups) - 1, MOST_LOOKED_AT).astype(np.intp))
    found = np.concatenate([block[np.isfinite(block)] for block in _blocks(people, barred, some)])
    middle, above = np.quantile(people.distances(found), (0.5, ABOVE))
    if above <= middle:
        return None
    strangers = means.distances(means.paired(evidence.strangers))
    alike = strangers < middle + ALIKE * (above - middle)
    if alike.sum() > MOST_ALIKE * len(alike):
        return None
    limit = people.limit(float(middle + NEAREST * (above - middle)))
    others = 2 * n_pairs / len(groups)
    expected = variance = 0.0
    for compared, links in _nearest(people, barred, groups, limit):
        z = (people.distances(compared) - middle) / (above - middle)
        chances = 1 / (1 + others * np.exp(-(z**2) / 2) / ODDS)
        expected += float((links * chances).sum())
        variance += float((links**2 * chances * (1 - chances)).sum())
    spread = 2 * variance**0.5
    return Missed(expected, max(0.0, expected - spread), expected + spread)


def _barred(evidence: Evidence, groups: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Pairs of people [n, 2] who can't be one, each in both orders, sorted."""
    person = np.empty(evidence.n, np.int64)
    for number, rows in enumerate(groups):
        person[rows] = number
    pairs = person[evidence.apart]
    return np.unique(np.concatenate([pairs, pairs[:, ::-1]]), axis=0)


def _blocks(
    people: Means, barred: NDArray[np.int64], rows: NDArray[np.intp]
) -> Iterator[NDArray[np.float32]]:
    """The distances of some people to all, as they are compared, in blocks; infinite to themselves
    and those who they can't be."""
    first = 0
    for block in people.rough_distances(rows):
        here = rows[first : first + len(block)]
        first += len(block)
        block[np.arange(len(here)), here] = np.inf
        for place, (begin, end) in enumerate(
            zip(
                *(np.searchsorted(barred[:, 0], here, side) for side in ("left", "right")),
                strict=True,
            )
        ):
            block[place, barred[begin:end, 1]] = np.inf
        yield block


def _nearest(
    people: Means, barred: NDArray[np.int64], groups: Sequence[Sequence[int]], limit: float
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float64]]]:
    """The distances [n], as they are compared, of all pairs of people within `limit`, and how many
    pairs of tracklets each is [n], in blocks."""
    sizes, first = np.array([len(rows) for rows in groups], np.float64), 0
    for block in _blocks(people, barred, np.arange(len(groups))):
        one, other = np.nonzero(block <= limit)
        once = one + first < other
        one, other = one[once], other[once]
        yield block[one, other], sizes[one + first] * sizes[other]
        first += len(block)
