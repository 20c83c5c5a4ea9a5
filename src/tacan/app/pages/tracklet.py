"""One tracklet: its pictures over its clip weights, its box in the video, the closest others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from fastapi import APIRouter, BackgroundTasks
from fastapi.responses import HTMLResponse

from tacan.app.look import closest, tracklet_of
from tacan.app.pages.rendering import render
from tacan.app.served import GalleryName, OpenGallery, ServedHere
from tacan.app.source_files import source_file, source_of
from tacan.gallery import Trajectory
from tacan.gallery.gallery_records import StoredCrop
from tacan.search.pictures import Strip
from tacan.views.strip import describe_weights
from tacan.views.verdict_text import LEVEL_WORDS, headline, match_reason, results_reason

__all__ = ["router"]

router = APIRouter()

N_CLOSEST = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A clip in the chart of weights, in per cent of its width and height, and its share."""

    x: float
    width: float
    height: float
    share: float


@router.get("/g/{gallery}/tracklets/{tracklet}")
def tracklet_page(
    served: ServedHere,
    name: GalleryName,
    gallery: OpenGallery,
    tracklet: int,
    later: BackgroundTasks,
) -> HTMLResponse:
    shown = tracklet_of(gallery, tracklet)
    source = source_of(gallery, shown.source_id)
    trajectory = gallery.trajectory(shown.id)
    crops = gallery.crops(shown.id)
    results = closest(served, name, gallery, shown, top=N_CLOSEST)
    later.add_task(gallery.log, "search", shown.name)
    strip = Strip(
        pictures=(),
        frames=np.array([crop.frame for crop in crops], np.int64),
        clip_frames=trajectory.clip_frames,
        clip_weights=trajectory.clip_weights,
    )
    screen = render(
        "tracklet.html.j2",
        gallery=name,
        tracklet=shown,
        source=source,
        is_there=source_file(source) is not None,
        crops=crops,
        bars=_bars(strip, trajectory),
        even=None if strip.is_even else 100 / len(strip.shares) / float(strip.shares.max()),
        marks=_marks(crops, trajectory),
        weights=describe_weights(strip),
        verdict=headline(results),
        why=results_reason(results),
        matches=[
            (match, LEVEL_WORDS[match.level], match_reason(match, results))
            for match in results.matches
        ],
    )
    return HTMLResponse(screen)


def _bars(strip: Strip, trajectory: Trajectory) -> list[Bar]:
    """Each clip over the time from the first frame to the last, the heaviest at full height."""
    first, length = _extent(trajectory)
    largest = float(strip.shares.max(initial=0)) or 1.0
    return [
        Bar(
            x=100 * (int(start) - first) / length,
            width=100 * max(int(end) - int(start) + 1, 1) / length,
            height=100 * float(share) / largest,
            share=float(share),
        )
        for (start, end), share in zip(strip.clip_frames, strip.shares, strict=True)
    ]


def _marks(crops: tuple[StoredCrop, ...], trajectory: Trajectory) -> list[float]:
    """Where each crop was taken, in per cent of the chart's width."""
    first, length = _extent(trajectory)
    return [min(100.0, max(0.0, 100 * (crop.frame - first + 0.5) / length)) for crop in crops]


def _extent(trajectory: Trajectory) -> tuple[int, int]:
    """The first frame of the chart, and how many it covers."""
    frames = [*trajectory.frames.tolist(), *trajectory.clip_frames.ravel().tolist()]
    return (min(frames), max(frames) - min(frames) + 1) if frames else (0, 1)
