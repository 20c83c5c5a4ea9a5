from __future__ import annotations

import threading
import traceback
from typing import Any

import cv2
import numpy as np
import pytest

from tacan.errors import VideoError
from tacan.video import live_feed
from tacan.video.live_address import LiveAddress, live_address
from tacan.video.live_feed import FeedBrokenError, LivePicture, open_feed
from tests.video.cameras import http_camera, multipart, transport_stream


def address_of(text: str) -> LiveAddress:
    address = live_address(text)
    assert address is not None
    return address


def grey(value: int, width: int = 64, height: int = 48) -> Any:
    return np.full((height, width, 3), value, np.uint8)


def read(text: str) -> tuple[list[LivePicture], str]:
    feed = open_feed(address_of(text))
    seen = []
    try:
        for picture in feed.pictures():
            seen += [picture]
    except FeedBrokenError as error:
        return seen, str(error)
    finally:
        feed.close()
    raise AssertionError


def test_pictures_come_one_by_one_and_a_break_is_told() -> None:
    sent = [*(grey(8 * i) for i in range(12)), grey(200, 32, 24)]
    with http_camera({"/live": multipart(sent)}) as host:
        seen, reason = read(f"{host}/live")
    assert [(p.width, p.height) for p in seen] == [(64, 48)] * 12 + [(32, 24)]
    images = [picture.image() for picture in seen]
    assert [image.mean() for image in images[:12]] == pytest.approx(
        [8 * i for i in range(12)], abs=3
    )
    assert images[-1].shape == (24, 32, 3)
    assert reason
    assert "secret" not in reason


def test_a_transport_stream_by_http() -> None:
    sent = [grey(40 + 10 * i, 160, 96) for i in range(15)]
    with http_camera({"/ts": transport_stream(sent)}, content_type="video/mp2t") as host:
        seen, _ = read(f"{host}/ts")
    assert [(picture.width, picture.height) for picture in seen] == [(160, 96)] * len(sent)
    assert [picture.image().mean() for picture in seen] == pytest.approx(
        [image.mean() for image in sent], abs=4
    )


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_not_let_in_is_told_without_the_password(status: int) -> None:
    with (
        http_camera({"/live": status}) as host,
        pytest.raises(VideoError, match=f"got {status}") as caught,
    ):
        open_feed(address_of(f"{host}/live"))
    error = caught.value
    assert error.__context__ is None
    assert "secret" not in "".join(traceback.format_exception(error))
    assert "Check the user and the password" in str(error)


def test_silence_is_a_break(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_feed, "PATIENCE", 0.5)
    heard = threading.Event()
    with http_camera({"/live": multipart([grey(9)] * 9)}, silent_until=heard) as host:
        _, reason = read(f"{host}/live")
        heard.set()
    assert reason == "nothing came for 0.25 seconds or more"


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize("answer", [404, 500, b"hello" * 99, PLAYLIST, b""])
def test_whatever_else_comes_is_tried_again(answer: int | bytes) -> None:
    with http_camera({"/live": answer}) as host, pytest.raises(FeedBrokenError) as caught:
        open_feed(address_of(f"{host}/live"))
    assert caught.value.__context__ is None
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_nobody_answers(scheme: str) -> None:
    with pytest.raises(FeedBrokenError, match="refused"):
        open_feed(address_of(f"{scheme}://me:secret@127.0.0.1:1/live"))


class Capture:
    """Stands in for OpenCV's camera: two pictures, then none."""

    def __init__(self, device: object) -> None:
        self.device = device
        self.n_left = 2
        self.is_released = False

    def isOpened(self) -> bool:
        return self.device == 0

    def get(self, what: int) -> float:
        assert what == cv2.CAP_PROP_FPS
        return 15.0

    def read(self) -> tuple[bool, Any]:
        self.n_left -= 1
        return self.n_left >= 0, np.full((4, 6, 3), (1, 2, 3), np.uint8)

    def release(self) -> None:
        self.is_released = True


def test_a_camera_at_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    assert open_feed(address_of("/dev/video0")).fps == 15.0
    seen, reason = read("usb:0")
    assert [(p.width, p.height) for p in seen] == [(6, 4)] * 2
    assert seen[0].image()[0, 0].tolist() == [3, 2, 1]
    assert "no picture" in reason
    with pytest.raises(FeedBrokenError, match="another program"):
        open_feed(address_of("usb:1"))
