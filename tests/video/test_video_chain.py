"""Files that follow each other as one video."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import VideoError
from tacan.video.decode import open_video
from tacan.video.encode import write_video
from tacan.video.video_chain import ChainLink, VideoChain

FPS, SIZE = 10, (64, 48)


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    """Three files of 7, 5 and 9 frames, each of its own shade."""
    shade, paths = 0, []
    for number, n in enumerate((7, 5, 9)):
        frames = [np.full((48, 64, 3), 10 * (shade + i), np.uint8) for i in range(n)]
        shade += n
        paths.append(write_video(tmp_path / f"{number}.mp4", frames, fps=FPS, size=SIZE))
    return paths


@pytest.mark.parametrize(("stride", "first"), [(1, 0), (2, 0), (3, 1), (5, 9), (8, 2)])
def test_frames_are_counted_over_all_files(parts: list[Path], stride: int, first: int) -> None:
    chain = VideoChain([ChainLink(path) for path in parts])
    frames = list(chain.frames(stride=stride, first=first))
    assert [frame.index for frame in frames] == list(range(first, 21, stride))
    assert [frame.seconds for frame in frames] == pytest.approx([f.index / FPS for f in frames])
    shades = [float(frame.image.mean()) / 10 for frame in frames]
    assert shades == pytest.approx([frame.index for frame in frames], abs=0.4)
    assert [chain.place_of(index) for index in (0, 6, 7, 11, 12, 20)] == [0, 0, 1, 1, 2, 2]
    assert [chain.first_of(place)[0] for place in range(3)] == [0, 7, 12]
    assert (chain.n_decoded, chain.damage) == (21, None)
    assert chain.last_seconds == pytest.approx(2.0)


def test_gaps_are_kept(parts: list[Path]) -> None:
    chain = VideoChain([ChainLink(parts[0]), ChainLink(parts[1], gap=3.0)])
    times = [frame.seconds for frame in chain.frames()]
    assert times[7] - times[6] == pytest.approx(3.1)


def test_a_later_file_that_fails_ends_the_chain(parts: list[Path]) -> None:
    chain = VideoChain([ChainLink(path) for path in parts])
    parts[1].write_text("no video")
    assert len(list(chain.frames())) == 7
    assert "1.mp4" in str(chain.failure)
    assert chain.current == 1
    chain.close()


def test_the_first_file_that_fails_is_an_error(parts: list[Path]) -> None:
    chain = VideoChain([ChainLink(path) for path in parts])
    parts[0].write_text("no video")
    with pytest.raises(VideoError, match=r"0\.mp4"):
        list(chain.frames())
    chain.close()


def test_it_can_be_read_twice(parts: list[Path]) -> None:
    chain = VideoChain([ChainLink(path) for path in parts])
    assert [f.seconds for f in chain.frames()] == [f.seconds for f in chain.frames()]


def test_a_length_that_no_head_tells_is_measured(
    tmp_path: Path, parts: list[Path], bare: Callable[[Path], Path]
) -> None:
    path = bare(parts[2])
    with open_video(path) as video:
        assert video.duration is None
        assert video.measured_seconds() == pytest.approx(0.9)  # type: ignore[union-attr]
        assert len(list(video.frames())) == 9


@pytest.fixture
def bare(tmp_path: Path) -> Callable[[Path], Path]:
    import av

    def make(path: Path) -> Path:
        to = tmp_path / "bare.h264"
        with av.open(str(path)) as read, av.open(str(to), "w", format="h264") as written:
            stream = written.add_stream_from_template(read.streams.video[0])
            for packet in read.demux(video=0):
                if packet.size:
                    packet.stream = stream
                    written.mux(packet)
        return to

    return make
