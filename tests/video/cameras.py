"""Cameras of a test's own: one that waits until each picture was looked at, and one by HTTP."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from tacan.video.live_address import LiveAddress
from tacan.video.live_feed import FeedBrokenError, LivePicture

Image = NDArray[np.uint8]
PATIENCE = 20.0


class Clock:
    """Seconds that stand until a camera moves them."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class SteppedFeed:
    """A feed of `images` at 10 a second of `clock`; one that is None is a moment without any.

    Each of the first `n_in_step` waits until it was looked at before the next one comes. At the end
    `at_end` is called, and the connection breaks.
    """

    fps = 10.0

    def __init__(
        self,
        images: Sequence[Image | None],
        clock: Clock,
        *,
        at_end: Callable[[], object] = lambda: None,
        n_in_step: int = 1_000_000,
    ) -> None:
        self._images = images
        self._clock = clock
        self._at_end = at_end
        self._n_in_step = n_in_step
        self.is_closed = False

    def pictures(self) -> Iterator[LivePicture]:
        for place, image in enumerate(self._images):
            self._clock.now += 0.1
            if image is None:
                continue
            seen = threading.Event()
            yield LivePicture(image.shape[1], image.shape[0], _looked_at(image, seen))
            assert place >= self._n_in_step or seen.wait(PATIENCE)
        self._at_end()
        raise FeedBrokenError("the cable was pulled")

    def close(self) -> None:
        self.is_closed = True


def _looked_at(image: Image, seen: threading.Event) -> Callable[[], Image]:
    def look() -> Image:
        seen.set()
        return image

    return look


class Connections:
    """What connecting gives, one after another: feeds, or errors to raise. Then `stopped` is set.

    `addresses` are those that were asked for.
    """

    def __init__(self, *outcomes: SteppedFeed | Exception) -> None:
        self._outcomes = list(outcomes)
        self.stopped = threading.Event()
        self.addresses: list[LiveAddress] = []

    def __call__(self, address: LiveAddress) -> SteppedFeed:
        self.addresses.append(address)
        if not self._outcomes:
            self.stopped.set()
            raise FeedBrokenError("there is nothing more")
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def multipart(images: Sequence[Image]) -> bytes:
    """The pictures as a camera sends them by HTTP: JPEGs one after another."""
    parts = []
    for image in images:
        jpeg = cv2.imencode(".jpg", image[..., ::-1])[1].tobytes()
        head = f"--x\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        parts += [head.encode(), jpeg, b"\r\n"]
    return b"".join(parts)


def transport_stream(images: Sequence[Image], *, codec: str = "mpeg2video") -> bytes:
    """The pictures as an encoder sends them by HTTP or UDP: MPEG-TS, 10 a second."""
    height, width = images[0].shape[:2]
    packed = io.BytesIO()
    with av.open(packed, "w", format="mpegts") as container:
        stream = container.add_stream(codec, rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return packed.getvalue()


@contextmanager
def http_camera(
    answers: dict[str, int | bytes],
    *,
    silent_until: threading.Event | None = None,
    content_type: str = "multipart/x-mixed-replace; boundary=x",
) -> Iterator[str]:
    """An address under which each path answers with a status, or with pictures; then the connection
    ends, or nothing comes until an event."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers[self.path.partition("?")[0]]
            self.send_response(answer if isinstance(answer, int) else 200)
            if answer == 401:
                self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.send_header("Content-Type", content_type)
            self.end_headers()
            if isinstance(answer, bytes):
                self.wfile.write(answer)
            if silent_until is not None:
                silent_until.wait(PATIENCE)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://me:secret@127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
