"""Distances that allow for who looks like everybody, and who like nobody.

A walk of somebody in plain clothes, or a blurred one, is near to most others: it is the neighbour
of many who are somebody else (a hub, Radovanović et al. 2010). The symmetric normalisation of
scores takes that away (S-norm, Kenny 2010; here of the mean alone, not divided by deviations):

    D'(x, y) = D(x, y) - (μ_x + μ_y) / 2 + μ

with μ_x the mean distance of x to all N vectors, itself among them, and μ the mean of all μ_x. With
m the mean vector, and q that of the squared lengths, it is

    cosine           μ_x = 1 - x . m                      of vectors of length 1
    squared          μ_x = |x|^2 + q - 2 x . m

so it is part of what each vector adds to a distance beside the product, and D' can be below 0.
"""

from __future__ import annotations

from dataclasses import replace

from tacan.retrieval.average_linkage import Means

__all__ = ["normalised"]


def normalised(means: Means) -> Means:
    """The same vectors, with the distances D'.

    >>> import numpy as np
    >>> three = Means.of(np.array([[0.0], [1.0], [5.0]]), metric="euclidean")
    >>> [means.between(0, [1, 2]).round(1).tolist() for means in (three, normalised(three))]
    [[1.0, 25.0], [3.2, 23.2]]
    """
    if len(means.vectors) == 0:
        return means
    products = means.vectors @ means.vectors.mean(axis=0)
    mean_distances = means.offsets + means.offsets.mean() - means.factor * products
    return replace(means, offsets=means.offsets - (mean_distances - mean_distances.mean()) / 2)
