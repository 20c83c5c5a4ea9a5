"""What a worker process tells while it runs a job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tacan.errors import TacanError
from tacan.gallery.gallery_records import NewTracklet
from tacan.indexing.chain_run import ChainOutcome
from tacan.video.video_records import FrameDetections

__all__ = ["Defect", "Finished", "Frame", "Message", "Progressed", "Saved", "Stored"]


@dataclass(frozen=True, slots=True)
class Stored:
    """As `ChainListener.store`."""

    place: int
    tracklets: list[NewTracklet]


@dataclass(frozen=True, slots=True)
class Saved:
    """As `ChainListener.save_detections`."""

    place: int
    first: int
    block: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """As `StreamWatch.frame`."""

    place: int
    found: FrameDetections


@dataclass(frozen=True, slots=True)
class Progressed:
    """As `StreamWatch.progress`."""

    done: int
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Finished:
    """The job is done."""

    outcome: ChainOutcome


@dataclass(frozen=True, slots=True)
class Defect:
    """The job failed by a defect of the software, with this trace."""

    trace: str


Message = Stored | Saved | Frame | Progressed | Finished | Defect | TacanError
"""A `TacanError` is the fault that the job ended with."""
