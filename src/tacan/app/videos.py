"""Videos that may be chosen on the page: those in the folders of `serve`, and those sent to it."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from tacan.app.folders import ServedFolders
from tacan.errors import ConfigError, StorageError
from tacan.files import GALLERY_DATABASE
from tacan.gallery.uploads import note_upload, uploads_folder
from tacan.indexing.source_paths import VIDEO_ENDINGS
from tacan.indexing.source_starts import start_of
from tacan.video.decode import open_video

__all__ = [
    "FoundVideo",
    "Proposal",
    "SentVideo",
    "boxes_file",
    "found_videos",
    "propose",
    "video_file",
    "videos_of",
]

MOST_FOUND = 500
DEEPEST = 4
"""Folders within folders that are looked into."""
BOX_ENDINGS = (".txt", ".csv", ".json")
_NAME = re.compile(r"\w[\w .()+-]{0,119}")


@dataclass(frozen=True, slots=True)
class FoundVideo:
    """A video file, and in which folder of those that are served it lies."""

    path: Path
    place: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a video is probably called and when it begins, and from where that is known; and a file
    of ready boxes beside it."""

    camera: str
    start: datetime | None
    start_is_from: str
    duration: float | None
    width: int
    height: int
    boxes: Path | None


def videos_of(folders: ServedFolders, gallery: Path) -> ServedFolders:
    """The folders whose videos may be chosen for this gallery."""
    return ServedFolders((*folders.folders, uploads_folder(gallery)))


def found_videos(folders: ServedFolders) -> list[FoundVideo]:
    """The videos in these folders, at most `MOST_FOUND`, in the order of their names."""
    found: dict[Path, FoundVideo] = {}
    for folder in folders.folders:
        for path in _files(folder, DEEPEST):
            if len(found) == MOST_FOUND:
                break
            with suppress(OSError):
                place = path.parent.relative_to(folder.parent).as_posix()
                found[path] = FoundVideo(path, place, path.stat().st_size)
    return sorted(found.values(), key=lambda each: (each.place, each.path.name))


def video_file(folders: ServedFolders, text: str) -> Path:
    """The video of this path. Raises `DataError` for one that is elsewhere, `ConfigError` for what
    is no video file by its name."""
    path = folders.path(text)
    if not path.is_file() or path.suffix.lower() not in VIDEO_ENDINGS:
        raise ConfigError(
            [f"a video must be a file with a video's ending; got {path.name}"], source="the videos"
        )
    return path


def boxes_file(folders: ServedFolders, text: str) -> Path:
    """The file of ready boxes of this path. Raises as `video_file` does."""
    path = folders.path(text)
    if not path.is_file() or path.suffix.lower() not in BOX_ENDINGS:
        fault = f"ready boxes must be a file that ends in .txt, .csv or .json; got {path.name}"
        raise ConfigError([fault], source="the videos")
    return path


def propose(path: Path, *, zone: tzinfo | None) -> Proposal:
    """What is probably meant by a video. Raises `VideoError` for what is none."""
    with open_video(path) as video:
        start, words = start_of("auto", path, zone=zone)
        if start == "file":
            stated = video.stated_start
            start = None if stated is None else stated.time
            words = "" if stated is None else stated.note
        boxes = [path.with_suffix(ending) for ending in BOX_ENDINGS]
        return Proposal(
            camera=path.stem,
            start=start if isinstance(start, datetime) else None,
            start_is_from=words or "",
            duration=video.duration,
            width=video.width,
            height=video.height,
            boxes=next((each for each in boxes if each.is_file()), None),
        )


class SentVideo:
    """A video that is being sent to a gallery: its file appears when all of it is there and can be
    opened."""

    def __init__(self, gallery: Path, name: str) -> None:
        clean = Path(name.replace("\\", "/")).name
        if not _NAME.fullmatch(clean) or Path(clean).suffix.lower() not in VIDEO_ENDINGS:
            fault = f"a video needs a usual name and a video's ending; got {name[:80]!r}"
            raise ConfigError([fault], source="the upload")
        self._gallery, self._folder, self._name = gallery, uploads_folder(gallery), clean

    @contextmanager
    def writing(self) -> Iterator[Callable[[bytes], None]]:
        """What takes its bytes. Raises `StorageError` where there is no room for them."""
        digest = hashlib.sha256()
        draft = self._folder / f".{secrets.token_hex(8)}{Path(self._name).suffix}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with draft.open("xb") as file:

                def take(piece: bytes) -> None:
                    digest.update(piece)
                    file.write(piece)

                yield take
            with open_video(draft):
                pass
            self.path = _free(self._folder / self._name)
            note_upload(draft, self.path, gallery=self._gallery, sha256=digest.hexdigest())
            os.replace(draft, self.path)  # noqa: PTH105
        except OSError as error:
            raise StorageError(
                "a video that is sent needs room beside the gallery",
                got=f"{self._folder}: {error.strerror or error}",
                remedy="Free some, or choose a video that is on this machine.",
            ) from error
        finally:
            draft.unlink(missing_ok=True)


def _free(path: Path) -> Path:
    """The path, with a number where there is such a file."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem} {number}")
    return free


def _files(folder: Path, deep: int) -> Iterator[Path]:
    """Video files in a folder and those within, without links, hidden ones and galleries."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    if any(entry.name == GALLERY_DATABASE for entry in entries):
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir():
            if deep:
                yield from _files(Path(entry.path), deep - 1)
        elif Path(entry.name).suffix.lower() in VIDEO_ENDINGS:
            yield Path(entry.path)
