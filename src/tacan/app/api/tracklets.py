"""Tracklets, newest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query
from pydantic import BaseModel, Field

from tacan.app.api.records import TrackletRecord
from tacan.app.look import Asked, closest, look, place_text, tracklet_of
from tacan.app.served import GalleryName, OpenGallery, ServedHere
from tacan.search.search_results import Level, Match, SearchResults
from tacan.views.verdict_text import LEVEL_WORDS, headline, match_reason, results_reason

__all__ = ["SimilarRecord", "router"]

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


class TrajectoryRecord(BaseModel):
    """Where a tracklet was: its boxes are x1, y1, x2, y2 in pixels of the upright picture.

    Each clip holds the frames from its first to its last; `clip_weights` say how much of the vector
    each is, and sum to 1.
    """

    frames: list[int]
    seconds: list[float]
    boxes: list[Annotated[list[float], Field(min_length=4, max_length=4)]]
    clip_frames: list[Annotated[list[int], Field(min_length=2, max_length=2)]]
    clip_weights: list[float]


@router.get("/galleries/{gallery}/tracklets/{tracklet}/trajectory")
def trajectory(gallery: OpenGallery, tracklet: int) -> TrajectoryRecord:
    """Boxes and clip weights of a tracklet over time."""
    found = gallery.trajectory(tracklet_of(gallery, tracklet).id)
    return TrajectoryRecord(
        frames=found.frames.tolist(),
        seconds=found.seconds.tolist(),
        boxes=found.boxes.tolist(),
        clip_frames=found.clip_frames.tolist(),
        clip_weights=found.clip_weights.tolist(),
    )


class SimilarRecord(BaseModel):
    """A tracklet that may show the same person, and how sure that is."""

    rank: int
    tracklet: TrackletRecord
    distance: float
    sure: Level
    words: str
    why: str

    @classmethod
    def of(cls, match: Match, results: SearchResults) -> SimilarRecord:
        return cls(
            rank=match.rank,
            tracklet=TrackletRecord.of(match.tracklet),
            distance=match.distance,
            sure=match.level,
            words=LEVEL_WORDS[match.level],
            why=match_reason(match, results),
        )


class SimilarList(BaseModel):
    verdict: str
    why: str
    matches: list[SimilarRecord]


@router.get("/galleries/{gallery}/tracklets/{tracklet}/similar")
def similar(
    served: ServedHere,
    name: GalleryName,
    gallery: OpenGallery,
    tracklet: int,
    later: BackgroundTasks,
    top: Annotated[int, Query(ge=1, le=100)] = 12,
) -> SimilarList:
    """The tracklets that are nearest to this one, the nearest first."""
    results = closest(served, name, gallery, tracklet_of(gallery, tracklet), top=top)
    later.add_task(gallery.log, "search", results.query.label)
    return SimilarList(
        verdict=headline(results),
        why=results_reason(results),
        matches=[SimilarRecord.of(match, results) for match in results.matches],
    )
