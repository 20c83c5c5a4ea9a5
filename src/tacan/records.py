"""The records that everything else passes around: immutable, and checked when made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tacan.errors import DataError

__all__ = ["DISTRACTOR_PID", "JUNK_PID", "Tracklet", "TrackletSplit"]

JUNK_PID = -1
"""The pid of tracklets that count neither for nor against a result (MARS)."""

DISTRACTOR_PID = 0
"""The pid of tracklets that are nobody's right answer (MARS)."""

LARGEST_NUMBER = 2**63 - 1
"""Pids and cameras are kept as int64."""


@dataclass(frozen=True, slots=True)
class Tracklet:
    """One person's crops through one video, in the order of time.

    `frames` are file names relative to `directory`. They are kept as plain strings, because a
    `Path` costs ten times their memory and a data set has over a million frames.

    >>> walk = Tracklet("0001C1T0001", pid=1, camid=1, directory=Path("0001"), frames=("a.jpg",))
    >>> len(walk), walk.path(0).as_posix()
    (1, '0001/a.jpg')

    Raises `DataError` for an empty tracklet, a pid below -1, a negative camera, either of 2^63 or
    more, or a frame that occurs twice.
    """

    tracklet_id: str
    pid: int
    camid: int
    directory: Path
    frames: tuple[str, ...]

    def __post_init__(self) -> None:
        name = f"tracklet {self.tracklet_id!r}"
        if not self.frames:
            raise DataError(
                "a tracklet must have at least one frame",
                got=f"{name} with none",
                remedy="Remove its folder or add its crops.",
            )
        if self.pid < JUNK_PID:
            raise DataError(
                "a pid must be -1 (junk), 0 (distractor) or a positive number",
                got=f"{self.pid} for {name}",
                remedy="Renumber the identities.",
            )
        if self.camid < 0:
            raise DataError(
                "a camera number must not be negative",
                got=f"{self.camid} for {name}",
                remedy="Renumber the cameras.",
            )
        if max(self.pid, self.camid) > LARGEST_NUMBER:
            raise DataError(
                "pids and camera numbers must be below 2^63",
                got=f"pid {self.pid} and camera {self.camid} for {name}",
                remedy="Number them anew, from 1 on.",
            )
        if len(set(self.frames)) != len(self.frames):
            twice = Counter(self.frames).most_common(1)[0][0]
            raise DataError(
                "a tracklet must hold each frame once",
                got=f"{twice!r} more than once in {name}",
                remedy="Remove the repetition.",
            )

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def is_junk(self) -> bool:
        return self.pid == JUNK_PID

    @property
    def is_distractor(self) -> bool:
        return self.pid == DISTRACTOR_PID

    def path(self, index: int) -> Path:
        """The file of frame `index`."""
        return self.directory / self.frames[index]


@dataclass(frozen=True, slots=True)
class TrackletSplit:
    """The tracklets of one split of a data set, and the part that each plays in a protocol.

    `is_query[i]` and `is_gallery[i]` say whether tracklet i is searched for and searched in;
    it can be both. In a training split both are False throughout.

    Raises `DataError` when the columns differ in length or a tracklet id occurs twice.
    """

    dataset: str
    split: str
    tracklets: tuple[Tracklet, ...]
    is_query: tuple[bool, ...]
    is_gallery: tuple[bool, ...]

    def __post_init__(self) -> None:
        sizes = {len(self.tracklets), len(self.is_query), len(self.is_gallery)}
        if len(sizes) != 1:
            raise DataError(
                "tracklets, is_query and is_gallery must be of one length",
                got=f"{len(self.tracklets)}, {len(self.is_query)}, {len(self.is_gallery)}",
                remedy="Give one entry for each tracklet.",
            )
        ids = Counter(tracklet.tracklet_id for tracklet in self.tracklets)
        if len(ids) != len(self.tracklets):
            raise DataError(
                "tracklet ids must be unique",
                got=f"{ids.most_common(1)[0][0]!r} more than once",
                remedy="Rename one of the tracklets.",
            )

    def __len__(self) -> int:
        return len(self.tracklets)

    def __iter__(self) -> Iterator[Tracklet]:
        return iter(self.tracklets)

    @property
    def pids(self) -> tuple[int, ...]:
        """The identities of real people in this split, sorted: no junk, no distractors."""
        return tuple(sorted({t.pid for t in self.tracklets if t.pid > DISTRACTOR_PID}))

    @property
    def camids(self) -> tuple[int, ...]:
        return tuple(sorted({t.camid for t in self.tracklets}))

    @property
    def n_frames(self) -> int:
        return sum(len(tracklet) for tracklet in self.tracklets)
