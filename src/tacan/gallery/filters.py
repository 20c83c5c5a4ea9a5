"""Which rows a filter chooses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacan.gallery.errors import GalleryError
from tacan.gallery.records import TrackletFilter
from tacan.gallery.sqlite.timestamps import to_microseconds
from tacan.gallery.store import UNKNOWN_MOMENT, Columns

__all__ = ["camera_ids", "chosen_rows"]


def chosen_rows(columns: Columns, chosen: TrackletFilter) -> NDArray[np.bool_]:
    """Whether each row [N] meets all conditions. Raises `GalleryError` for unknown cameras."""
    mask = np.ones(len(columns.ids), dtype=bool)
    if chosen.cameras is not None:
        mask &= np.isin(columns.camera_ids, camera_ids(columns, chosen.cameras))
    if chosen.not_cameras:
        mask &= ~np.isin(columns.camera_ids, camera_ids(columns, chosen.not_cameras))
    if chosen.after is not None:
        mask &= columns.ends >= to_microseconds(chosen.after)
    if chosen.before is not None:
        mask &= columns.starts < to_microseconds(chosen.before)
        mask &= columns.starts != UNKNOWN_MOMENT
    if chosen.min_quality > 0:
        mask &= columns.quality >= chosen.min_quality
    if chosen.exclude:
        mask &= ~np.isin(columns.ids, np.fromiter(chosen.exclude, np.int64))
    return mask


def camera_ids(columns: Columns, names: Sequence[str]) -> NDArray[np.int64]:
    """The ids of cameras. Raises `GalleryError` that lists the known ones."""
    unknown = [name for name in names if name not in columns.cameras]
    if unknown:
        raise GalleryError(
            "a camera must be one that the gallery has",
            got=", ".join(map(repr, unknown)),
            remedy=f"Known are {', '.join(columns.cameras) or 'none yet'}.",
        )
    return np.array([columns.cameras[name] for name in names], np.int64)
