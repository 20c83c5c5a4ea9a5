"""Who else is this? The tracklets of a gallery that are nearest to a vector."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tacan.errors import ConfigError
from tacan.gallery.columns import select_rows
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import StoredTracklet, TrackletFilter
from tacan.gallery.record_checks import check_fingerprint, check_vector
from tacan.progress import Progress, silent
from tacan.retrieval.calibration import Calibration, Certainty
from tacan.retrieval.distances import METRICS
from tacan.retrieval.index import Nearest, VectorIndex
from tacan.retrieval.rerank_settings import Reranking

__all__ = ["Match", "RerankSearch", "SearchResult", "search"]

EVERYTHING = TrackletFilter()


@dataclass(frozen=True, slots=True)
class RerankSearch:
    """k-reciprocal re-ranking of an answer.

    `among` is the number of nearest tracklets that are ranked anew, with their neighbours sought
    among themselves; None is all that the filter chooses, which takes time with the square of
    their number.
    """

    settings: Reranking = field(default_factory=Reranking)
    among: int | None = 500

    def __post_init__(self) -> None:
        if self.among is not None and self.among < 1:
            fault = f"at least 1 tracklet must be ranked anew; got {self.among}"
            raise ConfigError([fault], source="the re-ranking")


@dataclass(frozen=True, slots=True)
class Match:
    """One place of an answer.

    `rank` counts from 1. `distance` is the plain distance; `reranked` the one that the order
    follows after re-ranking. `certainty` is there where a calibration was given.
    """

    rank: int
    tracklet: StoredTracklet
    distance: float
    reranked: float | None = None
    certainty: Certainty | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """An answer: its matches, nearest first, and among how many tracklets they were sought.

    `n_reranked` is how many of those were ranked anew, 0 without re-ranking.
    """

    matches: tuple[Match, ...]
    metric: str
    n_searched: int
    n_reranked: int = 0


def search(
    gallery: Gallery,
    query: NDArray[np.floating],
    *,
    fingerprint: str,
    top: int = 20,
    metric: str | None = None,
    chosen: TrackletFilter = EVERYTHING,
    rerank: RerankSearch | None = None,
    calibration: Calibration | None = None,
    progress: Progress = silent,
) -> SearchResult:
    """The `top` nearest tracklets to a vector [D], exactly.

    Parameters
    ----------
    gallery
        Where to search; what is written meanwhile by another process is found as well.
    query
        A finite vector [D] of the gallery's model.
    fingerprint
        That of the model that made the query.
    top
        How many, at most.
    metric
        `euclidean` or `cosine`; that of the gallery's model by default.
    chosen
        Which tracklets count. At equal distance the one that was added first stands first.
    rerank
        Whether and how to rank anew.
    calibration
        From `Gallery.calibration`, with the same metric: each match says how sure it is.
    progress
        Of the re-ranking, in vectors.

    Raises `GalleryModelError` for a query of another model or shape, `GalleryError` for NaN or
    an unknown camera, `ConfigError` for an unknown metric or a `top` below 1.
    """
    check_fingerprint(fingerprint, gallery.model)
    metric = metric or gallery.model.metric
    _check(top, metric, calibration)
    vector = check_vector(query, gallery.model, "a query")
    index = gallery.index()
    mask = select_rows(index.columns, chosen)
    n_searched = int(mask.sum())
    wanted = top
    if rerank is not None:
        wanted = max(top, n_searched if rerank.among is None else rerank.among)
    found = index.vectors.nearest(vector, mask, wanted, metric=metric)
    reranked = None
    n_reranked = 0
    if rerank is not None and len(found.indices):
        n_reranked = len(found.indices)
        found, reranked = _reranked(index.vectors, vector, found, rerank, metric, progress)
    matches = _matches(gallery, index.columns.ids[found.indices], found.distances, reranked, top)
    if calibration is not None:
        matches = [_judged(match, calibration, n_searched) for match in matches]
    return SearchResult(tuple(matches), metric, n_searched, n_reranked)


def _check(top: int, metric: str, calibration: Calibration | None) -> None:
    faults = []
    if top < 1:
        faults.append(f"at least 1 match must be asked for; got {top}")
    if metric not in METRICS:
        faults.append(f"the metric must be one of {', '.join(METRICS)}; got {metric!r}")
    if calibration is not None and calibration.metric != metric:
        faults.append(f"the calibration must be of metric {metric}; got {calibration.metric}")
    if faults:
        raise ConfigError(faults, source="the search")


def _reranked(
    vectors: VectorIndex,
    query: NDArray[np.float32],
    found: Nearest,
    rerank: RerankSearch,
    metric: str,
    progress: Progress,
) -> tuple[Nearest, NDArray[np.float64]]:
    from tacan.retrieval.rerank import rerank_distances  # imports scipy, which is slow

    rows = vectors.rows(found.indices)
    distances = rerank_distances(
        query[None], rows, rerank.settings, metric=metric, progress=progress
    )[0].astype(np.float64)
    order = np.argsort(distances, kind="stable")
    return Nearest(found.indices[order], found.distances[order]), distances[order]


def _matches(
    gallery: Gallery,
    ids: NDArray[np.int64],
    distances: NDArray[np.float64],
    reranked: NDArray[np.float64] | None,
    top: int,
) -> list[Match]:
    """The first `top` of those that have not been deleted since they were found."""
    tracklets = {tracklet.id: tracklet for tracklet in gallery.store.tracklets(ids[:top].tolist())}
    matches = []
    for place, number in enumerate(ids[:top].tolist()):
        if number in tracklets:
            new = None if reranked is None else float(reranked[place])
            rank = len(matches) + 1
            matches.append(Match(rank, tracklets[number], float(distances[place]), new))
    return matches


def _judged(match: Match, calibration: Calibration, n_searched: int) -> Match:
    certainty = calibration.certainty(match.distance, n_searched=n_searched)
    return replace(match, certainty=certainty)
