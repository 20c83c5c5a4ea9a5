"""Results of searches for programs: JSON with exact numbers, and CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tacan.search.search_results import Match, SearchResults
from tacan.text import csv_text
from tacan.views.tracklet_json import iso_time, tracklet_as_json
from tacan.views.verdict_text import LEVEL_WORDS, headline, match_reason, results_reason

__all__ = ["CSV_COLUMNS", "as_csv", "as_json"]

CSV_COLUMNS: tuple[str, ...] = (
    "query",
    "rank",
    "tracklet",
    "camera",
    "source",
    "start",
    "end",
    "first_seconds",
    "last_seconds",
    "distance",
    "sure",
    "words",
    "p_value",
    "expected_false_matches",
    "quality",
    "n_frames",
    "person",
    "person_id",
)
"""One line of `as_csv` is one match."""


def as_json(searches: Sequence[SearchResults]) -> dict[str, Any]:
    """Everything that was found in one gallery with one filter, with its reasons.

    `searches` are at least one. Times are ISO 8601 in UTC.
    """
    first = searches[0]
    filters = first.filters
    return {
        "gallery": str(first.gallery),
        "model": first.model.name,
        "model_fingerprint": first.model.fingerprint,
        "metric": first.metric,
        "reranked": first.is_reranked,
        "approximate": first.is_approximate,
        "n_tracklets": first.n_tracklets,
        "n_searched": max(results.n_searched for results in searches),
        "n_different_pairs": first.n_pairs,
        "different_pairs_distances": first.pair_distances,
        "n_undated": first.n_undated,
        "filters": {
            "cameras": None if filters.cameras is None else list(filters.cameras),
            "exclude_cameras": list(filters.exclude_cameras),
            "after": iso_time(filters.after),
            "before": iso_time(filters.before),
            "min_quality": filters.min_quality,
        },
        "queries": [_results(results) for results in searches],
    }


def as_csv(searches: Sequence[SearchResults]) -> str:
    """One line a match under `CSV_COLUMNS`; what is unknown is left empty."""
    rows: list[list[Any]] = [list(CSV_COLUMNS)]
    for results in searches:
        for match in results.matches:
            values = {"query": results.query.label} | _match(match)
            rows.append([values[column] for column in CSV_COLUMNS])
    return csv_text(rows)


def _results(results: SearchResults) -> dict[str, Any]:
    tracklet = results.query.tracklet
    return {
        "query": results.query.label,
        "tracklet": None if tracklet is None else tracklet.name,
        "examples": [one.label for one in results.query.parts],
        "against": [one.label for one in results.query.against],
        "notes": list(results.query.notes),
        "sure": results.level,
        "verdict": headline(results),
        "why": results_reason(results),
        "matches": [
            _match(match) | {"why": match_reason(match, results)} for match in results.matches
        ],
    }


def _match(match: Match) -> dict[str, Any]:
    tracklet = match.tracklet
    return {
        "rank": match.rank,
        **tracklet_as_json(tracklet),
        "distance": match.distance,
        "sure": match.level,
        "words": LEVEL_WORDS[match.level],
        "p_value": match.certainty.p_value,
        "expected_false_matches": match.certainty.expected_false_matches,
        "nearer_to": match.nearer_to,
        "person": tracklet.person,
        "person_id": tracklet.person_id,
    }
