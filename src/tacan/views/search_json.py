"""A search's findings for programs: JSON with exact numbers, and CSV."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

from tacan.search.results import Answer, Findings, Sighting

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
    "p_value",
    "expected_false_matches",
    "quality",
    "n_frames",
    "person",
)
"""One line of `as_csv` is one sighting."""


def as_json(findings: Findings) -> dict[str, Any]:
    """Everything that was found, with its reasons. Moments are ISO 8601 in UTC."""
    filters = findings.filters
    return {
        "gallery": str(findings.gallery),
        "model": findings.model.name,
        "model_fingerprint": findings.model.fingerprint,
        "metric": findings.metric,
        "reranked": findings.reranked,
        "n_tracklets": findings.n_tracklets,
        "n_searched": findings.n_searched,
        "n_different_pairs": findings.n_different,
        "filters": {
            "cameras": None if filters.cameras is None else list(filters.cameras),
            "not_cameras": list(filters.not_cameras),
            "after": _iso(filters.after),
            "before": _iso(filters.before),
            "min_quality": filters.min_quality,
        },
        "queries": [_answer(answer) for answer in findings.answers],
    }


def as_csv(findings: Findings) -> str:
    """One line a sighting under `CSV_COLUMNS`; what is unknown is left empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for answer in findings.answers:
        for sighting in answer.sightings:
            writer.writerow({"query": answer.query.label} | _sighting(sighting))
    return text.getvalue()


def _answer(answer: Answer) -> dict[str, Any]:
    tracklet = answer.query.tracklet
    return {
        "query": answer.query.label,
        "tracklet": None if tracklet is None else tracklet.name,
        "notes": list(answer.query.notes),
        "sure": answer.verdict.level,
        "verdict": answer.verdict.words,
        "why": answer.verdict.why,
        "matches": [
            _sighting(sighting) | {"why": sighting.verdict.why} for sighting in answer.sightings
        ],
    }


def _sighting(sighting: Sighting) -> dict[str, Any]:
    tracklet = sighting.tracklet
    return {
        "rank": sighting.rank,
        "tracklet": tracklet.name,
        "camera": tracklet.camera,
        "source": tracklet.source,
        "start": _iso(tracklet.start),
        "end": _iso(tracklet.end),
        "first_seconds": tracklet.first_seconds,
        "last_seconds": tracklet.last_seconds,
        "distance": sighting.distance,
        "sure": sighting.verdict.level,
        "p_value": sighting.certainty.p_value,
        "expected_false_matches": sighting.certainty.expected_false_matches,
        "quality": tracklet.quality,
        "n_frames": tracklet.n_frames,
        "person": tracklet.person,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
