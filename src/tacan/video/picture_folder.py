"""A folder of numbered pictures as a video."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Self

from tacan.errors import CropError, VideoError
from tacan.files import sha256
from tacan.images.folder_content import FolderContent, read_folder_content
from tacan.images.read import read_crop
from tacan.video.stated_start import StatedStart
from tacan.video.video_records import VideoFrame

__all__ = ["PictureFolder", "content_sha256", "in_order"]


def in_order(name: str) -> tuple[list[int | str], str]:
    """A key that sorts names as people count: 2 before 10.

    >>> sorted(["f10.jpg", "f2.jpg", "F1.jpg"], key=in_order)
    ['F1.jpg', 'f2.jpg', 'f10.jpg']
    """
    parts = re.split(r"(\d+)", name.lower())
    # Texts and numbers take turns, so that like is compared with like.
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name


def content_sha256(path: Path) -> str:
    """SHA-256 of a video file, or of the names and bytes of the pictures in a folder; hexadecimal.

    Raises `DataError` where they can't be read.
    """
    if not os.path.isdir(path):  # noqa: PTH112
        return sha256(path)
    digest = hashlib.sha256()
    for name in _in_order(_content(path)):
        digest.update(f"{name}\0{sha256(path / name)}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


class PictureFolder:
    """A `ReadableVideo` of the pictures in a folder, in the order of the numbers in their names.

    They follow each other at `fps`, since pictures don't say when they were taken. One that can't
    be read, or is of another size than the first, is left out, and `damage` says so. `notes` tells
    of what seems to be a picture and isn't taken as one.
    """

    def __init__(self, path: Path, *, fps: float | None) -> None:
        """Raises `VideoError` for a folder without pictures, and where no rate is given."""
        self.path = path
        content = _content(path)
        names = _in_order(content)
        self.notes = tuple(f"{name} is left out: {why}" for name, why in content.unreadable)
        if not names:
            raise VideoError(
                "a folder must hold videos, or pictures that are frames of one",
                got="; ".join([f"{path} without any", *self.notes[:1]]),
                remedy="Check the path.",
            )
        if fps is None:
            raise VideoError(
                "the frame rate of pictures must be given",
                got=f"{path} with {len(names)} pictures, which don't tell it",
                remedy="Give it with --fps, or as `fps:` in a list of sources.",
            )
        self._files = [path / name for name in names]
        self.fps = fps
        self.duration: float | None = len(names) / fps
        self.stated_start: StatedStart | None = None
        self.damage: str | None = None
        self.n_decoded, self.last_seconds = 0, 0.0
        try:
            first = read_crop(self._files[0])
        except CropError as error:
            raise VideoError(error.rule, got=error.got, remedy=error.remedy) from error
        self.height, self.width = first.shape[:2]

    def promised_frames(self, *, until: float | None = None) -> int:
        total = len(self._files)
        return total if until is None else min(total, round(until * self.fps) + 1)

    def frames(self, *, stride: int = 1, first: int = 0) -> Iterator[VideoFrame]:
        """As `VideoFile.frames`."""
        self.damage = None
        self.n_decoded, self.last_seconds = len(self._files), (len(self._files) - 1) / self.fps
        for index in range(first, len(self._files), stride):
            try:
                image = read_crop(self._files[index])
            except CropError as error:
                self.damage = self.damage or f"a picture can't be read: {error.got}"
                continue
            if image.shape[:2] != (self.height, self.width):
                self.damage = self.damage or f"{self._files[index].name} is of another size"
                continue
            yield VideoFrame(index, index / self.fps, image)

    def frames_between(self, first: int, end: int, *, stride: int = 1) -> Iterator[VideoFrame]:
        """As `VideoFile.frames_between`."""
        return takewhile(lambda frame: frame.index < end, self.frames(stride=stride, first=first))

    def frames_from(self, seconds: float) -> Iterator[VideoFrame]:
        """As `VideoFile.frames_from`."""
        return self.frames(first=max(0, int(seconds * self.fps)))

    def close(self) -> None:
        """Nothing is open between two pictures."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _in_order(content: FolderContent) -> list[str]:
    return sorted(content.images, key=in_order)


def _content(folder: Path) -> FolderContent:
    try:
        return read_folder_content(folder)
    except OSError as error:
        raise VideoError(
            "a folder of pictures must be readable",
            got=f"{folder}: {error.strerror or error}",
            remedy="Check the path and its permissions.",
        ) from error
