"""Decoding: exact times, upright pictures, and every kind of broken file."""

from __future__ import annotations

import errno
import itertools
import os
import struct
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacan.errors import VideoError
from tacan.video import deinterlace, demux
from tacan.video.decode import VideoFile, open_video
from tacan.video.deinterlace import Deinterlacer
from tests.video.conftest import FailingBytes

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
    rate: int = 25,
    pixel_shape: Fraction | None = None,
    kind: str | None = None,
    codec: str = "libx264",
) -> Path:
    with av.open(str(path), "w", format=kind, options=container_options or {}) as file:
        file.metadata.update(metadata or {})
        stream = file.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = time_base
        stream.options = {"crf": "10", **(options or {})}
        if pixel_shape is not None:
            stream.codec_context.sample_aspect_ratio = pixel_shape
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
    with VideoFile(write(tmp_path / "a.mp4", ticks)) as video:
        frames = list(video.frames())
        assert [frame.index for frame in frames] == list(range(6))
        assert [frame.seconds for frame in frames] == pytest.approx([t / 1000 for t in ticks])
        assert video.damage is None
        assert (video.width, video.height, video.n_frames) == (WIDTH, HEIGHT, 6)


def test_recordings_put_together_go_on_in_time_and_it_is_told(tmp_path: Path) -> None:
    part = write(tmp_path / "part.ts", steady(30)).read_bytes()
    path = tmp_path / "whole.ts"
    path.write_bytes(part * 3)
    with open_video(path) as video:
        times = [frame.seconds for frame in video.frames()]
        assert video.damage is None
        assert "clock steps back, 2 times" in " ".join(video.notes)
    assert len(times) == 90
    assert np.diff(times) == pytest.approx(np.full(89, 0.04), abs=2e-3)


@pytest.mark.parametrize(("kind", "codec"), [("h264", "libx264"), ("hevc", "libx265")])
@pytest.mark.parametrize("rate", [10, 25])
def test_a_bare_stream_has_the_rate_that_it_tells(
    tmp_path: Path, kind: str, codec: str, rate: int
) -> None:
    path = write(
        tmp_path / f"a.{kind}", list(range(20)), time_base=Fraction(1, rate), rate=rate, kind=kind,
        codec=codec,
    )  # fmt: skip
    with open_video(path) as video:
        assert video.fps == rate
        assert [f.seconds for f in video.frames()] == pytest.approx([i / rate for i in range(20)])
        assert video.notes == ()


def test_a_rate_that_no_file_tells_is_assumed_and_can_be_given(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.hevc", list(range(20)), time_base=Fraction(1, 10), rate=10, kind="hevc",
        codec="libx265", options={"x265-params": "vui-timing-info=0:log-level=none"},
    )  # fmt: skip
    with open_video(path) as video:
        assert video.fps == 25
        assert "25 are assumed" in video.notes[0]
    with open_video(path, fps=10) as video:
        assert [f.seconds for f in video.frames()] == pytest.approx([i / 10 for i in range(20)])
        assert (video.fps, video.notes) == (10, ())


def test_a_given_rate_is_above_that_of_the_file(tmp_path: Path) -> None:
    with open_video(write(tmp_path / "a.mp4", [0, 40, 700]), fps=2) as video:
        assert [frame.seconds for frame in video.frames()] == [0, 0.5, 1]
        assert video.duration == 1.5
        assert video.damage is None


@pytest.mark.parametrize("rotation", [0, 90])
def test_oblong_pixels_are_made_square(tmp_path: Path, rotation: int) -> None:
    path = write(tmp_path / "a.mp4", steady(3), pixel_shape=Fraction(3, 2), rotation=rotation)
    with open_video(path) as video:
        frame = next(video.frames())
    wide = np.repeat(picture(0), 3, axis=1)[:, ::2]
    expected = np.rot90(wide, k=rotation // 90)
    assert frame.image.shape == expected.shape == (video.height, video.width, 3)
    assert np.abs(frame.image.astype(int) - expected).mean() < 8
    assert frame.stretch == ((1.5, 1.0) if rotation == 0 else (1.0, 1.5))


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
        ("1970-12-31T23:59:59Z", None),
        (None, None),
    ],
)
def test_the_start_time_comes_from_the_metadata(
    tmp_path: Path, stamp: str | None, expected: datetime | None
) -> None:
    metadata = {} if stamp is None else {"creation_time": stamp}
    with open_video(write(tmp_path / "a.mp4", steady(2), metadata=metadata)) as video:
        stated = video.stated_start
        assert (None if stated is None else stated.time) == expected


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


def test_a_picture_that_cannot_be_converted_is_left_out_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with VideoFile(write(tmp_path / "a.mp4", steady(6))) as video:
        upright, calls = video._upright, itertools.count()

        def failing(picture: av.VideoFrame) -> np.ndarray:
            if next(calls) == 2:
                raise av.error.ArgumentError(errno.EINVAL, "Invalid argument")
            return upright(picture)

        monkeypatch.setattr(video, "_upright", failing)
        assert [frame.index for frame in video.frames()] == [0, 1, 3, 4, 5]
        assert video.damage == "a picture can't be converted: Invalid argument"


def test_what_the_filter_does_not_take_stays_interlaced(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: av.VideoFrame) -> None:
        raise av.error.ArgumentError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(deinterlace, "_graph", refuse)
    frames = [SimpleNamespace(interlaced_frame=True, width=4, height=4, format=None)] * 2
    for frame in frames:
        frame.format = SimpleNamespace(name="yuv420p")
    passed: list[Any] = list(Deinterlacer().frames(frames))  # type: ignore[arg-type]
    assert passed == frames


def test_what_is_no_video_is_refused_clearly(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("This is not a video.\n" * 50)
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(5000))
    for name in ("empty.mp4", "text.mp4", "noise.mp4"):
        with pytest.raises(VideoError, match=name):
            open_video(tmp_path / name)
    with pytest.raises(VideoError, match="must be a file"):
        open_video(tmp_path / "missing.mp4")
    with pytest.raises(VideoError, match="must hold videos, or pictures"):
        open_video(tmp_path)


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


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.mp4\n#EXT-X-ENDLIST\n"),
        ("list.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.ts\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", "ffconcat version 1.0\nfile a.mp4\n"),
        ("letter.txt", "Dear camera,\n" * 100),
        ("letter.nfo", "Dear camera,\n" * 100),
        ("%d.jpg", "a pattern of names"),
    ],
)
def test_no_file_makes_another_file_be_read(tmp_path: Path, name: str, content: str) -> None:
    write(tmp_path / "a.mp4", steady(5))
    write(tmp_path / "a.ts", steady(5))
    (tmp_path / name).write_text(content)
    with pytest.raises(VideoError, match="must be a whole file with pictures"):
        open_video(tmp_path / name)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts", "avi"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_read_error_is_no_end_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, share: float
) -> None:
    path = write(
        tmp_path / f"a.{ending}",
        steady(400),
        options={"qp": "1"},
        container_options={"movflags": "+faststart"} if ending == "mp4" else None,
    )
    monkeypatch.setattr(demux, "VideoBytes", FailingBytes)
    monkeypatch.setattr(FailingBytes, "limit", int(share * path.stat().st_size))
    seen = 0
    expected = pytest.raises(VideoError, match=r"readable to its end.*Input/output error")
    with expected, open_video(path) as video:
        for _ in video.frames():
            seen += 1
    assert seen < 400


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 3 // 4)


def replace(path: Path) -> None:
    (path.parent / "other").write_bytes(b"another file")
    (path.parent / "other").replace(path)


@pytest.mark.parametrize("change", [grow, cut, replace])
@pytest.mark.parametrize("ending", ["mp4", "ts"])
def test_a_file_that_changes_while_it_is_read_is_told(
    tmp_path: Path, change: Callable[[Path], None], ending: str
) -> None:
    path = write(tmp_path / f"a.{ending}", steady(100), options={"qp": "1"})
    with open_video(path) as video:
        frames = video.frames()
        next(frames)
        change(path)
        with pytest.raises(VideoError, match="must stay as it is"):
            list(frames)


def test_a_file_that_is_removed_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", steady(100))
    with open_video(path) as video:
        frames = video.frames()
        next(frames)
        path.unlink()
        assert len(list(frames)) == 99
        assert video.damage is None


def test_pictures_above_the_limit_are_refused_before_one_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.mp4", steady(3))
    monkeypatch.setattr(demux, "MOST_PIXELS", WIDTH * HEIGHT - 1)
    with pytest.raises(VideoError, match="64 x 48 pixels, above the limit"):
        open_video(path)
    monkeypatch.setattr(demux, "MOST_PIXELS", WIDTH * HEIGHT)
    with open_video(path) as video:
        assert len(list(video.frames())) == 3


def test_names_that_no_system_takes(tmp_path: Path) -> None:
    loop = tmp_path / "loop.mp4"
    loop.symlink_to(loop)
    for path in (Path("a" * 5000 + ".mp4"), Path("a\0b.mp4"), loop):
        with pytest.raises(VideoError, match="must be a file"):
            open_video(path)


def test_a_name_that_is_no_utf8_is_opened(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.mp4")
    write(tmp_path / "a.mp4", steady(3)).rename(path)
    with open_video(path) as video:
        assert len(list(video.frames())) == 3


def test_an_address_is_refused_without_its_password() -> None:
    with pytest.raises(VideoError) as caught:
        open_video(Path("rtsp://me:secret@door/live"))
    assert "secret" not in str(caught.value)


@pytest.mark.fuzz
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_bytes_give_frames_or_a_clear_error(small_videos: dict[str, bytes], data: Any) -> None:
    ending = data.draw(st.sampled_from(sorted(small_videos)))
    content = bytearray(small_videos[ending])
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(content) - 1))
        content[start : start + 8] = data.draw(st.binary(max_size=16))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{ending}"
        path.write_bytes(content)
        with suppress(VideoError), open_video(path) as video:
            assert sum(1 for _ in video.frames()) <= 200
            assert all(3 <= frame.index < 9 for frame in video.frames_between(3, 9))


@pytest.fixture(scope="module")
def small_videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("videos")
    return {
        ending: write(folder / f"a.{ending}", steady(12)).read_bytes()
        for ending in ("mp4", "mkv", "avi", "ts")
    }


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".ts"])
def test_frames_from_a_time_are_those_of_the_whole(tmp_path, monkeypatch, ending):
    n = 400
    ticks = [1000 + 40 * i + (i * i) % 7 for i in range(n)]
    path = write(tmp_path / f"long{ending}", ticks, options={"g": "50", "bf": "3"})
    with open_video(path) as video:
        whole = {round(frame.seconds, 3): frame.image for frame in video.frames()}
        for seconds in (-1.0, 0.0, 2.0, 3.21, 7.99, 15.9):
            found = {round(each.seconds, 3): each.image for each in video.frames_from(seconds)}
            assert min(found) - max(seconds, 0) < 0.06
            assert list(found) == [time for time in whole if time >= min(found)]
            assert all((found[time] == whole[time]).all() for time in found)
        decoded = count_decoded(monkeypatch)
        assert len(list(video.frames_from(15.0))) < 30
        assert (len(decoded) < 100) == (ending != ".ts")


def count_decoded(monkeypatch):
    """A list that gets a place for each picture that is decoded from now on."""
    counted, decoded = [], VideoFile._decoded

    def counting(self):
        for each in decoded(self):
            counted.append(None)
            yield each

    monkeypatch.setattr(VideoFile, "_decoded", counting)
    return counted


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".ts", ".avi"])
@pytest.mark.parametrize(
    "options", [{"g": "50", "bf": "3"}, {"x264-params": "open-gop=1:keyint=40:bframes=3"}]
)
def test_frames_between_are_those_of_the_whole(tmp_path, ending, options):
    n = 300
    # Times that don't follow a rate: a frame is known by its place among the packets' times.
    ticks = steady(n) if ending == ".avi" else [1000 + 40 * i + (i * i) % 7 for i in range(n)]
    path = write(tmp_path / f"long{ending}", ticks, options=options)
    for fps in (None, 20.0):
        with open_video(path, fps=fps) as video:
            whole = {frame.index: frame for frame in video.frames()}
            for first, end, stride in ((0, 100, 2), (0, 1, 1), (100, 223, 3), (150, 151, 1)):
                _same(whole, video.frames_between(first, end, stride=stride), first, end, stride)
            _same(whole, video.frames_between(290, 10**9, stride=4), 290, n, 4)
            assert list(video.frames_between(n, 10**9)) == []


def _same(whole, found, first, end, stride):
    found = list(found)
    assert [frame.index for frame in found] == list(range(first, end, stride))
    for frame in found:
        assert frame.seconds == whole[frame.index].seconds
        assert (frame.image == whole[frame.index].image).all()


def test_frames_between_decode_only_what_they_need(tmp_path, monkeypatch):
    path = write(tmp_path / "long.mp4", steady(400), options={"g": "50"})
    with open_video(path) as video:
        decoded = count_decoded(monkeypatch)
        assert len(list(video.frames_between(300, 320))) == 20
    assert len(decoded) < 90


def test_frames_between_of_interlaced_pictures_are_those_of_the_whole(tmp_path):
    path = write(tmp_path / "fields.mp4", steady(200), options={"g": "30", "flags": "+ildct+ilme"})
    with open_video(path) as video:
        whole = {frame.index: frame for frame in video.frames()}
        _same(whole, video.frames_between(63, 150), 63, 150, 1)


def test_a_picture_that_is_missing_between_is_said(tmp_path, monkeypatch):
    path = write(tmp_path / "long.mp4", steady(300), options={"g": "50", "bf": "0"})
    decoded = VideoFile._decoded

    def without_one(self):
        for place, each in enumerate(decoded(self)):
            if place != 20:
                yield each

    with open_video(path) as video:
        monkeypatch.setattr(VideoFile, "_decoded", without_one)
        for first, end in ((0, 100), (100, 200), (260, 10**9)):
            with pytest.raises(VideoError, match="must come out"):
                list(video.frames_between(first, end))
