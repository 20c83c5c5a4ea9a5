"""What several addresses of the API answer with."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from tacan.gallery.gallery_records import StoredTracklet
from tacan.views.tracklet_json import tracklet_as_json

__all__ = ["TrackletRecord"]


class TrackletRecord(BaseModel):
    """A tracklet: one walk of one person past one camera.

    Times are None where the start of the video is not known; seconds count from its first picture.
    """

    id: int
    tracklet: str
    camera: str
    source: str
    source_id: int
    start: datetime | None
    end: datetime | None
    first_seconds: float
    last_seconds: float
    n_frames: int
    n_crops: int
    quality: float
    person: str | None
    person_id: int | None

    @classmethod
    def of(cls, tracklet: StoredTracklet) -> TrackletRecord:
        return cls(
            id=tracklet.id,
            source_id=tracklet.source_id,
            n_crops=tracklet.n_crops,
            person=tracklet.person,
            person_id=tracklet.person_id,
            **tracklet_as_json(tracklet),
        )
