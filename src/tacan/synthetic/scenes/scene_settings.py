"""What generated videos are made from. The manifest keeps these settings word for word."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from tacan.errors import ConfigError

__all__ = ["SceneSettings"]


@dataclass(frozen=True, kw_only=True)
class SceneSettings:
    """Every choice behind some videos of one place; equal settings give the same bytes.

    Raises `ConfigError` with all faults at once.
    """

    cameras: int
    """How many cameras look at the place, each with a video."""
    people: int
    """How many people walk about."""
    seconds: float
    """Length of the videos."""
    seed: int
    """The number that everything is sampled from."""
    height: int = 480
    """Height of the pictures in pixels, even."""
    width: int = 640
    """Width of the pictures in pixels, even."""
    fps: int = 20
    """Pictures a second."""
    start: str = "2026-01-05T12:00:00+00:00"
    """When the videos begin, in ISO 8601 with the offset from UTC; noted in the manifest."""

    def __post_init__(self) -> None:
        rules = (
            (1 <= self.cameras <= 99, f"cameras must lie between 1 and 99; got {self.cameras}"),
            (1 <= self.people <= 999, f"people must lie between 1 and 999; got {self.people}"),
            (self.seed >= 0, f"seed must not be negative; got {self.seed}"),
            (1 <= self.fps <= 60, f"fps must lie between 1 and 60; got {self.fps}"),
            (
                0 < self.seconds <= 86400 and self.seconds * self.fps >= 1,
                f"seconds must give one frame at least and one day at most; got {self.seconds}",
            ),
            (
                all(64 <= side <= 4096 and side % 2 == 0 for side in (self.height, self.width)),
                "height and width must be even and lie between 64 and 4096; "
                f"got {self.height} x {self.width}",
            ),
            (
                _is_timestamp(self.start),
                f"start must be a time in ISO 8601 with its offset from UTC; got {self.start!r}",
            ),
        )
        faults = [message for holds, message in rules if not holds]
        if faults:
            raise ConfigError(faults, source="the generated videos")

    @property
    def n_frames(self) -> int:
        return max(1, round(self.seconds * self.fps))

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def _is_timestamp(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).utcoffset() is not None
    except ValueError:
        return False
