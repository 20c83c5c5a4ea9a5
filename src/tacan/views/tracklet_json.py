"""A stored tracklet for programs. Times are ISO 8601 in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tacan.gallery.gallery_records import StoredTracklet

__all__ = ["iso_time", "tracklet_as_json"]


def tracklet_as_json(tracklet: StoredTracklet) -> dict[str, Any]:
    """What searches and lists of people tell of a tracklet alike."""
    return {
        "tracklet": tracklet.name,
        "camera": tracklet.camera,
        "source": tracklet.source,
        "start": iso_time(tracklet.start),
        "end": iso_time(tracklet.end),
        "first_seconds": tracklet.first_seconds,
        "last_seconds": tracklet.last_seconds,
        "n_frames": tracklet.n_frames,
        "quality": tracklet.quality,
    }


def iso_time(time: datetime | None) -> str | None:
    """A time as it stands in JSON; None where it is not known."""
    return None if time is None else time.isoformat()
