"""Data sets of two cameras, with one folder for each person and camera (iLIDS-VID, PRID-2011)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tacan.datasets.crop_folders import list_crops, list_folders
from tacan.errors import DatasetLayoutError
from tacan.records import Tracklet, TrackletSplit

__all__ = ["CameraFolder", "last_number", "list_frames", "list_people", "two_camera_split"]

_LAST_NUMBER = re.compile(r"([0-9]+)$")


@dataclass(frozen=True, slots=True)
class CameraFolder:
    """One camera's folder of person folders."""

    camid: int
    name: str
    path: Path


def list_people(camera: CameraFolder) -> list[str]:
    """The names of the person folders of a camera, sorted: every rank and split rests on that."""
    return [folder.name for folder in list_folders(camera.path)]


def list_frames(folder: Path) -> tuple[str, ...]:
    """The images of a person folder, sorted by the number at the end of their names.

    Raises `DatasetLayoutError` when there are none, or one has no such number or a number twice, or
    one can't be read or lies deeper.
    """
    numbered: dict[int, str] = {}
    for name in list_crops(folder):
        number = last_number(name)
        if number is None or number in numbered:
            raise DatasetLayoutError(
                "the crops of a sequence must end in different frame numbers",
                got=folder / name,
                remedy="Rename or remove it.",
            )
        numbered[number] = name
    if not numbered:
        raise DatasetLayoutError(
            "a person's folder must hold crops",
            got=f"{folder} with none",
            remedy="Unpack the archive again; the copy is incomplete.",
        )
    return tuple(numbered[number] for number in sorted(numbered))


def last_number(name: str) -> int | None:
    """The number at the end of a file's or folder's name, its ending aside.

    >>> last_number("cam1_person001_00317.png"), last_number("person_0007"), last_number("a.png")
    (317, 7, None)
    """
    match = _LAST_NUMBER.search(name.rpartition(".")[0] or name)
    return int(match[1]) if match else None


def two_camera_split(
    dataset: str,
    split: str,
    cameras: Sequence[CameraFolder],
    people: Iterable[str],
    *,
    is_training: bool,
) -> TrackletSplit:
    """One tracklet for each camera and person; the first camera's are queries, the second's
    are searched in. In training neither.

    Raises `DatasetLayoutError` for a person who is missing from one of the cameras, and for images
    that lie beside the people's folders.
    """
    tracklets: list[Tracklet] = []
    is_query: list[bool] = []
    names = list(people)
    for camera in cameras:
        list_people(camera)  # refuses what belongs to nobody
        for name in names:
            folder = camera.path / name
            if not folder.is_dir():
                raise DatasetLayoutError(
                    f"every person of a {dataset!r} split must be seen by both cameras",
                    got=f"no {folder}",
                    remedy="Unpack the archive again; the copy is incomplete.",
                )
            pid = last_number(name)
            if pid is None or pid < 1:
                raise DatasetLayoutError(
                    "a person folder's name must end in the person's number, 1 or more",
                    got=folder,
                    remedy="Rename it as it was in the archive.",
                )
            frames = list_frames(folder)
            tracklets.append(Tracklet(f"{camera.name}_{name}", pid, camera.camid, folder, frames))
            is_query.append(camera is cameras[0])
    return TrackletSplit(
        dataset=dataset,
        split=split,
        tracklets=tuple(tracklets),
        is_query=tuple(query and not is_training for query in is_query),
        is_gallery=tuple(not query and not is_training for query in is_query),
    )
