"""Tiles of a source that were left to choice: those that it was begun with, or chosen now."""

from __future__ import annotations

from dataclasses import replace

from tacan.files import sha256
from tacan.gallery.gallery import Gallery
from tacan.indexing.video_sources import VideoSource
from tacan.video.choose_detector import AUTO
from tacan.video.choose_tiles import TileChoice, tiles_text
from tacan.video.decode import VideoFile
from tacan.video.detection_source import (
    DetectionSource,
    open_tiles,
    settle_tiles,
    with_tiles,
)
from tacan.video.tracklet_settings import Tiles

__all__ = ["settle_source"]


def settle_source(
    gallery: Gallery, source: VideoSource, video: VideoFile, detections: DetectionSource
) -> tuple[VideoSource, DetectionSource, TileChoice | None]:
    """The source with tiles in its settings, its detections with them, and why, where it is new.

    A source that the gallery holds keeps the tiles that it was begun with, whatever would be
    chosen now: so a run that goes on goes on as it began. Raises as `choose_tiles` does.
    """
    if source.settings.tiles != AUTO:
        return source, detections, None
    choice: TileChoice | None = None
    tiles: Tiles = None
    if open_tiles(detections) is not None:
        begun = _begun_with(gallery, source)
        if begun is None:
            detections, choice = settle_tiles(detections, video, source.settings)
            tiles = None if choice is None else choice.tiles
        else:
            [tiles] = begun
            detections = with_tiles(detections, tiles)
            choice = TileChoice(tiles, f"{tiles_text(tiles)}, as when it was begun")
    settings = source.settings.model_copy(update={"tiles": tiles})
    return replace(source, settings=settings), detections, choice


def _begun_with(gallery: Gallery, source: VideoSource) -> list[Tiles] | None:
    """The tiles of the same content and camera in the gallery, one; None where it is new."""
    of_camera = [other for other in gallery.sources() if other.camera == source.camera]
    digest = sha256(source.path) if of_camera else ""
    for other in of_camera:
        if other.sha256 == digest:
            tiles = other.settings.get("tiles")
            return [None if tiles is None else (int(tiles[0]), int(tiles[1]))]
    return None
