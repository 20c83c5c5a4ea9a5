from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tacan.adaptation.footage import read_footage
from tacan.errors import DataError, DatasetLayoutError
from tests.adaptation.crops import write_crops


def read(root: Path, **changes):
    return read_footage(root, **({"clip_len": 1, "at_most": 100} | changes))


def test_the_order_follows_content_and_not_names(tmp_path: Path) -> None:
    write_crops(tmp_path / "a", n=12)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    for number, folder in enumerate(sorted((tmp_path / "b").iterdir())):
        folder.rename(tmp_path / "b" / f"walk {99 - number}")
    one, other = read(tmp_path / "a"), read(tmp_path / "b")
    assert one.digest == other.digest
    first = one.tracklets[0].path(0).read_bytes()
    assert other.tracklets[0].path(0).read_bytes() == first


def test_crops_of_a_plain_folder_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    write_crops(tmp_path, n=10, length=11, frame_name="f{}.png")
    names = read(tmp_path).tracklets[0].frames
    assert names == tuple(f"f{number}.png" for number in range(11))


def test_frame_numbers_that_overlap_in_one_camera_are_two_people(tmp_path: Path) -> None:
    # Camera 1 counts its time: tracklet i has the frames 3i to 3i + 4. Camera 2 counts each anew.
    for camera, number in ((c, n) for c in (1, 2) for n in range(6)):
        pid = 10 * camera + number
        (tmp_path / f"{pid:04d}").mkdir()
        for frame in range(5):
            pixels = np.full((8, 4, 3), 20 * number + frame, np.uint8)
            counted = frame + (3 * number if camera == 1 else 0)
            name = f"{pid:04d}C{camera}T0001F{counted:04d}.png"
            Image.fromarray(pixels).save(tmp_path / f"{pid:04d}" / name)
    footage = read(tmp_path)
    found = {
        tuple(sorted(footage.tracklets[row].pid for row in pair))
        for pair in footage.strangers.tolist()
    }
    assert found == {(10 + n, 11 + n) for n in range(5)}


def test_of_too_many_so_many_are_taken_and_short_ones_never(tmp_path: Path) -> None:
    write_crops(tmp_path, n=14)
    write_crops(tmp_path, n=2, length=3, first=100)
    footage = read(tmp_path, at_most=10)
    assert (len(footage), footage.n_unused, footage.n_short) == (10, 4, 2)
    assert all(len(frames) == 6 for frames in footage.frames)


def test_too_few_tracklets_are_refused_with_the_number_that_is_needed(tmp_path: Path) -> None:
    write_crops(tmp_path, n=9)
    with pytest.raises(DataError, match=r"at least 10 tracklets of 4 crops.*9 among 9"):
        read(tmp_path)
    with pytest.raises(DataError, match=r"at least 10 tracklets of 13 crops.*0 among 9"):
        read(tmp_path, clip_len=4)


def test_a_folder_without_crops_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetLayoutError):
        read(tmp_path)
    with pytest.raises(DatasetLayoutError):
        read(tmp_path / "nowhere")
