"""MARS: its track tables joined with its lists of names."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tacan.datasets.crop_folders import readable_content
from tacan.datasets.layouts import require_layout
from tacan.datasets.mars_tables import MarsTable, read_mars_tables
from tacan.errors import DatasetLayoutError
from tacan.files import read_ordinary_file
from tacan.records import Tracklet, TrackletSplit

__all__ = ["FRAME_NAME", "parse_frame_name", "read_mars", "read_names"]

FRAME_NAME = re.compile(r"(00-1|[0-9]{4})C([0-9])T([0-9]{4})F([0-9]{3,})\.jpg")
"""`0001C1T0001F001.jpg`: pid, camera, tracklet, frame. Junk has the pid `00-1`."""

MAX_CAMID, MAX_PID = 9, 9999
"""What the pattern has digits for."""


LARGEST_LIST = 2**28
"""Bytes of a name list: twenty times those of MARS."""


def read_mars(root: Path, split: str = "test") -> TrackletSplit:
    """The tracklets of MARS in the order of its table, frames in the order of its name list.

    Every test tracklet is in the gallery, junk and queries included: a protocol decides what to
    leave out. Nothing is decoded; the folders are checked to exist and not to be empty.

    Raises `DatasetLayoutError` for a missing root, a wrong layout, an empty folder, or tables
    and name lists that don't agree. The doctor looks closer.
    """
    require_layout("mars", root)
    table = read_mars_tables(root, split)
    names = read_names(root / "info" / f"{split}_name.txt")
    if len(names) < table.stops[-1]:
        raise DatasetLayoutError(
            "MARS's track table must not reach beyond its name list",
            got=f"frame {table.stops[-1]:,} of {len(names):,} in {split}_name.txt",
            remedy="The list or the table is truncated, or from another release: copy both again.",
        )
    images = root / f"bbox_{split}"
    _check_folders(images, {name[:4] for name in names})
    tracklets = tuple(_tracklet(table, row, names, images) for row in range(len(table)))
    return TrackletSplit(
        dataset="mars",
        split=split,
        tracklets=tracklets,
        is_query=tuple(table.is_query.tolist()),
        is_gallery=tuple(table.is_gallery.tolist()),
    )


def read_names(path: Path) -> list[str]:
    """The lines of a name list. Raises `DatasetLayoutError` for one that can't be read."""
    try:
        return read_ordinary_file(path, at_most=LARGEST_LIST).decode("utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetLayoutError(
            "a MARS name list must be a readable text file",
            got=f"{path}: {getattr(error, 'strerror', None) or error}",
            remedy="Copy it again from the data set's info folder.",
        ) from error


def parse_frame_name(name: str) -> tuple[int, int, int, int] | None:
    """Pid, camera, tracklet and frame of a MARS file name, or None if it isn't one.

    >>> parse_frame_name("0001C2T0003F004.jpg"), parse_frame_name("00-1C1T0001F001.jpg")
    ((1, 2, 3, 4), (-1, 1, 1, 1))
    """
    match = FRAME_NAME.fullmatch(name)
    if match is None:
        return None
    pid, camid, tracklet, frame = match.groups()
    return -1 if pid == "00-1" else int(pid), int(camid), int(tracklet), int(frame)


def _tracklet(table: MarsTable, row: int, names: list[str], images: Path) -> Tracklet:
    frames = tuple(names[table.starts[row] : table.stops[row]])
    pid, camid = int(table.pids[row]), int(table.camids[row])
    if pid > MAX_PID or camid > MAX_CAMID:
        raise DatasetLayoutError(
            f"the names of MARS have room for cameras 1 to {MAX_CAMID} and pids up to {MAX_PID:,}",
            got=f"pid {pid} in camera {camid} in row {row + 1} of the {table.split} table",
            remedy="For more of either use the layout 'folder'.",
        )
    stem = f"{'00-1' if pid == -1 else f'{pid:04d}'}C{camid}T"
    wrong = next((n for n in frames if not (n.startswith(stem) and FRAME_NAME.fullmatch(n))), None)
    if wrong is not None:
        raise DatasetLayoutError(
            "the names of a MARS tracklet must carry the pid and the camera of its table row, "
            f"as in {stem}0001F001.jpg",
            got=f"{wrong!r} in row {row + 1}",
            remedy="Name list and table are damaged or of different releases: copy both again.",
        )
    return Tracklet(frames[0][:11], pid, camid, images / frames[0][:4], frames)


def _check_folders(images: Path, wanted: set[str]) -> None:
    present = set(readable_content(images).folders)
    missing = sorted(wanted - present)
    if missing:
        raise DatasetLayoutError(
            f"{images} must hold a folder for every person in its name list",
            got=f"{len(missing)} of {len(wanted)} missing, such as {', '.join(missing[:3])}",
            remedy="Unpack the archive again; the copy is incomplete.",
        )
    empty = [name for name in sorted(wanted) if _is_empty(images / name)]
    if empty:
        raise DatasetLayoutError(
            "a tracklet folder must hold crops",
            got=f"{len(empty)} empty in {images}, such as {', '.join(empty[:3])}",
            remedy="Unpack the archive again; the copy is incomplete.",
        )


def _is_empty(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError as error:
        raise DatasetLayoutError(
            "everything in the folders of a data set must be readable",
            got=f"{folder}: {error.strerror or error}",
            remedy="Restore its permissions.",
        ) from error
