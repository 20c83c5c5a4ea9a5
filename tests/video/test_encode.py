"""Writing videos: what goes in comes out, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import StorageError, VideoError
from tacan.video.decode import open_video
from tacan.video.encode import write_timed_video, write_video


def pictures(n: int, *, width: int = 64, height: int = 48) -> Iterator[np.ndarray]:
    for index in range(n):
        image = np.zeros((height, width, 3), np.uint8)
        image[:, : width // 2, 0] = 10 * index
        image[height // 2 :, :, 1] = 180
        yield image


@pytest.mark.parametrize("fps", [10, 25, 30000 / 1001])
def test_frames_come_back_with_their_times(tmp_path: Path, fps: float) -> None:
    path = write_video(tmp_path / "a.mp4", pictures(12), fps=fps, size=(64, 48))
    with open_video(path) as video:
        frames = list(video.frames())
        assert video.damage is None
        assert video.fps == pytest.approx(fps)
    assert [f.seconds for f in frames] == pytest.approx([i / fps for i in range(12)], abs=1e-4)
    for frame, given in zip(frames, pictures(12), strict=True):
        assert np.abs(frame.image.astype(int) - given).mean() < 6


def test_an_uneven_rate_is_kept(tmp_path: Path) -> None:
    seconds = [0.0, 0.1, 0.15, 1.5, 1.6]
    timed = zip(seconds, pictures(5), strict=True)
    path = write_timed_video(tmp_path / "a.mp4", timed, fps=10, size=(64, 48))
    with open_video(path) as video:
        assert [f.seconds for f in video.frames()] == pytest.approx(seconds, abs=1e-4)


def test_an_odd_size_is_filled_up(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", pictures(3, width=63, height=47), fps=10, size=(63, 47))
    with open_video(path) as video:
        assert (video.width, video.height) == (64, 48)


def test_the_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    paths = [
        write_video(tmp_path / name, pictures(9), fps=10, size=(64, 48)) for name in ("a", "b")
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_an_error_on_the_way_leaves_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("precious")

    def broken() -> Iterator[np.ndarray]:
        yield from pictures(3)
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        write_video(path, broken(), fps=10, size=(64, 48))
    with pytest.raises(VideoError, match=r"uint8 \[48, 64, 3\]"):
        write_video(path, pictures(2, width=32), fps=10, size=(64, 48))
    with pytest.raises(VideoError, match="at least one frame"):
        write_video(path, [], fps=10, size=(64, 48))
    assert path.read_text() == "precious"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.mp4"]


def test_times_that_go_back_are_refused(tmp_path: Path) -> None:
    timed = zip([0.0, 0.2, 0.1], pictures(3), strict=True)
    with pytest.raises(VideoError, match="must increase"):
        write_timed_video(tmp_path / "a.mp4", timed, fps=10, size=(64, 48))


def test_a_place_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        write_video(tmp_path / "file" / "a.mp4", pictures(2), fps=10, size=(64, 48))
