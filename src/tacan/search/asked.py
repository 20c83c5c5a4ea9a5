"""The vectors of a query, and whom of a gallery they are nearest to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.gallery.gallery_records import ModelInfo
from tacan.gallery.record_checks import check_fingerprint, check_vector
from tacan.retrieval.examples import mean_distances, mean_example, order_against
from tacan.retrieval.precision import paired_distances
from tacan.retrieval.vector_index import Nearest, VectorIndex
from tacan.search.query import Query

__all__ = ["Asked", "Found"]

ROWS_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What is near a query, in the order of the results.

    nearest
        Row numbers [n] with their distances to the examples.
    others, other_distances
        For each the number of the nearest counterexample, and how far that is: [n]; empty where
        there are none.
    """

    nearest: Nearest
    others: NDArray[np.intp]
    other_distances: NDArray[np.float64]

    def nearer(self, place: int) -> tuple[int, float] | None:
        """The counterexample that is nearer to the result at `place` than the examples are."""
        if not len(self.others) or self.other_distances[place] >= self.nearest.distances[place]:
            return None
        return int(self.others[place]), float(self.other_distances[place])


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Examples [p, D] and counterexamples [q, D] of a query, float32."""

    examples: NDArray[np.float32]
    against: NDArray[np.float32]
    metric: str

    @classmethod
    def of(cls, query: Query, model: ModelInfo, *, metric: str) -> Asked:
        """Raises `GalleryError` and `GalleryModelError` where a vector is none of the model's."""
        for one in (*query.parts, *query.against):
            check_fingerprint(one.fingerprint, model)
        examples, against = (
            [check_vector(one.vector, model, "a query") for one in part]
            for part in (query.parts, query.against)
        )
        shape = (-1, model.embedding_dim)
        return cls(np.reshape(examples, shape), np.reshape(against, shape), metric)

    @property
    def vector(self) -> NDArray[np.float32]:
        """The one vector [D] that stands for the examples where only an order is asked for."""
        return mean_example(self.examples, metric=self.metric)

    def find(self, vectors: VectorIndex, mask: NDArray[np.bool_], count: int) -> Found:
        """The first `count` of the rows in `mask`."""
        # Counterexamples can move the nearest back behind any other.
        wanted = int(mask.sum()) if len(self.against) else count
        found = vectors.nearest(self.vector, mask, wanted, metric=self.metric)
        if len(self.examples) == 1 and not len(self.against):
            return Found(found, np.zeros(0, np.intp), np.zeros(0))
        distances = np.empty(len(found.indices))
        others, nearness = np.zeros(len(distances), np.intp), np.full(len(distances), np.inf)
        for start in range(0, len(distances), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            rows = vectors.rows(found.indices[part])
            distances[part] = mean_distances(self.examples, rows, metric=self.metric)
            for number, other in enumerate(self.against):
                here = paired_distances(other[None], rows, metric=self.metric)
                others[part][here < nearness[part]] = number
                nearness[part] = np.minimum(nearness[part], here)
        order = np.argsort(order_against(distances, nearness), kind="stable")[:count]
        nearest = Nearest(found.indices[order], distances[order])
        if not len(self.against):
            return Found(nearest, np.zeros(0, np.intp), np.zeros(0))
        return Found(nearest, others[order], nearness[order])
