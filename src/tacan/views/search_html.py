"""Results of searches as one HTML file that asks no host for anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacan.files import write_text
from tacan.progress import Progress, silent
from tacan.search.pictures import Strip
from tacan.search.query import Query
from tacan.search.search_results import Match, SearchResults
from tacan.views.page import render_page
from tacan.views.search_text import filters_text, how_to_read, when
from tacan.views.strip import describe_weights, read_strip, strip_svg
from tacan.views.times import clock
from tacan.views.verdict_text import (
    LEVEL_WORDS,
    headline,
    match_reason,
    results_reason,
    shown_distance,
    undated,
)

if TYPE_CHECKING:
    from tacan.gallery import Gallery

__all__ = ["search_page", "write_search_page"]


def write_search_page(
    searches: Sequence[SearchResults],
    gallery: Gallery,
    path: Path,
    *,
    zone: tzinfo | None = None,
    progress: Progress = silent,
) -> None:
    """Writes `search_page` to `path`. Raises `StorageError` where it can't be written."""
    write_text(path, search_page(searches, gallery, zone=zone, progress=progress))


def search_page(
    searches: Sequence[SearchResults],
    gallery: Gallery,
    *,
    zone: tzinfo | None = None,
    progress: Progress = silent,
) -> str:
    """The page: every query and its matches, with the pictures in it.

    Times are by the clock of `zone`, this machine's own if None. Progress is in tracklets.
    """
    sizes = [
        len(results.query.parts) + len(results.query.against) + len(results.matches)
        for results in searches
    ]
    shown = []
    done = 0
    for results, size in zip(searches, sizes, strict=True):
        shown.append(_show(results, gallery, zone))
        done += size
        progress(done, sum(sizes))
    title, lede = _opening(searches)
    return render_page(
        "search.html.j2",
        title=title,
        lede=lede,
        searches=shown,
        reading=how_to_read(searches[0]),
        settings=_settings(searches),
    )


def _opening(searches: Sequence[SearchResults]) -> tuple[str, str]:
    if len(searches) == 1:
        return headline(searches[0]), results_reason(searches[0])
    found = sum(results.level in ("sure", "likely") for results in searches)
    return (
        f"{len(searches)} searches, {found} with somebody to look at",
        "Each search stands for itself below, with what its best match is worth.",
    )


def _show(results: SearchResults, gallery: Gallery, zone: tzinfo | None) -> dict[str, Any]:
    return {
        "headline": f"{results.query.label}: {headline(results)}",
        "why": results_reason(results),
        "note": undated(results.n_undated) if results.n_undated and results.matches else "",
        "asked": [_show_query(one, gallery, zone) for one in results.query.parts],
        "against": [_show_query(one, gallery, zone) for one in results.query.against],
        "notes": results.query.notes,
        "matches": [_show_match(match, results, gallery, zone) for match in results.matches],
    }


def _show_query(query: Query, gallery: Gallery, zone: tzinfo | None) -> dict[str, Any]:
    tracklet = query.tracklet
    if tracklet is None:
        strip = query.strip
        facts = "pictures from outside the gallery"
    else:
        strip = read_strip(gallery, tracklet.id)
        facts = f"{tracklet.camera} · {when(tracklet, zone)}"
    return {
        "label": query.label,
        "facts": facts,
        **({"strip": "", "weights": ""} if strip is None else _show_strip(strip, query.label)),
    }


def _show_match(
    match: Match, results: SearchResults, gallery: Gallery, zone: tzinfo | None
) -> dict[str, Any]:
    tracklet = match.tracklet
    strip = read_strip(gallery, tracklet.id)
    return {
        "rank": match.rank,
        "name": tracklet.name,
        "camera": tracklet.camera,
        "when": when(tracklet, zone),
        "in_video": f"{clock(tracklet.first_seconds)} into {tracklet.source}"
        if tracklet.start
        else "",
        "distance": shown_distance(match.distance),
        "person": tracklet.person,
        "level": match.level,
        "words": LEVEL_WORDS[match.level],
        "why": match_reason(match, results),
        **_show_strip(strip, tracklet.name),
    }


def _show_strip(strip: Strip, name: str) -> dict[str, str]:
    missing = ""
    if strip.n_missing:
        missing = f" {strip.n_missing} of its crops can't be read."
    elif not strip.pictures:
        missing = " It has no crops."
    return {
        "strip": strip_svg(strip, name=name) if strip.pictures else "",
        "weights": describe_weights(strip) + missing,
    }


def _settings(searches: Sequence[SearchResults]) -> dict[str, str]:
    first = searches[0]
    return {
        "Gallery": str(first.gallery),
        "Tracklets in it": f"{first.n_tracklets:,}",
        "Searched": f"{max(results.n_searched for results in searches):,}",
        "Only": filters_text(first.filters),
        "Model": f"{first.model.name} ({first.model.fingerprint[:12]})",
        "Distance": first.metric + (", re-ranked" if first.is_reranked else ""),
        "Found by": "an index, which may miss some (search=hnsw)"
        if first.is_approximate
        else "comparing all",
        "Pairs that certainly differ": f"{first.n_pairs:,}",
    }
