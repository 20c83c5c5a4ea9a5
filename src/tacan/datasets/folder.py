"""Tracklets of one's own: `<root>/<pid>/<pid>C<camid>T<tracklet>F<frame>.<ending>`."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from tacan.datasets.layouts import guess_layout, require_layout, visible_folders
from tacan.errors import DatasetLayoutError
from tacan.images.read import image_names
from tacan.records import Tracklet, TrackletSplit

__all__ = ["FRAME_STEM", "parse_pid", "read_folder"]

FRAME_STEM = re.compile(r"([0-9]+|-1|00-1)C([0-9]+)T([0-9]+)F([0-9]+)")
"""`0001C1T0001F00010`: pid, camera, tracklet and frame, with or without leading zeros."""

_PATTERN = "<pid>/<pid>C<camid>T<tracklet>F<frame>.jpg, such as 0001/0001C1T0001F001.jpg"
_SHOWN = 3


def read_folder(root: Path, split: str = "all") -> TrackletSplit:
    """All tracklets under `root`, sorted by pid, camera and tracklet number.

    Every tracklet is both query and gallery, and every split holds all of them. Frames are
    sorted by their number, so that F9 comes before F10. Pid -1 is junk (its folder is `-1` or
    `00-1`), pid 0 a distractor. An image may have any ending of `image_suffixes`. What begins with
    a dot is ignored, and so is every file without an image's ending and every other folder
    without an image in it.

    Raises `DatasetLayoutError` for a missing root, an empty person folder, an image outside a
    person folder or not named by the pattern, a pid that differs between folder and file or has
    two folders, and a frame number that a tracklet has twice.
    """
    require_layout("folder", root)
    _check_loose_images(root)
    people: dict[int, Path] = {}
    tracklets: list[Tracklet] = []
    for folder in visible_folders(root):
        pid = parse_pid(folder.name)
        images = image_names(folder)
        if pid is None:
            _refuse_stray(root, folder, images)
            continue
        if pid in people:
            raise DatasetLayoutError(
                "a person must have one folder",
                got=f"{people[pid]} and {folder} for pid {pid}",
                remedy="Merge them.",
            )
        people[pid] = folder
        tracklets += _read_person(folder, pid, images)
    if not tracklets:
        guess = guess_layout(root)
        looks = "" if guess in (None, "folder") else f" This looks like the layout of {guess!r}."
        raise DatasetLayoutError(
            f"the root of a 'folder' data set must hold crops named {_PATTERN}",
            got=f"no person folder in {root}",
            remedy=f"Name each person's folder by a number.{looks}",
        )
    tracklets.sort(key=lambda t: (t.pid, t.camid, _numbers(t.frames[0])[1]))
    everyone = (True,) * len(tracklets)
    return TrackletSplit("folder", split, tuple(tracklets), everyone, everyone)


def parse_pid(name: str) -> int | None:
    """The pid that a person folder's name stands for, or None if it isn't one.

    >>> [parse_pid(name) for name in ("0012", "-1", "00-1", "0000", "truth")]
    [12, -1, -1, 0, None]
    """
    if name in ("-1", "00-1"):
        return -1
    return int(name) if name.isascii() and name.isdigit() else None


def _read_person(folder: Path, pid: int, images: list[str]) -> list[Tracklet]:
    if not images:
        raise DatasetLayoutError(
            "a person's folder must hold crops",
            got=f"{folder} with none",
            remedy="Remove the folder or add its crops.",
        )
    groups: dict[tuple[int, int], dict[int, str]] = defaultdict(dict)
    for name in images:
        match = FRAME_STEM.fullmatch(Path(name).stem)
        if match is None or parse_pid(match[1]) != pid:
            raise DatasetLayoutError(
                f"a crop must be named {_PATTERN}, with its folder's pid",
                got=folder / name,
                remedy="Rename or remove it.",
            )
        camid, tracklet, frame = (int(number) for number in match.groups()[1:])
        frames = groups[camid, tracklet]
        if frame in frames:
            raise DatasetLayoutError(
                "a tracklet must have each frame once",
                got=f"{frames[frame]} and {name} in {folder}",
                remedy="Remove or renumber one of them.",
            )
        frames[frame] = name
    return [_tracklet(folder, pid, camid, frames) for (camid, _), frames in groups.items()]


def _tracklet(folder: Path, pid: int, camid: int, frames: dict[int, str]) -> Tracklet:
    in_time = tuple(frames[number] for number in sorted(frames))
    tracklet_id = in_time[0].rpartition("F")[0]
    return Tracklet(tracklet_id, pid, camid, folder, in_time)


def _numbers(name: str) -> tuple[int, int]:
    match = FRAME_STEM.match(name)
    return (int(match[2]), int(match[3])) if match else (0, 0)


def _check_loose_images(root: Path) -> None:
    loose = image_names(root)
    if loose:
        raise DatasetLayoutError(
            f"crops must lie in their person's folder: {_PATTERN}",
            got=f"{len(loose)} directly in {root}, such as {', '.join(loose[:_SHOWN])}",
            remedy="Move each into the folder of its pid.",
        )


def _refuse_stray(root: Path, folder: Path, images: list[str]) -> None:
    if images:
        raise DatasetLayoutError(
            "a folder of crops must be named by its person's number",
            got=f"{folder.name!r} in {root}, with {len(images)} images such as {images[0]}",
            remedy="Rename it, or move it out of the data set.",
        )
