"""Tracklets of one's own: `<root>/<pid>/<pid>C<camid>T<tracklet>F<frame>.<ending>`."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from tacan.datasets.crop_folders import find_below, list_crops, readable_content
from tacan.datasets.layouts import require_layout, suggest_root
from tacan.errors import DatasetLayoutError
from tacan.images.folder_content import FolderContent
from tacan.records import Tracklet, TrackletSplit
from tacan.text import counted

__all__ = ["FRAME_STEM", "parse_pid", "read_folder", "require_people"]

FRAME_STEM = re.compile(r"([0-9]+|-1|00-1)C([0-9]+)T([0-9]+)F([0-9]+)")
"""`0001C1T0001F00010`: pid, camera, tracklet and frame, with or without leading zeros."""

_PATTERN = "<pid>/<pid>C<camid>T<tracklet>F<frame>.jpg, such as 0001/0001C1T0001F001.jpg"
_SHOWN = 3


def read_folder(root: Path, split: str = "all") -> TrackletSplit:
    """All tracklets under `root`, sorted by pid, camera and tracklet number.

    Every tracklet is both query and gallery, and every split holds all of them. Frames are
    sorted by their number, so that F9 comes before F10. Pid -1 is junk (its folder is `-1` or
    `00-1`), pid 0 a distractor. An image may have any ending of `image_suffixes`. What begins with
    a dot is ignored, and so are files without an image's ending and other folders that have no
    image in or below them.

    Raises `DatasetLayoutError` for a missing root, an empty person folder, an image outside a
    person folder, in a folder within one, or not named by the pattern, a pid that differs between
    folder and file or has two folders, a frame number that a tracklet has twice, and anything
    that can't be read; `DataError` for a pid or camera of 2^63 or more.
    """
    require_layout("folder", root)
    content = readable_content(root)
    _refuse_loose(root, content)
    require_people(root, content)
    people: dict[int, Path] = {}
    tracklets: list[Tracklet] = []
    for name in content.folders:
        pid, folder = parse_pid(name), root / name
        if pid is None:
            _refuse_stray(root, folder)
            continue
        if pid in people:
            raise DatasetLayoutError(
                "a person must have one folder",
                got=f"{people[pid]} and {folder} for pid {pid}",
                remedy="Merge them.",
            )
        people[pid] = folder
        tracklets += _read_person(folder, pid, list_crops(folder))
    tracklets.sort(key=lambda t: (t.pid, t.camid, _numbers(t.frames[0])[1]))
    everyone = (True,) * len(tracklets)
    return TrackletSplit("folder", split, tuple(tracklets), everyone, everyone)


def require_people(root: Path, content: FolderContent) -> None:
    """Checks that among what `root` holds there is a person's folder.

    Raises `DatasetLayoutError`, which names the layout or the folder that was probably meant.
    """
    if all(parse_pid(name) is None for name in content.folders):
        raise DatasetLayoutError(
            f"the root of a 'folder' data set must hold crops named {_PATTERN}",
            got=f"no person folder in {root}",
            remedy=f"Name each person's folder by a number. {suggest_root('folder', root)}",
        )


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


def _refuse_loose(root: Path, content: FolderContent) -> None:
    if content.images:
        suggestion = suggest_root("folder", root)
        is_meant = suggestion.startswith("Did you mean")
        raise DatasetLayoutError(
            f"crops must lie in their person's folder: {_PATTERN}",
            got=f"{counted(len(content.images), 'image')} directly in {root}, "
            f"such as {', '.join(content.images[:_SHOWN])}",
            remedy=suggestion if is_meant else "Move each into the folder of its pid.",
        )


def _refuse_stray(root: Path, folder: Path) -> None:
    content = readable_content(folder)
    below = find_below(folder)
    if content.images or below is not None:
        found = folder / content.images[0] if content.images else below
        raise DatasetLayoutError(
            "a folder of crops must be named by its person's number, and lie directly in the root",
            got=f"{folder.name!r} in {root}, with {found}",
            remedy="Rename it, or move its crops to where they belong, or out of the data set.",
        )
