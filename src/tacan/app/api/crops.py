"""Pictures of tracklets."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from tacan.app.look import crops_best_first, tracklet_of
from tacan.app.problems import not_found
from tacan.app.served import OpenGallery
from tacan.files import read_ordinary_file
from tacan.gallery.gallery_records import StoredCrop

__all__ = ["router"]

router = APIRouter(tags=["tracklets"])

LARGEST = 32 * 2**20
"""Bytes of a crop's file."""
JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}}, "description": "The crop, a JPEG picture"}
}
AT = "/galleries/{gallery}/tracklets/{tracklet}"


@router.get(f"{AT}/picture", response_class=Response, responses=JPEG)
def best_picture(gallery: OpenGallery, tracklet: int) -> Response:
    """The best crop of a tracklet whose file is there: sharp and large."""
    for crop in crops_best_first(gallery, tracklet_of(gallery, tracklet).id):
        if (data := _read(crop)) is not None:
            return Response(data, media_type="image/jpeg")
    raise not_found("No crop of this tracklet is there any more.")


@router.get(f"{AT}/crops/{{position}}", response_class=Response, responses=JPEG)
def crop_picture(gallery: OpenGallery, tracklet: int, position: int) -> Response:
    """One crop of a tracklet, counted from 0 in the order of time."""
    crops = gallery.crops(tracklet_of(gallery, tracklet).id)
    data = _read(crops[position]) if 0 <= position < len(crops) else None
    if data is None:
        raise not_found("There is no such crop, or its file is gone.")
    return Response(data, media_type="image/jpeg")


def _read(crop: StoredCrop) -> bytes | None:
    try:
        return read_ordinary_file(crop.path, at_most=LARGEST)
    except OSError:
        return None
