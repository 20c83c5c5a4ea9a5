from __future__ import annotations

import pytest

from tacan.video.live_address import is_live, live_address


@pytest.mark.parametrize(
    ("text", "shown", "device", "camera"),
    [
        ("rtsp://me:secret@door:554/live", "rtsp://...@door:554/live", None, "door"),
        ("rtsp://me:se/cr@et@10.0.0.7/live", "rtsp://...@10.0.0.7/live", None, "10.0.0.7"),
        ("https://door/live?key=secret", "https://door/live?...", None, "door"),
        ("http://door/secret=1/live", "http://door/.../live", None, "door"),
        ("RTSP://[fe80::1]:554/live", "RTSP://[fe80::1]:554/live", None, "[fe80::1]"),
        ("rtsps://door", "rtsps://door", None, "door"),
        ("usb:1", "usb:1", 1, "usb1"),
        ("/dev/video0", "/dev/video0", 0, "usb0"),
        ("/dev/v4l/by-id/usb-cam", "/dev/v4l/by-id/usb-cam", "/dev/v4l/by-id/usb-cam", "usb-cam"),
    ],
)
def test_live_cameras(text: str, shown: str, device: object, camera: str) -> None:
    address = live_address(text)
    assert address is not None
    assert (address.text, address.shown, address.device) == (text, shown, device)
    assert address.camera == camera
    assert is_live(text)
    assert "secret" not in repr(address)


@pytest.mark.parametrize("text", ["door.mp4", "C:/door.mp4", "./usb:1", "/dev/shm/a.mp4", "a@b:c"])
def test_paths_are_no_addresses(text: str) -> None:
    assert live_address(text) is None
    assert not is_live(text)


@pytest.mark.parametrize("text", ["ftp://me:secret@door/a", "file:///etc/passwd", "rtsp:/door"])
def test_other_addresses_are_refused_without_their_password(text: str) -> None:
    assert is_live(text)
    with pytest.raises(ValueError, match="a live camera must be at rtsp://") as caught:
        live_address(text)
    assert "secret" not in str(caught.value)
