"""What is known of generated tracklets beyond their pictures, and where it is kept.

`<root>/ground_truth/visibility.npz` holds `tracklet_ids` str [N], `offsets` int64 [N+1],
`visibility` float32 [frames] and `boxes` float32 [frames, 4]: tracklet i's frames are
`visibility[offsets[i]:offsets[i+1]]`.
`<root>/ground_truth/manifest.json` holds the settings and counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tacan.errors import DatasetLayoutError
from tacan.files import atomic_path
from tacan.synthetic.manifest import read_made_by, write_made_by

__all__ = [
    "GROUND_TRUTH",
    "is_generated",
    "read_boxes",
    "read_manifest",
    "read_visibility",
    "write_manifest",
    "write_visibility",
]

GROUND_TRUTH = "ground_truth"
"""The folder beside the data."""

_MAKER = "tacan synth"
_MANIFEST = "manifest.json"


def read_visibility(root: Path) -> dict[str, np.ndarray]:
    """For each tracklet id the visibility of each frame, float32 [frames], 0 to 1.

    Visibility is the share of the person's pixels that lie within the crop and are not covered;
    0 where a crop shows no person. Raises `DatasetLayoutError` where `root` holds no such file,
    or a damaged one.
    """
    return _read(root, "visibility")


def read_boxes(root: Path) -> dict[str, np.ndarray]:
    """For each tracklet id the person's box in each crop, float32 [frames, 4]: x1, y1, x2, y2.

    They are shares of the crop's width and height, and those of the whole person: covered parts
    count, and the box may reach beyond the crop. NaN where there is no person. Raises
    `DatasetLayoutError` as `read_visibility` does.
    """
    return _read(root, "boxes")


def _read(root: Path, name: str) -> dict[str, np.ndarray]:
    path = Path(root) / GROUND_TRUTH / "visibility.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            ids, offsets, values = file["tracklet_ids"], file["offsets"], file[name]
    except Exception as error:  # numpy and zipfile raise a dozen kinds for a damaged file
        raise DatasetLayoutError(
            "a generated data set must have its visibilities in ground_truth/visibility.npz",
            got=f"{path}: {error}",
            remedy="Generate it again with `tacan synth`.",
        ) from error
    if len(offsets) != len(ids) + 1 or offsets[-1] != len(values):
        raise DatasetLayoutError(
            "visibility.npz must have one offset more than tracklets, and the last at its end",
            got=f"{len(ids)} tracklets, {len(offsets)} offsets, {len(values)} values",
            remedy="Generate it again with `tacan synth`.",
        )
    return {str(name): values[offsets[i] : offsets[i + 1]] for i, name in enumerate(ids)}


def write_visibility(
    root: Path, ids: Sequence[str], values: Sequence[np.ndarray], boxes: Sequence[np.ndarray]
) -> None:
    """Writes what `read_visibility` and `read_boxes` read: for each id [frames] and [frames, 4]."""
    offsets = np.cumsum([0, *(len(value) for value in values)], dtype=np.int64)
    with atomic_path(root / GROUND_TRUTH / "visibility.npz") as draft, draft.open("wb") as file:
        np.savez(
            file,
            tracklet_ids=np.array(ids, dtype=np.str_),
            offsets=offsets,
            visibility=np.concatenate([*values, np.empty(0)]).astype(np.float32),
            boxes=np.concatenate([*boxes, np.empty((0, 4))]).astype(np.float32),
        )


def read_manifest(root: Path) -> dict[str, Any]:
    """The settings and counts of a generated data set. Raises `DatasetLayoutError`."""
    return read_made_by(
        _MAKER,
        Path(root) / GROUND_TRUTH / _MANIFEST,
        rule="a generated data set must have its manifest in ground_truth/manifest.json",
        remedy="Generate it again with `tacan synth`.",
    )


def write_manifest(root: Path, *, settings: dict[str, object], counts: dict[str, Any]) -> None:
    """Writes what `read_manifest` reads."""
    path = root / GROUND_TRUTH / _MANIFEST
    write_made_by(_MAKER, path, {"settings": settings, "counts": counts})


def is_generated(root: Path) -> bool:
    """Whether `root` holds a whole generated data set."""
    try:
        read_manifest(root)
    except DatasetLayoutError:
        return False
    return True
