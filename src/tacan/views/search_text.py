"""Results of a search as lines for a terminal, and how a reader is told to take them."""

from __future__ import annotations

from datetime import tzinfo

from tacan.gallery.gallery_records import StoredTracklet, TrackletFilter
from tacan.retrieval.calibration import LIKELY, SURE
from tacan.search.search_results import SearchResults
from tacan.text import counted
from tacan.views.times import local_time, span
from tacan.views.verdict_text import (
    LEVEL_WORDS,
    headline,
    results_reason,
    shown_distance,
    undated,
)

__all__ = ["COLUMNS", "TEXTS", "filters_text", "heading", "how_to_read", "table_rows", "when"]

COLUMNS = ("", "tracklet", "seen", "distance", "how sure")
"""The columns of `table_rows`."""

TEXTS = (1, 2, 4)
"""Those that are text."""


def heading(results: SearchResults) -> str:
    """Who was asked for and what came of it, in a few lines."""
    lines = [f"{results.query.label}: {headline(results)}", results_reason(results)]
    if results.matches and results.n_undated:
        lines.append(undated(results.n_undated))
    if results.is_approximate:
        lines.append("Found by the server's index, which may miss some who are near (search=hnsw).")
    return "\n".join([*lines, *results.query.notes])


def table_rows(results: SearchResults, zone: tzinfo | None = None) -> list[tuple[str, ...]]:
    """One row of `COLUMNS` for each match, with the person's name; times by the clock of `zone`."""
    return [
        (
            str(match.rank),
            match.tracklet.name + (f" ({match.tracklet.person})" if match.tracklet.person else ""),
            when(match.tracklet, zone),
            shown_distance(match.distance),
            LEVEL_WORDS[match.level],
        )
        for match in results.matches
    ]


def when(tracklet: StoredTracklet, zone: tzinfo | None = None) -> str:
    """When the tracklet was seen, and in which video if its clock is unknown."""
    shown = span(
        start=tracklet.start,
        end=tracklet.end,
        first_seconds=tracklet.first_seconds,
        last_seconds=tracklet.last_seconds,
        zone=zone,
    )
    return shown.replace("the video", tracklet.source) if tracklet.start is None else shown


def filters_text(filters: TrackletFilter) -> str:
    """The conditions that a match had to meet.

    >>> filters_text(TrackletFilter(exclude_cameras=("yard",), min_quality=0.5))
    'not camera yard; quality at least 0.5'
    >>> filters_text(TrackletFilter())
    'no condition'
    """
    parts = []
    if filters.cameras is not None:
        parts.append(f"camera {' or '.join(filters.cameras)}")
    if filters.exclude_cameras:
        parts.append(f"not camera {' or '.join(filters.exclude_cameras)}")
    if filters.after is not None:
        parts.append(f"seen from {local_time(filters.after, filters.after.tzinfo)}")
    if filters.before is not None:
        parts.append(f"seen before {local_time(filters.before, filters.before.tzinfo)}")
    if filters.min_quality > 0:
        parts.append(f"quality at least {filters.min_quality:g}")
    return "; ".join(parts) or "no condition"


def how_to_read(results: SearchResults) -> tuple[str, ...]:
    """What a reader of the page must know, in a few paragraphs."""
    certainties = [match.certainty for match in results.matches]
    is_known = any(certainty.expected_false_matches is not None for certainty in certainties)
    unknown = (
        f"The gallery holds {counted(results.n_pairs, 'such pair')}, too few for more than “not "
        "known”."
    )
    stand_in = (
        " Since they are few, distances between generated people, measured with this model, stand "
        "in where theirs end."
    )
    known = (
        f"The gallery holds {results.n_pairs:,} of them."
        f"{stand_in if any(certainty.by_prior for certainty in certainties) else ''} "
        "From how many are as close as a match follows how many strangers would be as close by "
        f"chance among all tracklets that were searched: at most {SURE:g} is “very likely”, at "
        f"most {LIKELY:g} “likely”, more is “unsure”."
    )
    return (
        "Smaller distances are closer. What a distance is worth is measured on pairs of tracklets "
        "that certainly show different people, because one camera saw both at the same time in "
        "different places. " + (known if is_known else unknown),
        "These words are about looks. People who dress alike are as close as one person seen "
        "twice, and a person whom the detector missed is in no match: “not found” does not mean "
        "“was not there”. Look at the pictures before you act on them.",
        "The crops of a tracklet stand in the order of time. The bars below them are the weights "
        "that the model gave its clips: a low bar is a clip that it trusted little, often because "
        "the person is hidden in it. The dashed line is the height of equal weights.",
    )
