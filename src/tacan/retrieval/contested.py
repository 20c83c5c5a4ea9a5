"""Links that are contested: by somebody who is closer, and certainly somebody else.

Of clusters A and B that may be one person, let C certainly not be B (one camera saw both at once,
say), and be closer to A than B is. Then the looks of A say that it is C rather than B, so A and B
are not linked; nor by way of others, since A stays apart from whatever B becomes part of. Those
closer than two thirds of the threshold, about, are linked all the same: A, B and C are the clusters
that this makes.

So even a threshold that is much too large makes few people one who are two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacan.retrieval.average_linkage import (
    NO_PAIRS,
    SAME,
    Neighbours,
    Pairs,
    linked_clusters,
    partners,
)

__all__ = ["contested_pairs", "uncontested_clusters"]

SURE = 0.65
"""The part of the threshold within which no link is contested. Of .5, .65, .8 and .9 it was the
best on generated scenes and crowds for choosing."""


def uncontested_clusters(
    neighbours: Neighbours, *, together: Pairs = NO_PAIRS, apart: Pairs = NO_PAIRS
) -> NDArray[np.int64]:
    """The cluster of each vector, int64 [N], as of `linked_clusters`, without contested links.

    >>> from tacan.retrieval.average_linkage import Means, neighbours_within
    >>> rows, apart = np.array([[0.0], [3.0], [-2.5]]), np.array([[0, 2], [1, 2]])
    >>> near = neighbours_within(Means.of(rows, metric="euclidean"), 4)
    >>> linked_clusters(near, apart=apart), uncontested_clusters(near, apart=apart)
    (array([0, 0, 2]), array([0, 1, 2]))
    """
    sure = linked_clusters(neighbours.within(SURE), together=together, apart=apart)
    contested = contested_pairs(neighbours, sure, apart)
    kept = np.column_stack([np.arange(len(sure)), sure])
    return linked_clusters(neighbours, together=kept, apart=np.concatenate([apart, contested]))


def contested_pairs(neighbours: Neighbours, label: NDArray[np.int64], apart: Pairs) -> Pairs:
    """Pairs of rows [n, 2], one of each of two clusters whose link is contested.

    `label` [N] are clusters by their least row, none of which has both rows of a pair in `apart`.
    """
    if not len(apart):
        return NO_PAIRS
    rows, number = np.unique(label, return_inverse=True)
    order = np.argsort(number, kind="stable")
    groups = [each.tolist() for each in np.split(order, np.flatnonzero(np.diff(number[order])) + 1)]
    means = neighbours.means.grouped(groups)
    strangers = partners(np.unique(number[apart], axis=0), len(rows))
    slack = SAME * max(1.0, abs(neighbours.limit))
    distances = np.full(len(rows), np.inf)
    found = [NO_PAIRS]
    for one, group in enumerate(groups):
        near = np.unique(number[np.concatenate([neighbours.near[row] for row in group])])
        near = near[near != one]
        found_at = means.between(one, near)
        near, found_at = near[found_at <= neighbours.limit], found_at[found_at <= neighbours.limit]
        distances[near] = found_at
        rivals = [strangers[other] for other in near]
        others = np.repeat(near, [len(each) for each in rivals])
        closer = distances[np.concatenate([*rivals, others[:0]])] < distances[others] - slack
        contested = rows[np.unique(others[closer])]
        found.append(np.column_stack([np.full(len(contested), rows[one]), contested]))
        distances[near] = np.inf
    return np.concatenate(found)
