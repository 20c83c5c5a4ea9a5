"""PRID-2011: the people that both of its cameras see, in the published or in seeded splits."""

from __future__ import annotations

from pathlib import Path

from tacan.datasets.layouts import require_layout
from tacan.datasets.sequences import CameraFolder, list_frames, list_people, two_camera_split
from tacan.datasets.splits import (
    N_SPLITS,
    PeopleSplit,
    choose_split,
    read_prid_splits,
    seeded_split,
)
from tacan.errors import DatasetLayoutError
from tacan.records import TrackletSplit

__all__ = [
    "MIN_FRAMES",
    "N_SHARED",
    "SPLITS_FILE",
    "VARIANTS",
    "is_shared",
    "prid_cameras",
    "read_prid2011",
    "shared_people",
]

VARIANTS = ("prid-178", "prid-200")
"""178 people with at least 27 frames in both cameras, in the published splits; or all 200."""

SPLITS_FILE = "splits_prid2011.json"
MIN_FRAMES = 27
N_SHARED = 200
"""Persons 1 to 200 are in both cameras. Higher numbers mean other people in each camera."""


def prid_cameras(root: Path) -> tuple[CameraFolder, CameraFolder]:
    """The query camera and the gallery camera."""
    shots = root / "prid_2011" / "multi_shot"
    return CameraFolder(1, "cam_a", shots / "cam_a"), CameraFolder(2, "cam_b", shots / "cam_b")


def read_prid2011(
    root: Path,
    split: str = "test",
    *,
    split_number: int = 0,
    variant: str = "prid-178",
    splits_file: Path | None = None,
    split_seed: int = 0,
) -> TrackletSplit:
    """One half of split `split_number` (0 to 9): camera a is searched for in camera b.

    `prid-178` takes the people and halves of a splits file, by default `splits_prid2011.json`
    in the root. `prid-200` halves all shared people at random, from `split_seed`. The record's
    split is named `prid-178-test-0` and so on: results of the two can't be compared, and either
    is the mean over ten.

    Raises `DatasetLayoutError` for a wrong layout, a person missing from a camera, an empty
    folder, fewer than 27 frames of one of the 178, and a splits file that can't be read.
    """
    require_layout("prid2011", root)
    cameras = prid_cameras(root)
    if variant == "prid-178":
        path = _splits_path(root, splits_file)
        chosen = choose_split(read_prid_splits(path), split_number, path)
        _check_lengths(cameras, chosen)
    elif variant == "prid-200":
        seeded = [
            seeded_split(shared_people(cameras), number=i, seed=split_seed) for i in range(N_SPLITS)
        ]
        chosen = choose_split(seeded, split_number, root)
    else:
        raise DatasetLayoutError(
            f"the variants of PRID-2011 are {', '.join(VARIANTS)}",
            got=repr(variant),
            remedy="Choose one of them.",
        )
    return two_camera_split(
        "prid2011",
        f"{variant}-{split}-{split_number}",
        cameras,
        chosen.half(split),
        is_training=split == "train",
    )


def shared_people(cameras: tuple[CameraFolder, CameraFolder]) -> list[str]:
    """The people of both cameras, sorted: those numbered up to 200.

    Raises `DatasetLayoutError` if one of them is missing from a camera.
    """
    first, second = (
        {name for name in list_people(camera) if is_shared(name)} for camera in cameras
    )
    alone = sorted(first ^ second)
    if alone or not first:
        raise DatasetLayoutError(
            f"persons 1 to {N_SHARED} of PRID-2011 must be seen by both cameras",
            got=f"{len(alone)} by one only, such as {', '.join(alone[:3])}" if alone else "none",
            remedy="Unpack the archive again; the copy is incomplete.",
        )
    return sorted(first)


def is_shared(name: str) -> bool:
    """Whether a person folder's name is that of one of the people whom both cameras see.

    >>> is_shared("person_0200"), is_shared("person_0201")
    (True, False)
    """
    number = name.removeprefix("person_")
    return number.isdecimal() and 1 <= int(number) <= N_SHARED


def _splits_path(root: Path, splits_file: Path | None) -> Path:
    path = root / SPLITS_FILE if splits_file is None else splits_file
    if splits_file is None and not path.is_file():
        raise DatasetLayoutError(
            "prid-178 needs its published splits",
            got=f"no {path}",
            remedy="Put the file there or name it; or choose prid-200, which needs none.",
        )
    return path


def _check_lengths(cameras: tuple[CameraFolder, CameraFolder], split: PeopleSplit) -> None:
    short = [
        f"{camera.name}/{name}"
        for camera in cameras
        for name in split.train + split.test
        if (camera.path / name).is_dir() and len(list_frames(camera.path / name)) < MIN_FRAMES
    ]
    if short:
        raise DatasetLayoutError(
            f"the people of prid-178 must have at least {MIN_FRAMES} frames in both cameras",
            got=f"{len(short)} shorter sequences, such as {', '.join(short[:3])}",
            remedy="Unpack the archive again, or check that the splits file is PRID-2011's.",
        )
