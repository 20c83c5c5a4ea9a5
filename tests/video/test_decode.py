"""Decoding: exact times, upright pictures, and every kind of broken file."""

from __future__ import annotations

import struct
from contextlib import suppress
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tacan.errors import VideoError
from tacan.video.decode import open_video

WIDTH, HEIGHT = 64, 48


def picture(index: int) -> np.ndarray:
    """Red above, blue below, a white block at the upper left, and a shade that tells the frame."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[: HEIGHT // 2, :, 0] = 200
    image[HEIGHT // 2 :, :, 2] = 200
    image[:, :, 1] = index % 50 * 5
    image[:16, :16] = 255
    return image


def write(
    path: Path,
    ticks: list[int],
    *,
    time_base: Fraction = Fraction(1, 1000),
    rotation: int | None = None,
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    with av.open(str(path), "w", options=container_options or {}) as file:
        file.metadata.update(metadata or {})
        stream = file.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = time_base
        stream.options = {"crf": "10", **(options or {})}
        if rotation is not None:
            stream.set_display_rotation(rotation)
        for index, tick in enumerate(ticks):
            frame = av.VideoFrame.from_ndarray(picture(index), format="rgb24")
            frame.pts, frame.time_base = tick, time_base
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def steady(n: int) -> list[int]:
    return [40 * index for index in range(n)]


def test_a_variable_rate_keeps_its_times(tmp_path: Path) -> None:
    ticks = [0, 40, 50, 300, 1300, 1310]
    with open_video(write(tmp_path / "a.mp4", ticks)) as video:
        frames = list(video.frames())
        assert [frame.index for frame in frames] == list(range(6))
        assert [frame.seconds for frame in frames] == pytest.approx([t / 1000 for t in ticks])
        assert video.damage is None
        assert (video.width, video.height, video.n_frames) == (WIDTH, HEIGHT, 6)


def test_time_counts_from_the_first_frame(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ts", [5000 + t for t in steady(4)])
    with open_video(path) as video:
        assert [f.seconds for f in video.frames()] == pytest.approx([0, 0.04, 0.08, 0.12])


def test_frames_are_upright_colour_pictures_in_order(tmp_path: Path) -> None:
    with open_video(write(tmp_path / "a.mp4", steady(10))) as video:
        for frame in video.frames():
            assert frame.image.dtype == np.uint8
            assert frame.image.flags.c_contiguous
            difference = np.abs(frame.image.astype(int) - picture(frame.index)).mean()
            assert difference < 6


@pytest.mark.parametrize(("stride", "first"), [(1, 0), (3, 0), (2, 1), (4, 5), (1, 99)])
def test_stride_and_first_choose_among_the_same_frames(
    tmp_path: Path, stride: int, first: int
) -> None:
    with open_video(write(tmp_path / "a.mp4", steady(11))) as video:
        every = list(video.frames())
        some = list(video.frames(stride=stride, first=first))
        assert [f.index for f in some] == [f.index for f in every][first::stride]
        for frame in some:
            assert frame.seconds == every[frame.index].seconds
            np.testing.assert_array_equal(frame.image, every[frame.index].image)


@pytest.mark.parametrize("arguments", [{"stride": 0}, {"first": -1}])
def test_a_wrong_stride_is_refused(tmp_path: Path, arguments: dict[str, int]) -> None:
    with (
        open_video(write(tmp_path / "a.mp4", steady(2))) as video,
        pytest.raises(VideoError, match="at least 1"),
    ):
        video.frames(**arguments)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_display_matrix_turns_the_picture(tmp_path: Path, rotation: int) -> None:
    """ffmpeg's rotation is anticlockwise."""
    with open_video(write(tmp_path / "a.mp4", steady(3), rotation=rotation)) as video:
        frame = next(video.frames())
        expected = np.rot90(picture(0), k=rotation // 90)
        assert frame.image.shape == expected.shape == (video.height, video.width, 3)
        assert np.abs(frame.image.astype(int) - expected).mean() < 6


def test_a_mirroring_display_matrix_mirrors(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", steady(3), rotation=180)
    data = path.read_bytes()
    turned = struct.pack(">9i", -65536, 0, 0, 0, -65536, 0, 0, 0, 1 << 30)
    place = data.index(turned[:20])
    mirror = struct.pack(">5i", -65536, 0, 0, 0, 65536)
    path.write_bytes(data[:place] + mirror + data[place + 20 :])
    with open_video(path) as video:
        seen = next(video.frames()).image
        assert np.abs(seen.astype(int) - picture(0)[:, ::-1]).mean() < 6


def test_interlaced_pictures_are_made_whole(tmp_path: Path) -> None:
    """A bar that moves between the fields leaves a comb in an interlaced picture."""
    ticks = steady(8)
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"crf": "10", "x264-params": "interlaced=1:tff=1"}
        for index in range(len(ticks)):
            image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
            image[0::2, 6 * index : 6 * index + 8] = 255
            image[1::2, 6 * index + 3 : 6 * index + 11] = 255
            file.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        file.mux(stream.encode(None))
    with open_video(path) as video:
        frames = list(video.frames())
    assert [f.seconds for f in frames] == pytest.approx([i / 25 for i in range(8)])
    for frame in frames:
        grey = frame.image[8:40, :, 0].astype(int)
        comb = np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2).mean()
        assert comb < 4


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-11-22T14:00:00Z", datetime(2026, 11, 22, 14, tzinfo=UTC)),
        ("1904-01-01T00:00:00Z", None),
        (None, None),
    ],
)
def test_the_start_time_comes_from_the_metadata(
    tmp_path: Path, stamp: str | None, expected: datetime | None
) -> None:
    metadata = {} if stamp is None else {"creation_time": stamp}
    with open_video(write(tmp_path / "a.mp4", steady(2), metadata=metadata)) as video:
        assert video.start_time == expected


def test_a_file_cut_in_the_middle_yields_what_is_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", steady(100), container_options={"movflags": "+faststart"})
    with open_video(path) as video:
        whole = list(video.frames())
        assert video.damage is None
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with open_video(path) as video:
        rest = list(video.frames())
        assert video.damage is not None
    assert 10 < len(rest) < len(whole)
    assert [f.seconds for f in rest[:10]] == [f.seconds for f in whole[:10]]
    np.testing.assert_array_equal(rest[5].image, whole[5].image)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_a_cut_at_any_byte_gives_frames_or_is_refused(tmp_path: Path, ending: str) -> None:
    data = write(tmp_path / f"a.{ending}", steady(30)).read_bytes()
    for cut in np.random.default_rng(0).integers(0, len(data), 12).tolist():
        path = tmp_path / f"cut.{ending}"
        path.write_bytes(data[:cut])
        with suppress(VideoError), open_video(path) as video:
            assert 0 < len(list(video.frames())) <= 30


def test_damage_in_the_middle_is_survived_and_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", steady(60), options={"g": "10"})
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    middle = start + (data.index(b"moov") - start) // 2
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(data)
    with open_video(path) as video:
        frames = list(video.frames())
        assert video.damage is not None
    times = [frame.seconds for frame in frames]
    assert len(frames) > 30
    assert times == sorted(times)


def test_what_is_no_video_is_refused_clearly(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("This is not a video.\n" * 50)
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(5000))
    for name in ("empty.mp4", "text.mp4", "noise.mp4"):
        with pytest.raises(VideoError, match=name):
            open_video(tmp_path / name)
    for name in ("missing.mp4", "."):
        with pytest.raises(VideoError, match="must be a file"):
            open_video(tmp_path / name)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        frame.sample_rate = 8000
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    with pytest.raises(VideoError, match="without a video stream"):
        open_video(path)


def test_a_playlist_does_not_reach_for_the_network(tmp_path: Path) -> None:
    path = tmp_path / "list.m3u8"
    path.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"
    )
    with pytest.raises(VideoError, match=r"list\.m3u8"):
        open_video(path)
