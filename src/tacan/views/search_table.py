"""A search's findings as lines for a terminal."""

from __future__ import annotations

from datetime import tzinfo

from tacan.gallery.gallery_records import StoredTracklet
from tacan.search.results import Answer
from tacan.views.times import span

__all__ = ["COLUMNS", "TEXTS", "heading", "shown_distance", "table_rows", "when"]

COLUMNS = ("", "tracklet", "seen", "distance", "how sure")
"""The columns of `table_rows`."""

TEXTS = (1, 2, 4)
"""Those that are text."""


def heading(answer: Answer) -> str:
    """Who was asked for and what came of it, in a few lines."""
    lines = [f"{answer.query.label}: {answer.verdict.words}", answer.verdict.why]
    return "\n".join([*lines, *answer.query.notes])


def table_rows(answer: Answer, zone: tzinfo | None = None) -> list[tuple[str, ...]]:
    """One row of `COLUMNS` for each sighting; times by the clock of `zone`."""
    return [
        (
            str(sighting.rank),
            sighting.tracklet.name,
            when(sighting.tracklet, zone),
            shown_distance(sighting.distance),
            sighting.verdict.words,
        )
        for sighting in answer.sightings
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


def shown_distance(distance: float) -> str:
    """A distance with three digits that count.

    >>> shown_distance(0.7), shown_distance(12.345), shown_distance(1234.5), shown_distance(0.0)
    ('0.700', '12.3', '1234', '0')
    """
    if distance == 0:
        return "0"
    return f"{distance:#.3g}".rstrip(".") if distance < 100 else f"{distance:.0f}"
