from __future__ import annotations

from pathlib import Path

import pytest

from tacan.datasets.sequences import list_frames
from tacan.errors import DatasetLayoutError

from .conftest import write_crop


def test_frames_are_sorted_by_number(tmp_path: Path) -> None:
    for number in (100, 9, 10):
        write_crop(tmp_path / f"cam1_person001_{number}.png")
    (tmp_path / "Thumbs.db").write_bytes(b"x")
    write_crop(tmp_path / "._cam1_person001_11.png")
    assert list_frames(tmp_path) == tuple(f"cam1_person001_{n}.png" for n in (9, 10, 100))


@pytest.mark.parametrize("name", ["portrait.png", "0009.png", "9.jpg"])
def test_frames_without_a_number_of_their_own(tmp_path: Path, name: str) -> None:
    write_crop(tmp_path / "00009.png")
    write_crop(tmp_path / name)
    with pytest.raises(DatasetLayoutError, match="different frame numbers"):
        list_frames(tmp_path)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetLayoutError, match="must hold crops"):
        list_frames(tmp_path)
