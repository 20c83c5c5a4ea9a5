"""Records of a gallery: sources, tracklets, crops, and the model of the vectors.

Legend: D embedding size, n frames in which a tracklet was seen, m clips. Seconds count from the
first frame of the source. Timestamps are aware datetimes; the gallery stores them in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tacan.video.video_records import Crop

__all__ = [
    "GalleryInfo",
    "ModelInfo",
    "NewSource",
    "NewTracklet",
    "Source",
    "StoredCrop",
    "StoredTracklet",
    "TrackletFilter",
    "Trajectory",
]


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The model of a gallery's vectors.

    Vectors can be compared if and only if `fingerprint` is the same. `metric` is the distance
    that they are meant for: `euclidean` or `cosine`. `clip_weight` names the model whose clip
    weight a frozen encoder was given, or is `none`; the fingerprint covers it.
    """

    name: str
    fingerprint: str
    embedding_dim: int
    metric: str = "euclidean"
    clip_weight: str = "none"


@dataclass(frozen=True, slots=True)
class NewSource:
    """A video file (or ready tracks) that is about to be indexed.

    `sha256` is that of the file's bytes. `start` is the timestamp of its first frame, None if
    it is unknown. `settings` are all that its tracklets depend on, as JSON can hold them: file,
    camera and settings together make a source.
    """

    path: str
    name: str
    sha256: str
    camera: str
    start: datetime | None = None
    duration: float | None = None
    fps: float | None = None
    width: int | None = None
    height: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source(NewSource):
    """A source in the gallery. Once `done`, there is nothing left to index in it.

    `damage` says why it could not be decoded as a whole, None for one that could.
    """

    id: int = 0
    state: Literal["indexing", "done"] = "indexing"
    damage: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class NewTracklet:
    """A tracklet with its vector, to be added to a source.

    number
        Unique within its source and the same whenever the source is indexed again: adding the
        same number twice changes nothing.
    embedding
        float32 [D], finite.
    clip_weights, clip_frames
        float32 [m], and int64 [m, 2]: the first and the last frame of each clip.
    frames, seconds, boxes
        int64 [n], float64 [n], float32 [n, 4] as x1, y1, x2, y2 in pixels of the upright frame.
    quality
        From 0 to 1.
    person
        The name of the person, where one was given.
    crops
        The best crops, in the order of time.
    tracks
        The tracks that it was made of, counted from 1 in the order of ending within its source;
        two tracklets share one that was split. Empty where it is not known.
    """

    number: int
    first_seconds: float
    last_seconds: float
    embedding: NDArray[np.float32]
    clip_weights: NDArray[np.float32]
    clip_frames: NDArray[np.int64]
    n_frames: int
    quality: float
    frames: NDArray[np.int64]
    seconds: NDArray[np.float64]
    boxes: NDArray[np.float32]
    crops: tuple[Crop, ...] = ()
    person: str | None = None
    tracks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredTracklet:
    """A tracklet in the gallery. Its `Trajectory` and crops are read separately.

    `id` is never used again after the tracklet was deleted. `name` is `camera/NUMBER`, counted
    through all sources of the camera; `number` counts within the source. `start` and `end` are
    None where the source's start is unknown. `person_id` is that of the person whom it shows, None
    before it was linked; `person` is the name, where one was given.
    """

    id: int
    name: str
    camera: str
    source_id: int
    source: str
    number: int
    first_seconds: float
    last_seconds: float
    start: datetime | None
    end: datetime | None
    n_frames: int
    quality: float
    person: str | None
    n_crops: int
    person_id: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """Boxes and clip weights of a tracklet over time; shapes as in `NewTracklet`."""

    frames: NDArray[np.int64]
    seconds: NDArray[np.float64]
    boxes: NDArray[np.float32]
    clip_weights: NDArray[np.float32]
    clip_frames: NDArray[np.int64]
    tracks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredCrop:
    """One crop of a tracklet. The JPEG file at `path` may have been removed."""

    path: Path
    frame: int
    seconds: float
    box: tuple[float, float, float, float]
    sharpness: float


@dataclass(frozen=True, slots=True)
class TrackletFilter:
    """Conditions on tracklets; without any, all are meant.

    cameras, exclude_cameras
        Only, or never, those of these cameras.
    after, before
        Seen at or after, and before, these timestamps: a tracklet that is in sight at the border
        counts. One whose timestamps are unknown never does.
    min_quality
        Of at least this quality.
    exclude
        Never the tracklets of these ids.
    """

    cameras: tuple[str, ...] | None = None
    exclude_cameras: tuple[str, ...] = ()
    after: datetime | None = None
    before: datetime | None = None
    min_quality: float = 0.0
    exclude: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class GalleryInfo:
    """Numbers of a gallery. `n_persons` counts its people once it was linked, and before that the
    different names of people."""

    n_tracklets: int
    n_cameras: int
    n_persons: int
    n_sources: int
    n_sources_done: int
    n_crops: int
    model: str
    fingerprint: str
    embedding_dim: int
    metric: str
    first: datetime | None
    last: datetime | None
    schema: int
    n_bytes: int
    cameras: tuple[str, ...] = ()
    clip_weight: str = "none"
