"""Looks through the data sets of two cameras and numbered splits: iLIDS-VID and PRID-2011."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from tacan.datasets.doctor.findings import Examined
from tacan.datasets.doctor.inventory import take_inventory
from tacan.datasets.ilids_vid import SPLITS_FILE as ILIDS_SPLITS
from tacan.datasets.ilids_vid import ilids_cameras
from tacan.datasets.prid2011 import MIN_FRAMES, is_shared, prid_cameras
from tacan.datasets.prid2011 import SPLITS_FILE as PRID_SPLITS
from tacan.datasets.sequences import CameraFolder, last_number
from tacan.datasets.splits import PeopleSplit, read_ilids_splits, read_prid_splits
from tacan.errors import DatasetLayoutError
from tacan.progress import Progress, silent
from tacan.text import counted

__all__ = ["examine_ilids_vid", "examine_prid2011"]

_OWNER = re.compile(r"(cam[0-9]+)_(person[0-9]+)_")

Lengths = dict[str, int]
"""The number of crops of each person in one camera."""


def examine_ilids_vid(
    root: Path, *, splits_file: Path | None = None, progress: Progress = silent
) -> Examined:
    """Folders, frame numbers, sizes, and whether the splits fit the people."""
    examined = Examined()
    cameras = ilids_cameras(root)
    lengths = [_examine_camera(examined, root, camera, progress) for camera in cameras]
    people = set(lengths[0]) | set(lengths[1])
    _check_both(examined, cameras, lengths, people)
    _count_all(examined, lengths, len(people))
    path = root / ILIDS_SPLITS if splits_file is None else splits_file
    if _has_splits(examined, path):
        try:
            splits = read_ilids_splits(path, sorted(people))
            examined.counts["splits"] = {"splits": len(splits)}
        except DatasetLayoutError as error:
            examined.add("splits", [error])
    return examined


def examine_prid2011(
    root: Path, *, splits_file: Path | None = None, progress: Progress = silent
) -> Examined:
    """Folders, frame numbers, sizes, the published splits, and the lengths that they need."""
    examined = Examined()
    cameras = prid_cameras(root)
    lengths = [_examine_camera(examined, root, camera, progress) for camera in cameras]
    people = {name for camera in lengths for name in camera if is_shared(name)}
    _check_both(examined, cameras, lengths, people)
    _count_all(examined, lengths, len(people))
    path = root / PRID_SPLITS if splits_file is None else splits_file
    if _has_splits(examined, path):
        try:
            _check_published(examined, read_prid_splits(path), cameras, lengths)
        except DatasetLayoutError as error:
            examined.add("splits", [error])
    return examined


def _examine_camera(
    examined: Examined, root: Path, camera: CameraFolder, progress: Progress
) -> Lengths:
    relative = camera.path.relative_to(root).as_posix()
    inventory = take_inventory(examined, root, relative, levels=1, progress=progress)
    frames: dict[str, list[str]] = defaultdict(list)
    loose = []
    for path in inventory.files:
        person, _, name = path[len(relative) + 1 :].rpartition("/")
        if person:
            frames[person].append(name)
        else:
            loose.append(path)
    examined.add("crop-loose", loose)
    examined.add("folder-empty", inventory.empty_folders())
    _check_frames(examined, camera, relative, frames)
    everyone = [path[len(relative) + 1 :] for path in inventory.folders]
    return {name: len(frames[name]) for name in everyone}


def _check_frames(
    examined: Examined, camera: CameraFolder, relative: str, frames: dict[str, list[str]]
) -> None:
    unnumbered, twice, gaps = [], [], []
    for person, names in frames.items():
        numbers = [last_number(name) for name in names]
        known = sorted(number for number in numbers if number is not None)
        where = f"{relative}/{person}"
        unnumbered += [f"{where}/{n}" for n, k in zip(names, numbers, strict=True) if k is None]
        for name in names:
            _check_owner(examined, camera.name, person, f"{where}/{name}")
        if len(set(known)) < len(known):
            twice.append(where)
        elif known and known[-1] - known[0] >= len(known):
            gaps.append(f"{where}: {len(known)} crops numbered {known[0]} to {known[-1]}")
    examined.add("name-pattern", unnumbered)
    examined.add("frame-twice", twice)
    examined.add("frame-gap", gaps)


def _check_owner(examined: Examined, camera: str, person: str, path: str) -> None:
    """Whether a crop whose name has its camera and person (iLIDS-VID) lies where it says."""
    match = _OWNER.match(path.rpartition("/")[2])
    if match is not None and match[2] != person:
        examined.add("pid-mismatch", [path])
    elif match is not None and match[1] != camera:
        examined.add("camera-mismatch", [path])


def _check_both(
    examined: Examined,
    cameras: Sequence[CameraFolder],
    lengths: Sequence[Lengths],
    people: Iterable[str],
) -> None:
    examined.add(
        "camera-missing",
        [
            f"{camera.name}/{name}"
            for camera, known in zip(cameras, lengths, strict=True)
            for name in sorted(people)
            if name not in known
        ],
    )


def _count_all(examined: Examined, lengths: Sequence[Lengths], identities: int) -> None:
    examined.counts["all"] = {
        "tracklets": sum(len(camera) for camera in lengths),
        "identities": identities,
        "frames": sum(sum(camera.values()) for camera in lengths),
    }


def _has_splits(examined: Examined, path: Path) -> bool:
    if not path.is_file():
        examined.add("splits-missing", [path])
    return path.is_file()


def _check_published(
    examined: Examined,
    splits: Sequence[PeopleSplit],
    cameras: Sequence[CameraFolder],
    lengths: Sequence[Lengths],
) -> None:
    halves = [{*split.train, *split.test} for split in splits]
    people = set[str]().union(*halves)
    uneven = [
        f"split {number}: {len(split.train)} and {len(split.test)} people"
        for number, split in enumerate(splits)
        if len(halves[number]) != len(people) or abs(len(split.train) - len(split.test)) > 1
    ]
    examined.add("splits", uneven)
    unknown = {name for name in people if not any(name in camera for camera in lengths)}
    examined.add("splits", [f"{name} is in no camera" for name in sorted(unknown)])
    examined.add(
        "sequence-short",
        [
            f"{camera.name}/{name}: {counted(known[name], 'frame')}"
            for camera, known in zip(cameras, lengths, strict=True)
            for name in sorted(people)
            if 0 < known.get(name, 0) < MIN_FRAMES
        ],
    )
    examined.counts["splits"] = {"splits": len(splits), "identities": len(people)}
