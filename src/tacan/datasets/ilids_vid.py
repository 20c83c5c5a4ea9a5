"""iLIDS-VID: 300 people, each seen once by each of two cameras, in ten published splits."""

from __future__ import annotations

from pathlib import Path

from tacan.datasets.layouts import require_layout
from tacan.datasets.sequences import CameraFolder, list_people, two_camera_split
from tacan.datasets.splits import choose_split, read_ilids_splits
from tacan.errors import DatasetLayoutError
from tacan.records import TrackletSplit

__all__ = ["SPLITS_FILE", "ilids_cameras", "read_ilids_vid"]

SPLITS_FILE = "train-test people splits/train_test_splits_ilidsvid.mat"


def ilids_cameras(root: Path) -> tuple[CameraFolder, CameraFolder]:
    """The query camera and the gallery camera."""
    sequences = root / "i-LIDS-VID" / "sequences"
    return (
        CameraFolder(1, "cam1", sequences / "cam1"),
        CameraFolder(2, "cam2", sequences / "cam2"),
    )


def read_ilids_vid(
    root: Path, split: str = "test", *, split_number: int = 0, splits_file: Path | None = None
) -> TrackletSplit:
    """One half of split `split_number` (from 0): camera 1 is searched for in camera 2.

    Folders and frames are sorted, so that a split doesn't depend on the file system. The
    pid is the number in the folder's name (1 to 319, with gaps). The record's split is named
    `test-0` and so on, because a result is the mean over the ten.

    Raises `DatasetLayoutError` for a wrong layout, people seen by one camera only, empty
    folders, and a splits file that doesn't fit the people.
    """
    require_layout("ilids-vid", root)
    cameras = ilids_cameras(root)
    people, others = (list_people(camera) for camera in cameras)
    alone = sorted(set(people) ^ set(others))
    if alone:
        raise DatasetLayoutError(
            "every person of iLIDS-VID must be seen by both cameras",
            got=f"{len(alone)} by one only, such as {', '.join(alone[:3])}",
            remedy="Unpack the archive again; the copy is incomplete.",
        )
    path = root / SPLITS_FILE if splits_file is None else splits_file
    chosen = choose_split(read_ilids_splits(path, people), split_number, path)
    return two_camera_split(
        "ilids-vid",
        f"{split}-{split_number}",
        cameras,
        chosen.half(split),
        is_training=split == "train",
    )
