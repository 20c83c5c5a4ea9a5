from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tacan.errors import VideoError
from tacan.video.decode import open_video
from tacan.video.picture_folder import content_sha256


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(12):
        image = np.full((40, 30, 3), 10 * number, np.uint8)
        Image.fromarray(image).save(tmp_path / f"frame{number}.png")
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def test_pictures_are_frames_in_the_order_of_their_numbers(folder: Path) -> None:
    with open_video(folder, fps=4) as video:
        frames = list(video.frames(stride=3, first=1))
        assert (video.width, video.height, video.fps, video.duration) == (30, 40, 4, 3.0)
        assert video.promised_frames() == 12
    assert [frame.index for frame in frames] == [1, 4, 7, 10]
    assert [frame.seconds for frame in frames] == [0.25, 1, 1.75, 2.5]
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [10, 40, 70, 100]


def test_their_rate_must_be_given(folder: Path) -> None:
    with pytest.raises(VideoError, match="--fps"):
        open_video(folder)


def test_pictures_that_do_not_fit_are_left_out_and_told(folder: Path) -> None:
    (folder / "frame3.png").write_bytes(b"")
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(folder / "frame5.png")
    with open_video(folder, fps=4) as video:
        assert [f.index for f in video.frames()] == [0, 1, 2, 4, 6, 7, 8, 9, 10, 11]
        assert "frame3.png" in str(video.damage)


def test_a_folder_is_known_by_its_pictures(folder: Path) -> None:
    before = content_sha256(folder)
    assert content_sha256(folder) == before
    (folder / "frame7.png").rename(folder / "frame70.png")
    assert content_sha256(folder) != before


def test_pictures_of_a_format_that_is_not_read_are_named(folder: Path, tmp_path: Path) -> None:
    (folder / "IMG_1.HEIC").write_bytes(b"x")
    with open_video(folder, fps=4) as video:
        assert len(list(video.frames())) == 12
        assert [note.partition(" ")[0] for note in video.notes] == ["IMG_1.HEIC"]
    phone = tmp_path / "phone"
    phone.mkdir()
    (phone / "IMG_1.HEIC").write_bytes(b"x")
    with pytest.raises(VideoError, match=r"IMG_1\.HEIC is left out.*save it as JPEG"):
        open_video(phone, fps=4)
