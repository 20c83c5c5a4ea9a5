"""Pictures into a video file (MP4, H.264), whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.codec.context import Flags as CodecFlags
from av.container import Flags as ContainerFlags
from numpy.typing import NDArray

from tacan.errors import StorageError, VideoError
from tacan.files import atomic_path

__all__ = ["write_timed_video", "write_video"]

_TICKS = 90_000
"""Ticks a second in which the times of a variable frame rate are written."""


def write_video(
    path: Path,
    frames: Iterable[NDArray[np.uint8]],
    *,
    fps: float | Fraction,
    size: tuple[int, int],
    crf: int = 20,
) -> Path:
    """Writes `frames` (uint8 [height, width, 3] RGB) to the MP4 file `path` at a steady rate.

    `size` is (width, height); `crf` is x264's quality, smaller is better. The same frames give
    the same bytes. Raises `VideoError` for no frames or a frame of another size, and
    `StorageError`; then what stood at `path` is untouched.
    """
    rate = Fraction(fps).limit_denominator(1001)
    timed = ((index / rate, frame) for index, frame in enumerate(frames))
    return _write(path, timed, rate=rate, time_base=1 / rate, size=size, crf=crf)


def write_timed_video(
    path: Path,
    frames: Iterable[tuple[float, NDArray[np.uint8]]],
    *,
    fps: float,
    size: tuple[int, int],
    crf: int = 20,
) -> Path:
    """As `write_video`, with the time in seconds of each frame; `fps` is only the rate named.

    Times must increase; raises `VideoError` where they do not.
    """
    rate = Fraction(fps).limit_denominator(1001)
    timed = ((Fraction(seconds), frame) for seconds, frame in frames)
    return _write(path, timed, rate=rate, time_base=Fraction(1, _TICKS), size=size, crf=crf)


def _write(
    path: Path,
    frames: Iterable[tuple[Fraction, NDArray[np.uint8]]],
    *,
    rate: Fraction,
    time_base: Fraction,
    size: tuple[int, int],
    crf: int,
) -> Path:
    width, height = size
    with atomic_path(path) as draft:
        try:
            with av.open(str(draft), "w", format="mp4", options={"movflags": "+faststart"}) as file:
                file.flags |= ContainerFlags.bitexact.value
                stream = file.add_stream("libx264", rate=rate)
                # The format stores colour for squares of four pixels: odd sizes are filled up.
                stream.width, stream.height = width + width % 2, height + height % 2
                stream.pix_fmt = "yuv420p"
                stream.codec_context.time_base = time_base
                stream.codec_context.thread_count = 1
                stream.codec_context.flags |= CodecFlags.bitexact.value
                # Without `mbtree=0` x264 writes other bytes now and then for the same frames.
                stream.options = {
                    "crf": str(crf),
                    "preset": "veryfast",
                    "x264-params": "mbtree=0",
                }
                for picture in _pictures(frames, size=size, time_base=time_base):
                    file.mux(stream.encode(picture))
                file.mux(stream.encode(None))
        except av.error.FFmpegError as error:
            raise StorageError(
                f"{path} must be writable, with room for the video",
                got=error.strerror or str(error),
                remedy="What stood there before is untouched. Free some space.",
            ) from error
    return path


def _pictures(
    frames: Iterable[tuple[Fraction, NDArray[np.uint8]]],
    *,
    size: tuple[int, int],
    time_base: Fraction,
) -> Iterator[av.VideoFrame]:
    width, height = size
    last: int | None = None
    for seconds, frame in frames:
        if frame.shape != (height, width, 3) or frame.dtype != np.uint8:
            raise VideoError(
                f"every frame of this video must be uint8 [{height}, {width}, 3]",
                got=f"{frame.dtype} {list(frame.shape)}",
                remedy="Draw all frames at one size.",
            )
        ticks = round(seconds / time_base)
        if last is not None and ticks <= last:
            raise VideoError(
                "the times of a video's frames must increase",
                got=f"{float(seconds)} seconds after {float(last * time_base)}",
                remedy="Give the frames in the order of time.",
            )
        last = ticks
        even = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
        picture.pts, picture.time_base = ticks, time_base
        yield picture
    if last is None:
        raise VideoError(
            "a video must have at least one frame", got="none", remedy="Check what was to be drawn."
        )
