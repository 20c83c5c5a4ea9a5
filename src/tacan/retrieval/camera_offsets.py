"""Vectors without what a camera adds to all of its tracklets: its light, its angle, its background.

Of each vector of camera c the camera's offset is taken away,

    x' = x - n_c / (n_c + 5) (mean_c - mean),

with mean_c over the n_c vectors of the camera and mean over all. A camera with few tracklets shows
few people, whose mean says more of them than of the camera; so an offset counts as if five more
tracklets had none. One camera alone has no offset. With the cosine distance all of this is done
with vectors of length 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacan.retrieval.distances import unit_rows

__all__ = ["without_camera_offsets"]

WITHOUT_OFFSET = 5
"""Tracklets without an offset that each camera counts as having besides its own."""


def without_camera_offsets(
    vectors: NDArray[np.floating], cameras: NDArray[np.int64], *, metric: str
) -> NDArray[np.float32]:
    """The vectors [N, D] of tracklets of `cameras` [N] without their cameras' offsets: [N, D].

    >>> two = without_camera_offsets(np.array([[0.0], [6.0]]), np.array([1, 2]), metric="euclidean")
    >>> two.ravel().tolist()
    [0.5, 5.5]
    """
    centred = (unit_rows(vectors) if metric == "cosine" else vectors).astype(np.float32)
    if len(centred) == 0:
        return centred
    mean = centred.mean(axis=0, dtype=np.float64)
    for camera in np.unique(cameras):
        rows = np.flatnonzero(cameras == camera)
        offset = centred[rows].mean(axis=0, dtype=np.float64) - mean
        share = len(rows) / (len(rows) + WITHOUT_OFFSET)
        centred[rows] -= (share * offset).astype(np.float32)
    return centred
