"""One video to index: where it is, whose camera it is, and how it is to be indexed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.source_starts import Start
from tacan.video.live_address import LiveAddress

__all__ = ["VideoSource"]


@dataclass(frozen=True, slots=True)
class VideoSource:
    """A file, a folder of pictures or a live camera, the camera's name, when it begins, and how it
    is to be indexed.

    `start_note` says where the start is from, if that is worth knowing. `live` is the address of a
    live camera, None for a file; its `path` is no more than what is shown of it.
    """

    path: Path
    camera: str
    start: Start = None
    settings: IndexSettings = field(default_factory=IndexSettings)
    start_note: str | None = None
    live: LiveAddress | None = None

    @property
    def shown(self) -> str:
        """Where it is, for people: without any password."""
        return str(self.path) if self.live is None else self.live.shown
