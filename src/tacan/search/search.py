"""Who else is this? The tracklets of a gallery that are nearest to a query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tacan.errors import ConfigError
from tacan.gallery.cannot_link import cannot_link
from tacan.gallery.columns import UNKNOWN_TIMESTAMP, Columns, select_rows
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import StoredTracklet, TrackletFilter
from tacan.progress import Progress, silent
from tacan.retrieval.calibration import Calibration
from tacan.retrieval.distances import METRICS
from tacan.retrieval.rerank_settings import Reranking
from tacan.retrieval.vector_index import Nearest, VectorIndex
from tacan.search.asked import Asked
from tacan.search.parse import parse_query
from tacan.search.query import Query, TrackletNames, gallery_model_opener, make_query
from tacan.search.search_results import Level, Match, SearchResults

if TYPE_CHECKING:
    from tacan.embeddings.embedder import ClipEmbedder

__all__ = ["RerankSearch", "search"]


@dataclass(frozen=True, slots=True)
class RerankSearch:
    """k-reciprocal re-ranking of a search's results.

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


def search(
    gallery: Gallery,
    query: Query | str,
    *,
    top: int = 10,
    metric: str | None = None,
    filters: TrackletFilter | None = None,
    rerank: RerankSearch | None = None,
    calibration: Calibration | None = None,
    open_model: Callable[[], ClipEmbedder] | None = None,
    progress: Progress = silent,
) -> SearchResults:
    """The `top` nearest tracklets to a query, exactly, and how sure each of them is.

    They are approximate only where a gallery's address on a server asks for it (docs/server.md).

    Parameters
    ----------
    gallery
        Where to search; what another process writes meanwhile is found as well.
    query
        Words as `parse_query` reads them (the name of a tracklet, an image or a folder of crops
        of one person, FILE@SECONDS:x,y,w,h), or what `make_query` makes of them, or
        `combine_queries` of several. A tracklet of the gallery is no match for itself.
    top
        Most matches.
    metric
        `euclidean` or `cosine`; that of the gallery's model when not given.
    filters
        Which tracklets count. At equal distance the one that was added first stands first.
    rerank
        Whether and how to rank anew. How sure a match is follows the plain distance.
    calibration
        From `Gallery.calibration`, with the same metric; the gallery's own when not given.
    open_model
        Opens the model for a query in words that are pictures; the gallery's when not given.
    progress
        Of the re-ranking, in vectors.

    Raises
    ------
    DataError
        For words that ask for nobody, and pictures or videos that can't be read.
    GalleryError
        For an unknown camera, a query with NaN, and (`GalleryModelError`) a query of another
        model or shape.
    ConfigError
        For an unknown metric, or a `top` below 1.

    Example
    -------
    >>> import tacan  # doctest: +SKIP
    >>> with tacan.open_gallery("people.gallery") as gallery:  # doctest: +SKIP
    ...     results = search(gallery, "door/1", top=5)
    >>> [(match.tracklet.name, match.distance, match.level) for match in results.matches]
    ... # doctest: +SKIP
    [('yard/3', 0.21, 'likely'), ('yard/9', 0.48, 'unsure')]
    """
    metric = metric or gallery.model.metric
    _check(top, metric, calibration)
    if isinstance(query, str):
        (parsed,) = parse_query([query], names=TrackletNames(gallery))
        query = make_query(
            parsed, gallery, open_model=open_model or gallery_model_opener(gallery.model)
        )
    if query.against and rerank is not None:
        fault = "re-ranking must be without people who are not searched for; got both"
        raise ConfigError([fault], source="the search")
    asked = Asked.of(query, gallery.model, metric=metric)
    filters = filters or TrackletFilter()
    calibration = calibration or gallery.calibration(metric=metric)
    columns, vectors = (index := gallery.index()).columns, index.vectors
    mask = select_rows(columns, _without_itself(filters, query))
    n_searched = int(mask.sum())
    wanted = top
    if rerank is not None:
        wanted = max(top, n_searched if rerank.among is None else rerank.among)
    found = asked.find(vectors, mask, wanted)
    nearest, reranked = found.nearest, None
    if rerank is not None and len(nearest.indices):
        nearest, reranked = _reranked(vectors, asked.vector, nearest, rerank, metric, progress)
    matches = _matches(gallery, columns.ids, nearest, reranked, top)
    if query.against:
        nearer = {
            int(columns.ids[row]): found.nearer(place)
            for place, row in enumerate(nearest.indices[:top].tolist())
        }
        matches = [_told(match, nearer[match.tracklet.id], query) for match in matches]
    pairs = calibration.distances
    by_time = filters.after is not None or filters.before is not None
    return SearchResults(
        query=query,
        matches=tuple(_judged(gallery, query, one, calibration, n_searched) for one in matches),
        gallery=gallery.place,
        model=gallery.model,
        metric=metric,
        filters=filters,
        n_tracklets=len(columns.ids),
        n_searched=n_searched,
        n_pairs=len(pairs),
        pair_distances=(float(pairs[0]), float(pairs[-1])) if len(pairs) else None,
        is_reranked=rerank is not None,
        n_reranked=0 if reranked is None else len(reranked),
        n_undated=_n_undated(columns, filters) if by_time else 0,
        is_approximate=gallery.is_approximate,
    )


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


def _n_undated(columns: Columns, filters: TrackletFilter) -> int:
    """How many tracklets would pass but for their time, which nobody knows."""
    others = select_rows(columns, replace(filters, after=None, before=None))
    return int((others & (columns.starts == UNKNOWN_TIMESTAMP)).sum())


def _without_itself(filters: TrackletFilter, query: Query) -> TrackletFilter:
    """Also without those that the user said to be the person, or somebody else."""
    asked = [one.tracklet for one in (*query.parts, *query.against)]
    ids = {tracklet.id for tracklet in asked if tracklet is not None}
    return replace(filters, exclude=filters.exclude | ids)


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
    nearest: Nearest,
    reranked: NDArray[np.float64] | None,
    top: int,
) -> list[Match]:
    """The first `top` of those that have not been deleted since they were found."""
    numbers, distances = ids[nearest.indices[:top]].tolist(), nearest.distances
    tracklets = {tracklet.id: tracklet for tracklet in gallery.store.tracklets(numbers)}
    matches = []
    for row, number in enumerate(numbers):
        if number in tracklets:
            new = None if reranked is None else float(reranked[row])
            rank = len(matches) + 1
            matches.append(Match(rank, tracklets[number], float(distances[row]), reranked=new))
    return matches


def _told(match: Match, nearer: tuple[int, float] | None, query: Query) -> Match:
    """The match with who is nearer to it, if anybody."""
    if nearer is None:
        return match
    number, distance = nearer
    return replace(match, nearer_to=query.against[number].label, nearer_distance=distance)


def _judged(
    gallery: Gallery, query: Query, match: Match, calibration: Calibration, n_searched: int
) -> Match:
    certainty = calibration.certainty(match.distance, n_searched=n_searched)
    level: Level = certainty.level
    if match.nearer_to is not None and level in ("sure", "likely"):
        level = "unsure"
    asked = [one.tracklet for one in query.parts if one.tracklet is not None]
    if any(_cannot_link(gallery, one, match.tracklet) for one in asked):
        level = "different"
    return replace(match, level=level, certainty=certainty)


def _cannot_link(gallery: Gallery, one: StoredTracklet, other: StoredTracklet) -> bool:
    if one.source_id != other.source_id:
        return False
    if one.first_seconds > other.last_seconds or other.first_seconds > one.last_seconds:
        return False
    return cannot_link(gallery.trajectory(one.id), gallery.trajectory(other.id))
