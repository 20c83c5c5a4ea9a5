"""Addresses of live cameras, told from paths of files; their passwords are never shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from tacan.text import is_address, without_password

__all__ = ["SCHEMES", "LiveAddress", "is_live", "live_address"]

SCHEMES = ("rtsp", "rtsps", "http", "https")
_DEVICE = re.compile(r"usb:(\d{1,3})|/dev/video(\d{1,3})|(/dev/v4l/[^\0]+)")


@dataclass(frozen=True, slots=True)
class LiveAddress:
    """Where a live camera is.

    `shown` is the address without its password, for messages, databases and reports; `text` is the
    address itself, to connect with, and nothing else may show it. `device` is that of a camera at
    this machine: its number or its path; None for one in the network.
    """

    text: str = field(repr=False)
    shown: str
    device: int | str | None = None

    @property
    def camera(self) -> str:
        """A name for the camera: that of its host, or of its device.

        >>> live_address("rtsp://me:secret@door:554/live").camera, live_address("usb:0").camera
        ('door', 'usb0')
        """
        if isinstance(self.device, int):
            return f"usb{self.device}"
        if self.device is not None:
            return Path(self.device).name
        host = re.match(r"[^/]*/{1,2}(?:\.\.\.@)?(\[[^\]]*\]|[^/:?]*)", self.shown)
        return host[1] if host is not None and host[1] else "camera"


def is_live(text: str) -> bool:
    """Whether `text` is an address or a device, known or not, and no path of a file.

    >>> [is_live(text) for text in ("rtsp://door", "ftp://door", "/dev/video0", "door.mp4")]
    [True, True, True, False]
    """
    return is_address(text) or _DEVICE.fullmatch(text) is not None


def live_address(text: str) -> LiveAddress | None:
    """The live camera that `text` names; None where it is the path of a file.

    Raises `ValueError`, with a reason for people, for an address of another kind.

    >>> live_address("rtsp://me:secret@door/live")
    LiveAddress(shown='rtsp://...@door/live', device=None)
    >>> live_address("door.mp4") is None
    True
    """
    device = _DEVICE.fullmatch(text)
    if device is not None:
        number = device[1] or device[2]
        return LiveAddress(text, text, int(number) if number else device[3])
    if not is_address(text):
        return None
    shown = without_password(text)
    if text.partition(":")[0].lower() not in SCHEMES or "://" not in text:
        kinds = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise ValueError(f"{shown}: a live camera must be at {kinds}, usb:NUMBER or /dev/videoN")
    return LiveAddress(text, shown)
