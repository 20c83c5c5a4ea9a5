"""The videos that a gallery was made from."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel

from tacan.app.problems import not_found
from tacan.app.served import OpenGallery
from tacan.app.source_files import MEDIA_TYPES, source_file, source_of
from tacan.gallery import Source
from tacan.search.parse import VideoBox
from tacan.search.video_query import picture_at

__all__ = ["SourceRecord", "router"]

router = APIRouter(tags=["sources"])

LONGEST = 1e9
JPEG_QUALITY = 88
AT = "/galleries/{gallery}/sources/{source}"


class SourceRecord(BaseModel):
    """A video: `is_there` says whether its file is where it was, and the same."""

    id: int
    name: str
    camera: str
    state: str
    start: datetime | None
    duration: float | None
    width: int | None
    height: int | None
    damage: str | None
    n_tracklets: int
    is_there: bool


class SourceList(BaseModel):
    sources: list[SourceRecord]


@router.get("/galleries/{gallery}/sources")
def list_sources(gallery: OpenGallery) -> SourceList:
    """All videos of the gallery, with how many tracklets are from each."""
    source_ids = gallery.index().columns.source_ids
    numbers, counts = np.unique(source_ids, return_counts=True)
    n_tracklets = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    return SourceList(
        sources=[_record(source, n_tracklets.get(source.id, 0)) for source in gallery.sources()]
    )


VIDEO: dict[int | str, dict[str, Any]] = {
    200: {"content": {"video/mp4": {}}, "description": "The whole file"},
    206: {"content": {"video/mp4": {}}, "description": "The bytes that Range asks for"},
    416: {"description": "Range asks for bytes that are not there"},
}


@router.get(f"{AT}/video", response_class=FileResponse, responses=VIDEO)
def source_video(gallery: OpenGallery, source: int) -> FileResponse:
    """The source's file, by byte ranges."""
    path = source_file(source_of(gallery, source))
    if path is None:
        raise not_found("The video is gone, or another file is in its place.")
    kind = MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
    return FileResponse(path, media_type=kind, headers={"cache-control": "no-store"})


FRAME: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}}, "description": "The picture"}
}


@router.get(f"{AT}/frame", response_class=Response, responses=FRAME)
def source_frame(
    gallery: OpenGallery, source: int, seconds: Annotated[float, Query(ge=0, le=LONGEST)] = 0.0
) -> Response:
    """The picture of the video that is shown at this time, for what a browser can't play."""
    import simplejpeg

    path = source_file(source_of(gallery, source))
    if path is None:
        raise not_found("The video is gone, or another file is in its place.")
    asked = VideoBox(path, seconds, (0, 0, 1, 1), f"{path.name}@{seconds:g}")
    image = np.ascontiguousarray(picture_at(asked))
    jpeg = simplejpeg.encode_jpeg(image, quality=JPEG_QUALITY)
    return Response(jpeg, media_type="image/jpeg")


def _record(source: Source, n_tracklets: int) -> SourceRecord:
    return SourceRecord(
        id=source.id,
        name=source.name,
        camera=source.camera,
        state=source.state,
        start=source.start,
        duration=source.duration,
        width=source.width,
        height=source.height,
        damage=source.damage,
        n_tracklets=n_tracklets,
        is_there=source_file(source) is not None,
    )
