"""Opening of video files by FFmpeg: the formats that are taken, and read errors kept as such."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import av
import av.error

from tacan.errors import VideoError
from tacan.text import without_password

__all__ = [
    "MOST_PIXELS", "VideoBytes", "file_version", "not_a_video", "open_demuxer",
    "picture_stream", "reason",    "unreadable",
]  # fmt: skip

_FORMATS = (
    "mov", "matroska", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "asf", "mxf", "ogg", "nut",
    "ivf", "wtv", "rm", "dv", "dhav", "gif", "yuv4mpegpipe", "mjpeg", "mpjpeg", "h263", "h264",
    "hevc", "vvc", "vc1", "m4v", "obu", "wav",
)  # fmt: skip
"""FFmpeg's demuxers that are asked. Others read further files (hls, dash, concat, image2), or make
pictures of any text (tty); wav is here so that sound alone is told as such."""

MOST_PIXELS = 1 << 26
"""Of a picture: a frame in RGB has at most 200 MB, and about ten are held at a time."""


class VideoBytes:
    """An open file as PyAV reads one.

    FFmpeg takes many a read error for the end of the file; here it stays in `error`. Since bytes
    come from here and not from a path, nothing that stands in a file can make FFmpeg open another.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.error: OSError | None = None
        self.name = f"video{path.suffix}".encode("ascii", "replace").decode()
        """All that FFmpeg learns of the path: by the ending it tells formats apart."""

    @property
    def version(self) -> tuple[int, ...]:
        """Size and time of change, which differ once the file was written to."""
        return _version(os.fstat(self._file.fileno()))

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            self.error = error
            raise

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()


def open_demuxer(path: Path) -> tuple[VideoBytes, Any, Any]:
    """The bytes of a video file, its container and its video stream. Raises `VideoError`."""
    if not os.path.isfile(path):  # noqa: PTH113  # Path.is_file raises for a name that is too long.
        raise VideoError(
            "a video must be a file",
            got=without_password(str(path)),
            remedy="Check the path and its spelling.",
        )
    try:
        if path.stat().st_size == 0:
            raise not_a_video(path, "0 bytes")
        file = VideoBytes(path)
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        container, stream = _demuxer(path, file)
    except BaseException:
        file.close()
        raise
    return file, container, stream


def _demuxer(path: Path, file: VideoBytes) -> tuple[Any, Any]:
    """The container and its video stream. Raises `VideoError`."""
    options = {"format_whitelist": ",".join(_FORMATS), "protocol_whitelist": "none"}
    try:
        container = av.open(file, options=options, metadata_errors="replace")
    except av.error.ArgumentError as error:
        raise not_a_video(path, "another kind of file") from error
    except (av.error.FFmpegError, ValueError) as error:
        raise not_a_video(path, reason(error)) from error
    except OSError as error:
        raise unreadable(path, error) from error
    stream, found = picture_stream(container)
    if stream is None:
        container.close()
        raise not_a_video(path, found)
    return container, stream


def picture_stream(container: Any) -> tuple[Any, str]:
    """The video stream of an open container, which then gives no picture above `MOST_PIXELS`; or
    None, and what there is instead."""
    pictures = [s for s in container.streams.video if not _is_cover(s)]
    if not pictures:
        return None, "a file without a video stream"
    if (codec := pictures[0].codec_context) is None:
        return None, "pictures of an unknown kind"
    if codec.width * codec.height > MOST_PIXELS:
        return None, f"{codec.width} x {codec.height} pixels, above the limit of {MOST_PIXELS:,}"
    # So that the pictures can't become larger on the way.
    codec.options = {"max_pixels": str(MOST_PIXELS)}
    return pictures[0], ""


def file_version(path: Path) -> tuple[int, ...]:
    """As `VideoBytes.version`, of what stands at `path` now; empty where nothing does."""
    try:
        return _version(path.stat())
    except OSError:
        return ()


def _version(now: os.stat_result) -> tuple[int, ...]:
    return now.st_size, now.st_mtime_ns


def _is_cover(stream: Any) -> bool:
    """Whether the stream is the cover of a song, which poses as a video of one picture."""
    return bool(stream.disposition & stream.disposition.attached_pic)


def reason(error: Exception) -> str:
    """The cause of FFmpeg's error, without the name of the file."""
    return getattr(error, "strerror", None) or str(error)


def not_a_video(path: Path, found: str) -> VideoError:
    """The error for a file that is no video, or none that can be decoded."""
    return VideoError(
        "a video must be a whole file with pictures that can be decoded",
        got=f"{path}: {found}",
        remedy="Check that it is a video, and that it was copied to its end.",
    )


def unreadable(path: Path, error: OSError) -> VideoError:
    """The error for a video of which a part can't be read."""
    return VideoError(
        "a video must be readable to its end",
        got=f"{path}: {error.strerror or error}",
        remedy="Check the disk or the share that it is on; the same command then goes on.",
    )
