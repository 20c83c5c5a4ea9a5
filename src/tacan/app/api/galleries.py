"""Which galleries there are, what one holds, and a new one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tacan.app.served import OpenGallery, ServedHere

__all__ = ["router"]

router = APIRouter(tags=["galleries"])


class GalleryName(BaseModel):
    """A gallery; one that `is_there` not has nothing in it, until its first video is indexed."""

    gallery: str
    is_there: bool


class GalleryList(BaseModel):
    galleries: list[GalleryName]
    can_make: bool


class NewGallery(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=80)]


class GalleryNumbers(BaseModel):
    """What a gallery holds, as `tacan gallery info` tells it."""

    n_tracklets: int
    n_cameras: int
    n_persons: int
    n_sources: int
    n_sources_done: int
    n_crops: int
    model: str
    metric: str
    first: datetime | None
    last: datetime | None
    n_bytes: int
    cameras: list[str]
    clip_weight: str


@router.get("/galleries")
def list_galleries(served: ServedHere) -> GalleryList:
    """All galleries that this run shows."""
    names = served.galleries.names()
    known = [GalleryName(gallery=name, is_there=served.galleries.is_there(name)) for name in names]
    return GalleryList(galleries=known, can_make=served.galleries.home is not None)


@router.post("/galleries", status_code=201)
def make_gallery(served: ServedHere, new: NewGallery) -> GalleryName:
    """A new gallery: its first video makes its folder."""
    return GalleryName(gallery=served.galleries.plan(new.name), is_there=False)


@router.get("/galleries/{gallery}")
def gallery_numbers(gallery: OpenGallery) -> GalleryNumbers:
    """What the gallery holds."""
    return GalleryNumbers.model_validate(gallery.info(), from_attributes=True)
