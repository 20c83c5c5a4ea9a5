"""Reports of indexing: the tracklets of each source, and the speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tacan.errors import VideoError
from tacan.text import counted, per_cent

__all__ = [
    "IndexReport", "SourceFailure", "SourceReport", "failures_error", "shares_text", "work_shares",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceReport:
    """The outcome of one source.

    n_tracklets
        All that the gallery holds of it now; `n_new` of them by this run.
    n_frames
        Frames that were looked at.
    stride
        One of so many frames of the video was looked at.
    video_seconds, seconds
        How much video that is, and how long it took; that of all workers together, where several
        looked at it.
    stage_seconds, shares
        Seconds that each stage was at work, and its share of all work: see `Pipeline.seconds`.
    was_done
        Whether the gallery held all of it before, so that nothing was done.
    damage
        Why the video could not be read to its end, if so.
    notes
        What else is worth knowing, as sentences.
    is_live
        Whether it is a live camera, which is as fast as it is.
    """

    path: str
    camera: str
    n_tracklets: int
    n_new: int = 0
    n_frames: int = 0
    stride: int = 1
    video_seconds: float = 0.0
    seconds: float = 0.0
    stage_seconds: dict[str, float] = field(default_factory=dict)
    was_done: bool = False
    damage: str | None = None
    notes: tuple[str, ...] = ()
    is_live: bool = False

    @property
    def shares(self) -> dict[str, float]:
        """Each stage's share of all work."""
        return work_shares([self.stage_seconds])

    @property
    def speed(self) -> float:
        """Seconds of video in a second; 0 where nothing was done."""
        return self.video_seconds / self.seconds if self.seconds else 0.0

    def text(self) -> str:
        """The source in a line or more for people."""
        head = f"{self.path} ({self.camera}): "
        if self.was_done:
            done = f"{head}indexed before, {counted(self.n_tracklets, 'tracklet')}; nothing to do"
            return done if self.damage is None else f"{done}\n  {self.damage}"
        found = f"{head}{counted(self.n_tracklets, 'tracklet')} from {self.n_frames:,} frames"
        chosen = "" if self.stride == 1 else f", one of {self.stride},"
        speed = "live" if self.is_live else f"{self.speed:.1f} times as fast as it plays"
        lines = [f"{found}{chosen} in {self.seconds:.1f} s, {speed} ({shares_text(self.shares)})"]
        if self.damage is not None:
            lines.append(
                f"  {self.damage}; what could be decoded is indexed, "
                f"{self.video_seconds:.1f} s of video"
            )
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])


@dataclass(frozen=True, slots=True)
class SourceFailure:
    """A source that could not be read, or not to its end; what was stored of it stays."""

    path: str
    camera: str
    error: VideoError


def failures_error(failures: Sequence[SourceFailure]) -> VideoError:
    """One error for all sources that failed."""
    errors = [failure.error for failure in failures]
    if len(errors) == 1:
        return errors[0]
    rules = dict.fromkeys(error.rule for error in errors)
    return VideoError(
        "; ".join(rules),
        got="\n  " + "\n  ".join(str(error.got) for error in errors),
        remedy="Correct these sources or leave them out.",
    )


@dataclass(frozen=True, slots=True)
class IndexReport:
    """The outcome of all sources of a call; `failures` are those that could not be read.

    `elapsed` are its seconds; where that is not told, the sources were indexed one after another.
    """

    sources: tuple[SourceReport, ...]
    failures: tuple[SourceFailure, ...] = ()
    elapsed: float | None = None

    @property
    def n_new(self) -> int:
        return sum(source.n_new for source in self.sources)

    @property
    def speed(self) -> float:
        """Seconds of video in a second, over the sources that there was something to do for."""
        seconds = self.elapsed or sum(source.seconds for source in self.sources)
        return sum(source.video_seconds for source in self.sources) / seconds if seconds else 0.0

    @property
    def shares(self) -> dict[str, float]:
        """Each stage's share of all work."""
        return work_shares([source.stage_seconds for source in self.sources])

    def as_json(self) -> dict[str, Any]:
        """For `--json`: exact numbers."""
        return {
            "sources": [
                {
                    "path": source.path,
                    "camera": source.camera,
                    "n_tracklets": source.n_tracklets,
                    "n_new": source.n_new,
                    "n_frames": source.n_frames,
                    "stride": source.stride,
                    "video_seconds": source.video_seconds,
                    "seconds": source.seconds,
                    "speed": source.speed,
                    "shares": source.shares,
                    "was_done": source.was_done,
                    "damage": source.damage,
                    "notes": list(source.notes),
                }
                for source in self.sources
            ],
            "failures": [
                {"path": each.path, "camera": each.camera, "error": str(each.error)}
                for each in self.failures
            ],
            "n_new": self.n_new,
            "speed": self.speed,
            "shares": self.shares,
        }


def work_shares(stage_seconds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Each stage's share of all work: they sum to 1, or are all 0 before anything was done.

    >>> work_shares([{"decode": 1.0, "detection": 2.0}, {"decode": 1.0}])
    {'decode': 0.5, 'detection': 0.5}
    """
    stages: dict[str, float] = {}
    for seconds in stage_seconds:
        for stage, spent in seconds.items():
            stages[stage] = stages.get(stage, 0.0) + spent
    total = sum(stages.values())
    return {stage: spent / total if total else 0.0 for stage, spent in stages.items()}


def shares_text(shares: Mapping[str, float]) -> str:
    """One line for people.

    >>> shares_text({"decode": 0.104, "detection": 0.896})
    'decode 10 %, detection 90 %'
    """
    return ", ".join(f"{stage} {per_cent(share)}" for stage, share in shares.items())
