"""The video files of a gallery's sources, where they are still what was indexed."""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from pathlib import Path

from tacan.app.problems import not_found
from tacan.errors import VideoError
from tacan.gallery import Gallery, Source
from tacan.text import is_address
from tacan.video.decode import open_video

__all__ = ["MEDIA_TYPES", "source_file", "source_of"]

MEDIA_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/mp4",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".avi": "video/x-msvideo",
    ".ts": "video/mp2t",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".ogv": "video/ogg",
}


def source_of(gallery: Gallery, number: int) -> Source:
    """The source of this id; not found (404) where there is none."""
    for source in gallery.sources():
        if source.id == number:
            return source
    raise not_found("There is no such source; it may have been deleted.")


def source_file(source: Source) -> Path | None:
    """The file of a source; None where it is gone, or is another video by now.

    A gallery can come from somebody else, and name any path. So only a file is given that is a
    video with a picture of the size that was indexed.
    """
    if is_address(source.path):
        return None
    path = Path(source.path)
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(status.st_mode) or not os.access(path, os.R_OK):
        return None
    shape = _shape(path, status.st_size, status.st_mtime_ns)
    known = source.width is None or shape == (source.width, source.height)
    return path if shape is not None and known else None


@lru_cache(maxsize=1000)
def _shape(path: Path, size: int, changed: int) -> tuple[int, int] | None:  # noqa: ARG001
    """Width and height of the video, which is opened once as long as it does not change."""
    try:
        with open_video(path) as video:
            return video.width, video.height
    except VideoError:
        return None
