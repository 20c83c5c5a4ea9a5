"""What a layout must know: the names of crops and tracklets, and the tables beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tacan.errors import ConfigError
from tacan.synthetic.tracklets.dataset_plan import Part
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings

__all__ = ["Layout"]


def _as_they_are(settings: DatasetSettings) -> DatasetSettings:
    return settings


def _no_problems(_: Sequence[Part]) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to write a generated data set.

    Attributes
    ----------
    has_splits
        Whether identities are divided into `train` and `test`.
    tracklet_id
        The name of a tracklet, the same that the layout's reader gives it.
    crop_name
        The file of frame 1, 2, ... of a tracklet, relative to the root, with forward slashes.
    write_tables
        Writes what stands beside the crops; gets the root and the tracklets in their order.
    max_pid, max_camid, max_number
        What the file names have room for.
    suit
        The settings without what the data set doesn't have, such as junk.
    problems
        Why these tracklets can't be written, beside what the file names have no room for.
    """

    has_splits: bool
    tracklet_id: Callable[[Part], str]
    crop_name: Callable[[Part, int], str]
    write_tables: Callable[[Path, Sequence[Part]], None]
    max_pid: int
    max_camid: int
    max_number: int
    suit: Callable[[DatasetSettings], DatasetSettings] = _as_they_are
    problems: Callable[[Sequence[Part]], list[str]] = _no_problems

    def check(self, parts: Sequence[Part]) -> None:
        """Raises `ConfigError` where these tracklets can't be written in this layout."""
        sizes = (
            ("identities", max((part.pid for part in parts), default=0), self.max_pid),
            ("cameras", max((part.camid for part in parts), default=0), self.max_camid),
            (
                "tracklets of one pid in one camera",
                max((part.number for part in parts), default=0),
                self.max_number,
            ),
        )
        problems = [
            f"this layout's file names have room for {room} {what}; got {size}"
            for what, size, room in sizes
            if size > room
        ]
        problems += self.problems(parts)
        if problems:
            raise ConfigError(problems, source="the generated data set")
