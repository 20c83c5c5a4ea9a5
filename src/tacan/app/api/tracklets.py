"""Tracklets, newest first."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from tacan.app.api.records import TrackletRecord
from tacan.app.look import Asked, look, place_text, tracklet_of
from tacan.app.served import OpenGallery

__all__ = ["router"]

router = APIRouter(tags=["tracklets"])


class TrackletList(BaseModel):
    """A page of tracklets. `next` is what `after` takes for the next one, None on the last."""

    tracklets: list[TrackletRecord]
    n_chosen: int
    next: str | None


@router.get("/galleries/{gallery}/tracklets")
def list_tracklets(gallery: OpenGallery, asked: Asked) -> TrackletList:
    """Tracklets that meet the conditions, newest first; those of unknown time come last."""
    page = look(gallery, asked)
    return TrackletList(
        tracklets=[TrackletRecord.of(each) for each in page.tracklets],
        n_chosen=page.n_chosen,
        next=place_text(page.next_place),
    )


@router.get("/galleries/{gallery}/tracklets/{tracklet}")
def one_tracklet(gallery: OpenGallery, tracklet: int) -> TrackletRecord:
    """One tracklet, by its id."""
    return TrackletRecord.of(tracklet_of(gallery, tracklet))
