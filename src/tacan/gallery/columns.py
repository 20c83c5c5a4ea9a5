"""What the tracklets of a gallery are filtered by, as columns of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.errors import GalleryError
from tacan.gallery.gallery_records import TrackletFilter
from tacan.gallery.timestamps import to_microseconds

__all__ = ["UNKNOWN_TIMESTAMP", "Columns", "camera_ids", "select_rows"]

UNKNOWN_TIMESTAMP = np.iinfo(np.int64).min
"""Stands in `Columns` for a timestamp that is not known."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """N numbers for each property that tracklets are filtered by, in the order of `ids`.

    ids, camera_ids, source_ids, numbers
        int64 [N]; ids rise.
    starts, ends
        int64 [N]: microseconds since 1970 in UTC, or `UNKNOWN_TIMESTAMP`.
    first_seconds, last_seconds
        float64 [N], since the first frame of the source.
    quality
        float64 [N].
    cameras
        The id of each camera by its name.
    """

    ids: NDArray[np.int64]
    camera_ids: NDArray[np.int64]
    source_ids: NDArray[np.int64]
    numbers: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    first_seconds: NDArray[np.float64]
    last_seconds: NDArray[np.float64]
    quality: NDArray[np.float64]
    cameras: Mapping[str, int]

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Columns:
        """The same columns of some rows only."""
        arrays = [
            getattr(self, name)[chosen] for name in self.__dataclass_fields__ if name != "cameras"
        ]
        return Columns(*arrays, cameras=self.cameras)


def select_rows(columns: Columns, conditions: TrackletFilter) -> NDArray[np.bool_]:
    """Whether each row [N] meets all conditions. Raises `GalleryError` for unknown cameras."""
    mask = np.ones(len(columns.ids), dtype=bool)
    if conditions.cameras is not None:
        mask &= np.isin(columns.camera_ids, camera_ids(columns, conditions.cameras))
    if conditions.exclude_cameras:
        mask &= ~np.isin(columns.camera_ids, camera_ids(columns, conditions.exclude_cameras))
    if conditions.after is not None:
        mask &= columns.ends >= to_microseconds(conditions.after)
    if conditions.before is not None:
        mask &= columns.starts < to_microseconds(conditions.before)
        mask &= columns.starts != UNKNOWN_TIMESTAMP
    if conditions.min_quality > 0:
        mask &= columns.quality >= conditions.min_quality
    if conditions.exclude:
        mask &= ~np.isin(columns.ids, np.fromiter(conditions.exclude, np.int64))
    return mask


def camera_ids(columns: Columns, names: Sequence[str]) -> NDArray[np.int64]:
    """The ids of cameras by their names. Raises `GalleryError` with the known names."""
    unknown = [name for name in names if name not in columns.cameras]
    if unknown:
        raise GalleryError(
            "a camera must be one that the gallery has",
            got=", ".join(map(repr, unknown)),
            remedy=f"Known are {', '.join(columns.cameras) or 'none yet'}.",
        )
    return np.array([columns.cameras[name] for name in names], np.int64)
