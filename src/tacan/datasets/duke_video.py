"""DukeMTMC-VideoReID: three folders of tracklets, in either of its two naming schemes."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from tacan.datasets.crop_folders import list_crops, list_folders
from tacan.datasets.layouts import is_generated, require_layout
from tacan.errors import DatasetLayoutError
from tacan.records import Tracklet, TrackletSplit

__all__ = [
    "DUKE_NOTICE",
    "FRAME_NAME",
    "DukeFrame",
    "WithdrawnDataWarning",
    "parse_frame_name",
    "read_duke_video",
    "read_part",
]

DUKE_NOTICE = (
    "DukeMTMC was withdrawn by its authors in 2019, after it had been used without the consent "
    "of the people in it. Don't share this copy, and say so where you publish results on it."
)

FRAME_NAME = re.compile(r"([0-9]{4})_?C([0-9]+)_?F([0-9]{4,})_?([XD])([0-9]+)\.jpg")
"""`0001_C6_F0099_X30823.jpg`, or `0001C6F0099X30823.jpg` in the older release."""

_PARTS = {"train": ("train",), "test": ("query", "gallery")}


class WithdrawnDataWarning(UserWarning):
    """The data set that was loaded has been withdrawn by its authors."""


@dataclass(frozen=True, slots=True)
class DukeFrame:
    """What a file name says. `frame` counts within the tracklet, `video_frame` in the video."""

    pid: int
    camid: int
    frame: int
    is_distractor: bool
    video_frame: int


def parse_frame_name(name: str) -> DukeFrame | None:
    """The parts of a file name of either naming scheme, or None if it is of neither.

    >>> parse_frame_name("0001_C6_F0099_X30823.jpg") == parse_frame_name("0001C6F0099X30823.jpg")
    True
    """
    match = FRAME_NAME.fullmatch(name)
    if match is None:
        return None
    pid, camid, frame, kind, video_frame = match.groups()
    return DukeFrame(int(pid), int(camid), int(frame), kind == "D", int(video_frame))


def read_duke_video(root: Path, split: str = "test") -> TrackletSplit:
    """The tracklets of `train`, or of `query` and `gallery` together for `test`.

    The gallery holds a copy of each query tracklet; both are listed, as
    `query/<pid>/<tracklet>` and `gallery/<pid>/<tracklet>`, and the rule that leaves out the same
    id and camera takes the copy away. Distractors (`D`) keep the data set's own pids, which no
    query has. Files are listed, not counted up from F0001, because many tracklets begin at F0002.

    Warns with `WithdrawnDataWarning`, unless the people are generated. Raises `DatasetLayoutError`
    for a wrong layout, an empty folder, a name of neither scheme, and a tracklet of two people or
    cameras.
    """
    require_layout("duke-video", root)
    if not is_generated(root):
        warnings.warn(DUKE_NOTICE, WithdrawnDataWarning, stacklevel=2)
    tracklets: list[Tracklet] = []
    is_query: list[bool] = []
    for part in _PARTS[split]:
        found = read_part(root / part)
        tracklets += found
        is_query += [part == "query"] * len(found)
    return TrackletSplit(
        dataset="duke-video",
        split=split,
        tracklets=tuple(tracklets),
        is_query=tuple(is_query),
        is_gallery=tuple(split == "test" and not query for query in is_query),
    )


def read_part(part: Path) -> list[Tracklet]:
    """The tracklets of one of the three folders, sorted by person and tracklet folder."""
    tracklets = []
    for person in list_folders(part):
        folders = list_folders(person)
        if not folders:
            raise _empty(person)
        tracklets += [_read_tracklet(part.name, person, folder) for folder in folders]
    if not tracklets:
        raise _empty(part)
    return tracklets


def _read_tracklet(part: str, person: Path, folder: Path) -> Tracklet:
    frames: dict[int, str] = {}
    owners: set[tuple[int, int]] = set()
    for name in list_crops(folder):
        parts = parse_frame_name(name)
        if parts is None or parts.frame in frames or not _is_number(person.name, parts.pid):
            raise DatasetLayoutError(
                "a crop must be named like 0001_C6_F0099_X30823.jpg or 0001C6F0099X30823.jpg, "
                "with its folder's pid and each frame number once",
                got=folder / name,
                remedy="Rename it as it was in the archive, or remove it.",
            )
        frames[parts.frame] = name
        owners.add((parts.pid, parts.camid))
    if not frames:
        raise _empty(folder)
    if len(owners) != 1:
        raise DatasetLayoutError(
            "a tracklet must be of one person and one camera",
            got=f"{sorted(owners)} in {folder}",
            remedy="Unpack the archive again; crops have been moved.",
        )
    pid, camid = owners.pop()
    in_time = tuple(frames[number] for number in sorted(frames))
    return Tracklet(f"{part}/{person.name}/{folder.name}", pid, camid, folder, in_time)


def _is_number(name: str, number: int) -> bool:
    return name.isascii() and name.isdigit() and int(name) == number


def _empty(folder: Path) -> DatasetLayoutError:
    return DatasetLayoutError(
        "a tracklet folder must hold crops",
        got=f"{folder} with none",
        remedy="Unpack the archive again; the copy is incomplete.",
    )
