"""Asking a gallery: queries in, findings out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tacan.gallery.cannot_link import cannot_link
from tacan.gallery.gallery_records import StoredTracklet, TrackletFilter
from tacan.progress import Progress, silent
from tacan.retrieval.calibration import Calibration, Certainty
from tacan.search.query import Query
from tacan.search.results import Answer, Findings, Sighting
from tacan.search.search import Match, RerankSearch, search
from tacan.search.verdict import judge_answer, judge_match

if TYPE_CHECKING:
    from tacan.gallery import Gallery

__all__ = ["find"]

_NOT_JUDGED = Certainty("unknown", 0, 0)


def find(
    gallery: Gallery,
    queries: Sequence[Query],
    *,
    top: int = 10,
    metric: str | None = None,
    chosen: TrackletFilter | None = None,
    rerank: RerankSearch | None = None,
    progress: Progress = silent,
) -> Findings:
    """Searches the gallery for each query and says how sure each answer is.

    Parameters
    ----------
    gallery
        Where to search.
    queries
        Who is looked for; a query that is a tracklet of the gallery is no answer to itself.
    top
        Most sightings of one answer.
    metric
        `euclidean` or `cosine`; that of the gallery's model by default.
    chosen
        Which tracklets may be answers.
    rerank
        Whether and how to rank anew. How sure an answer is follows the plain distance.
    progress
        In queries.

    Raises what `tacan.search.search.search` raises.
    """
    chosen = chosen or TrackletFilter()
    calibration = gallery.calibration(metric=metric)
    answers, n_searched = [], 0
    for done, query in enumerate(queries, start=1):
        answer, number = _answer(gallery, query, calibration, top, chosen, rerank)
        answers.append(answer)
        n_searched = max(n_searched, number)
        progress(done, len(queries))
    return Findings(
        gallery=gallery.folder,
        model=gallery.model,
        metric=calibration.metric,
        n_tracklets=len(gallery.index().vectors),
        n_searched=n_searched,
        n_different=len(calibration.distances),
        filters=chosen,
        reranked=rerank is not None,
        answers=tuple(answers),
    )


def _answer(
    gallery: Gallery,
    query: Query,
    calibration: Calibration,
    top: int,
    chosen: TrackletFilter,
    rerank: RerankSearch | None,
) -> tuple[Answer, int]:
    if query.tracklet is not None:
        chosen = replace(chosen, exclude=chosen.exclude | {query.tracklet.id})
    result = search(
        gallery,
        query.vector,
        fingerprint=gallery.model.fingerprint,
        top=top,
        metric=calibration.metric,
        chosen=chosen,
        rerank=rerank,
        calibration=calibration,
    )
    sightings = tuple(
        _sighting(gallery, query, match, result.n_searched) for match in result.matches
    )
    return Answer(query, sightings, judge_answer(sightings)), result.n_searched


def _sighting(gallery: Gallery, query: Query, match: Match, n_searched: int) -> Sighting:
    certainty = match.certainty or _NOT_JUDGED
    is_apart = query.tracklet is not None and _apart(gallery, query.tracklet, match.tracklet)
    return Sighting(
        rank=match.rank,
        tracklet=match.tracklet,
        distance=match.distance,
        certainty=certainty,
        verdict=judge_match(certainty, n_searched=n_searched, is_apart=is_apart),
    )


def _apart(gallery: Gallery, one: StoredTracklet, other: StoredTracklet) -> bool:
    if one.source_id != other.source_id:
        return False
    if one.first_seconds > other.last_seconds or other.first_seconds > one.last_seconds:
        return False
    return cannot_link(gallery.trajectory(one.id), gallery.trajectory(other.id))
