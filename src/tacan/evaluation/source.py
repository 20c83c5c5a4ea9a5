"""What can be scored: embeddings, or distances that someone else has computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tacan.errors import ConfigError, FeaturesError
from tacan.evaluation.candidates import Candidates
from tacan.evaluation.protocol import PROTOCOLS, Labels, Protocol
from tacan.features import checks
from tacan.features.features_file import Features
from tacan.retrieval.comparison import Comparison, MatrixComparison, VectorComparison
from tacan.retrieval.distances import METRICS
from tacan.text import counted

__all__ = ["DistanceMatrix", "Source", "compare", "distance_blocks", "metric_of", "protocol_of"]

QUERIES_AT_ONCE = 256


@dataclass(frozen=True, slots=True, eq=False)
class DistanceMatrix:
    """Distances of Q queries to G gallery items, with who and where they are; checked when made.

    distances
        float32 or float64 [Q, G], finite; smaller is closer.
    query_pids, query_camids, gallery_pids, gallery_camids
        int64 [Q] and [G].
    gallery_is_query
        bool [G] or None: which gallery items are the queries themselves. The protocols of MARS
        differ in what they do with those, and can't be told apart without it.

    Raises `FeaturesError`, for the same reasons as `Features`.
    """

    distances: NDArray[np.floating]
    query_pids: NDArray[np.int64]
    query_camids: NDArray[np.int64]
    gallery_pids: NDArray[np.int64]
    gallery_camids: NDArray[np.int64]
    gallery_is_query: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        distances = _checked_distances(self.distances)
        n_query, n_gallery = distances.shape
        checked = {
            "distances": distances,
            "query_pids": checks.pids(self.query_pids, n_query, "query_pids"),
            "query_camids": checks.camids(self.query_camids, n_query, "query_camids"),
            "gallery_pids": checks.pids(self.gallery_pids, n_gallery, "gallery_pids"),
            "gallery_camids": checks.camids(self.gallery_camids, n_gallery, "gallery_camids"),
        }
        if self.gallery_is_query is not None:
            flags = checks.flags("gallery_is_query", self.gallery_is_query, n_gallery)
            checked["gallery_is_query"] = flags
        for name, array in checked.items():
            object.__setattr__(self, name, array)
        checks.no_repeated_queries(
            self.distances,
            self.query_pids,
            self.query_camids,
            called="distances",
            remedy="Drop the repeated rows.",
        )

    # The label columns of queries and gallery items, one after the other: see `Labels`.
    @property
    def pids(self) -> NDArray[np.int64]:
        return np.concatenate([self.query_pids, self.gallery_pids])

    @property
    def camids(self) -> NDArray[np.int64]:
        return np.concatenate([self.query_camids, self.gallery_camids])

    @property
    def is_query(self) -> NDArray[np.bool_]:
        return np.arange(sum(self.distances.shape)) < len(self.query_pids)

    @property
    def is_gallery(self) -> NDArray[np.bool_]:
        return ~self.is_query


Source = Features | DistanceMatrix


def protocol_of(source: Source, name: str) -> Protocol:
    """The protocol `name`, such as it applies to `source`.

    Raises `FeaturesError` for a protocol of MARS and distances that don't say which gallery
    items are queries.
    """
    protocol = PROTOCOLS[name]
    if isinstance(source, Features):
        return protocol
    own = source.gallery_is_query
    if name.startswith("mars-") and own is None:
        raise FeaturesError(
            f"`{name}` must know which gallery items are queries",
            got="distances without `gallery_is_query`",
            remedy="Add it, or use `cross-camera`.",
        )
    kept = np.ones(len(source.gallery_pids), dtype=bool)
    if name == "mars-9330" and own is not None:
        kept = ~own

    def marked(labels: Labels) -> NDArray[np.bool_]:
        gallery = labels.is_gallery.copy()
        gallery[len(source.query_pids) :] &= kept
        return gallery

    return replace(protocol, marked=marked)


def metric_of(source: Source, metric: str | None) -> str:
    """The metric to score by: the given one, or else the one that the features are made for
    (Euclidean where they don't tell); "as given" for ready distances.

    Raises `ConfigError` for an unknown metric, and for another than the Euclidean where distances
    are ready.
    """
    if not isinstance(source, Features):
        if metric not in (None, "euclidean"):
            fault = "ready distances are scored as they are, whatever metric made them"
            raise ConfigError([fault], source=f"the metric {metric!r}")
        return "as given"
    if metric is None:
        return source.metric if source.metric in METRICS else "euclidean"
    if metric not in METRICS:
        fault = f"the metric must be one of {', '.join(METRICS)}; got {metric!r}"
        raise ConfigError([fault], source="metric")
    return metric


def compare(source: Source, candidates: Candidates, *, metric: str) -> Comparison:
    """The distances of `candidates` as the ranking needs them. Ready ones have their own metric."""
    if isinstance(source, Features):
        rows = candidates.query_rows, candidates.column_rows
        return VectorComparison(source.embeddings, *rows, metric=metric)
    return MatrixComparison(source.distances, candidates.column_rows - len(source.query_pids))


def distance_blocks(
    source: Source, candidates: Candidates, *, metric: str
) -> Iterator[tuple[int, NDArray[np.floating]]]:
    """The distances themselves, [n, C] for the queries from `start` on: (start, distances)."""
    starts = range(0, len(candidates.query_rows), QUERIES_AT_ONCE)
    blocks = [candidates.query_rows[start : start + QUERIES_AT_ONCE] for start in starts]
    if isinstance(source, Features):
        gallery = source.embeddings[candidates.column_rows]
        for start, rows in zip(starts, blocks, strict=True):
            yield start, METRICS[metric](source.embeddings[rows], gallery)
    else:
        columns = candidates.column_rows - len(source.query_pids)
        for start, rows in zip(starts, blocks, strict=True):
            yield start, source.distances[rows][:, columns]


def _checked_distances(values: NDArray[np.floating]) -> NDArray[np.floating]:
    array = np.asarray(values)
    if array.dtype.kind not in "fiu" or array.ndim != 2 or 0 in array.shape:
        raise FeaturesError(
            "`distances` must be real numbers [Q, G]",
            got=f"{array.dtype} {list(array.shape)}",
            remedy="Give one row for each query and one column for each gallery item.",
        )
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float32 if array.dtype == np.float16 else np.float64)
    if not np.isfinite(array).all():
        raise FeaturesError(
            "`distances` must be finite",
            got=f"{counted(int((~np.isfinite(array)).sum()), 'value')} NaN or infinite",
            remedy="Leave it to the protocol to ignore pairs; give their true distances.",
        )
    return array
