"""One connection to a live camera: in the network by FFmpeg, at this machine by OpenCV.

FFmpeg's errors name the address with its password: none of them leaves this file, nor hangs on an
error that does.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from tacan.errors import VideoError
from tacan.video.deinterlace import Deinterlacer
from tacan.video.demux import picture_stream
from tacan.video.frame_rate import frame_rate
from tacan.video.live_address import LiveAddress
from tacan.video.upright import UprightPictures

__all__ = ["Connect", "FeedBrokenError", "LiveFeed", "LivePicture", "open_feed"]

PATIENCE = 10.0
"""Seconds without a byte after which a connection counts as broken, at the latest: FFmpeg is given
half of them, since it may wait twice."""

_OPTIONS = {
    "protocol_whitelist": "rtsp,rtsps,rtp,srtp,udp,tcp,tls,http,https,httpproxy",
    "format_whitelist": "rtsp,rtp,sdp,mpjpeg,mjpeg,jpeg_pipe,mpegts,flv,matroska,h264,hevc",
    "rtsp_transport": "tcp",
    "analyzeduration": "1000000",
    "use_wallclock_as_timestamps": "1",
}
"""Nothing that a camera sends can make FFmpeg open a file, and lists of files (HLS) are no camera's
picture. The rate of pictures without times is found by the clock, within a second."""

_FATAL = {
    "HTTPUnauthorizedError": ("401 Unauthorized", "Check the user and the password."),
    "HTTPForbiddenError": ("403 Forbidden", "Check the user and the password, and their rights."),
}
"""Answers after which asking again is no use, and might lock the user out."""


class FeedBrokenError(Exception):
    """A connection could not be made or has ended; the text says why, without the address."""


@dataclass(frozen=True, slots=True)
class LivePicture:
    """A picture as it has come: its upright size, and `image`, which makes it uint8 [H, W, 3]."""

    width: int
    height: int
    image: Callable[[], NDArray[np.uint8]]


class LiveFeed(Protocol):
    """An open connection; `fps` is the rate of its pictures, as well as it is known."""

    fps: float

    def pictures(self) -> Iterator[LivePicture]:
        """Each picture as it comes, to the end of the connection. Raises `FeedBrokenError`."""
        ...

    def close(self) -> None: ...


Connect = Callable[[LiveAddress], LiveFeed]
"""As `open_feed`."""


def open_feed(address: LiveAddress) -> LiveFeed:
    """Connects. Raises `FeedBrokenError`, and `VideoError` where trying again is no use."""
    if address.device is not None:
        return _DeviceFeed(address.device)
    return _NetworkFeed(address)


class _NetworkFeed:
    """A camera in the network."""

    def __init__(self, address: LiveAddress) -> None:
        self._container, fault = _connected(address)
        if fault is not None:
            raise fault
        self._stream, _ = picture_stream(self._container)
        if self._stream is None:
            self.close()
            raise FeedBrokenError("it sends no video that can be decoded")
        self.fps, _ = frame_rate(self._container, self._stream)

    def pictures(self) -> Iterator[LivePicture]:
        upright: UprightPictures | None = None
        kind: tuple[int, int] | None = None
        for picture in Deinterlacer().frames(self._decoded()):
            if upright is None or kind != (picture.width, picture.height):
                kind = picture.width, picture.height
                upright = UprightPictures(picture, pixel_shape=self._stream.sample_aspect_ratio)
            yield LivePicture(upright.width, upright.height, partial(upright, picture))

    def _decoded(self) -> Iterator[av.VideoFrame]:
        packets = self._container.demux(self._stream)
        while True:
            packet, reason = _next_packet(packets)
            try:
                # No packet is the end: the decoder gives out the pictures that it still holds.
                for picture in self._stream.decode(packet):
                    picture.time_base = picture.time_base or self._stream.time_base
                    yield picture
            except (av.error.FFmpegError, ValueError):
                pass  # a packet that was damaged on its way
            if reason is not None:
                raise FeedBrokenError(reason)

    def close(self) -> None:
        self._container.close()


def _connected(address: LiveAddress) -> tuple[Any, Exception | None]:
    """The container, or what to raise: outside of the handler, so that FFmpeg's error, which holds
    the address, is no context of it."""
    try:
        options = {**_OPTIONS, "timeout": str(int(PATIENCE / 2 * 1e6))}
        return av.open(address.text, options=options, timeout=(PATIENCE, PATIENCE / 2)), None
    except (av.error.FFmpegError, OSError, ValueError) as error:
        kind = type(error).__name__
        reason = _reason(error)
    if kind not in _FATAL:
        return None, FeedBrokenError(reason)
    answer, remedy = _FATAL[kind]
    return None, VideoError(
        "a live camera must let its user in", got=f"{answer} from {address.shown}", remedy=remedy
    )


def _next_packet(packets: Iterator[Any]) -> tuple[Any, str | None]:
    """The next packet with anything in it, or why there is none."""
    try:
        for packet in packets:
            if packet.size:
                return packet, None
    except (av.error.FFmpegError, OSError) as error:
        return None, _reason(error)
    return None, "the camera closed the connection"


def _reason(error: Exception) -> str:
    """Why a connection failed, in the system's words, which name no address."""
    if isinstance(error, av.error.ExitError | TimeoutError):
        return f"nothing came for {PATIENCE / 2:g} seconds or more"
    if isinstance(error, av.error.ArgumentError | av.error.InvalidDataError):
        return "it sends nothing that is known as a camera's video (RTSP, MJPEG, MPEG-TS)"
    if getattr(error, "errno", None) == errno.EIO:
        return "there is no connection, or it broke off"
    return getattr(error, "strerror", None) or type(error).__name__


class _DeviceFeed:
    """A camera at this machine, such as one by USB."""

    def __init__(self, device: int | str) -> None:
        import cv2

        self._capture = cv2.VideoCapture(device)
        if not self._capture.isOpened():
            self._capture.release()
            raise FeedBrokenError("no camera that can be opened; another program may be using it")
        stated = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = stated if 1 <= stated <= 240 else 25.0

    def pictures(self) -> Iterator[LivePicture]:
        while True:
            is_there, picture = self._capture.read()
            if not is_there:
                raise FeedBrokenError("the camera gave no picture")
            height, width = picture.shape[:2]
            rgb = partial(np.ascontiguousarray, picture[..., ::-1])
            yield LivePicture(width, height, rgb)

    def close(self) -> None:
        self._capture.release()
