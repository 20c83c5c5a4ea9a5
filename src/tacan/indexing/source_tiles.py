"""Tiles of the files of a stream that were left to choice: those that they were begun with, or
chosen now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tacan.errors import VideoError
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import Source
from tacan.indexing.index_report import SourceFailure
from tacan.indexing.plan_streams import StreamFile
from tacan.indexing.video_source import VideoSource
from tacan.video.choose_detector import AUTO
from tacan.video.choose_tiles import TileChoice, tiles_text
from tacan.video.decode import open_video
from tacan.video.detection_source import DetectionSource, open_tiles, settle_tiles
from tacan.video.picture_folder import content_sha256
from tacan.video.tracklet_settings import Tiles

__all__ = ["settle_stream", "stored_tiles"]


def settle_stream(
    gallery: Gallery, stream: Sequence[StreamFile], detections: DetectionSource
) -> tuple[list[StreamFile], list[SourceFailure]]:
    """The files with tiles in their settings and a note why, and those that could not be read.

    A file that the gallery holds keeps the tiles that it was begun with, whatever would be chosen
    now: so a run that goes on goes on as it began. Another one gets those of the file before it;
    they are chosen by the first. Raises as `choose_tiles` does, but for `VideoError`.
    """
    if open_tiles(detections) is None:
        return [_with(file, None) for file in stream], []
    settled: list[StreamFile] = []
    failures: list[SourceFailure] = []
    last: TileChoice | None = None
    for file in stream:
        begun = _begun_with(gallery, file.source)
        if begun is not None:
            last = TileChoice(begun[0], f"{tiles_text(begun[0])}, as when it was begun")
            settled.append(_with(file, last.tiles, last.text))
        elif last is not None:
            settled.append(_with(file, last.tiles))
        else:
            try:
                last = _chosen(file.source, detections)
            except VideoError as error:
                failures.append(file.failure(error))
                continue
            settled.append(_with(file, last.tiles, last.text))
    return settled, failures


def _with(file: StreamFile, tiles: Tiles, *notes: str) -> StreamFile:
    if file.source.settings.tiles != AUTO:
        return file
    settings = file.source.settings.model_copy(update={"tiles": tiles})
    source = replace(file.source, settings=settings)
    return replace(file, source=source, notes=(*file.notes, *notes))


def _chosen(source: VideoSource, detections: DetectionSource) -> TileChoice:
    with open_video(source.path, fps=source.settings.fps) as video:
        _, choice = settle_tiles(detections, video, source.settings)
    return choice or TileChoice(None, tiles_text(None))


def _begun_with(gallery: Gallery, source: VideoSource) -> list[Tiles] | None:
    """The tiles of the same content and camera in the gallery, one; None where it is new."""
    of_camera = [other for other in gallery.sources() if other.camera == source.camera]
    digest = content_sha256(source.path) if of_camera else ""
    for other in of_camera:
        if other.sha256 == digest:
            return [stored_tiles(other)]
    return None


def stored_tiles(source: Source) -> Tiles:
    """The tiles with which a source of the gallery was indexed."""
    tiles = source.settings.get("tiles")
    return None if tiles is None else (int(tiles[0]), int(tiles[1]))
