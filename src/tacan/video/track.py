"""Trackers by name: detections of single frames become tracks.

The work is done by the package `trackers`, which is imported when a tracker is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tacan.errors import ConfigError
from tacan.video.video_records import NO_TRACK, Detections

__all__ = ["TRACKERS", "Tracker", "open_tracker"]

_PACKAGE_RATE = 30.0
"""`trackers` counts lost frames in a video of this rate."""


class Tracker(Protocol):
    """An algorithm that follows people from frame to frame."""

    def update(self, detections: Detections) -> NDArray[np.int64]:
        """Track number [n] of each detection, -1 for none. Once a processed frame, in order."""
        ...


class _PackageTracker:
    """A tracker of the package `trackers` behind our protocol."""

    def __init__(self, tracker: Any) -> None:
        import supervision

        self._tracker = tracker
        self._pack = supervision.Detections

    def update(self, detections: Detections) -> NDArray[np.int64]:
        """Track number [n] of each detection, -1 for none."""
        given = self._pack(
            xyxy=detections.boxes.astype(np.float64),
            confidence=detections.scores.astype(np.float64),
            data={"index": np.arange(len(detections))},
        )
        answer = self._tracker.update(given)
        numbers = np.full(len(detections), NO_TRACK, np.int64)
        if len(answer):
            # The package may answer in another order.
            numbers[answer.data["index"]] = answer.tracker_id
        return numbers


def _bytetrack(*, track_threshold: float, **common: Any) -> Any:
    from trackers import ByteTrackTracker

    return ByteTrackTracker(
        track_activation_threshold=track_threshold,
        high_conf_det_threshold=track_threshold,
        minimum_iou_threshold=0.2,
        **common,
    )


def _sort(*, track_threshold: float, **common: Any) -> Any:
    from trackers import SORTTracker

    return SORTTracker(
        track_activation_threshold=track_threshold, minimum_iou_threshold=0.1, **common
    )


def _ocsort(*, track_threshold: float, **common: Any) -> Any:
    from trackers import OCSORTTracker

    return OCSORTTracker(
        high_conf_det_threshold=track_threshold, minimum_iou_threshold=0.1, **common
    )


def _botsort(*, track_threshold: float, **common: Any) -> Any:
    from trackers import BoTSORTTracker

    # The package's own thresholds (.5, .3) lose people of whom a light detector is unsure: an
    # overlap counts times the score there. These did best on generated crowds.
    return BoTSORTTracker(
        track_activation_threshold=track_threshold,
        high_conf_det_threshold=track_threshold,
        minimum_iou_threshold_second_assoc=0.3,
        minimum_iou_threshold_unconfirmed_assoc=0.15,
        enable_cmc=False,
        **common,
    )


def _cbiou(*, track_threshold: float, **common: Any) -> Any:
    from trackers import CBIoUTracker

    return CBIoUTracker(
        track_activation_threshold=track_threshold,
        high_conf_det_threshold=track_threshold,
        **common,
    )


TRACKERS: dict[str, Callable[..., Any]] = {
    "bytetrack": _bytetrack,
    "sort": _sort,
    "ocsort": _ocsort,
    "botsort": _botsort,
    "cbiou": _cbiou,
}
"""Each tracker by its name: ByteTrack, SORT, OC-SORT, BoT-SORT and C-BIoU."""


def open_tracker(
    name: str, *, fps: float, max_lost_seconds: float = 1.0, track_threshold: float = 0.4
) -> Tracker:
    """The tracker `name`, for frames that follow each other at `fps` (after any stride).

    A person who is not seen for `max_lost_seconds` is given up. A detection begins a track from
    the score `track_threshold` on; `bytetrack`, `botsort` and `cbiou` follow a track through weaker
    ones. Raises `ConfigError`.
    """
    faults: list[str] = []
    if name not in TRACKERS:
        faults.append(f"a tracker must be one of {', '.join(TRACKERS)}; got {name!r}")
    if not fps > 0:
        faults.append(f"a frame rate must be positive; got {fps}")
    if not max_lost_seconds >= 0:
        faults.append(f"max_lost_seconds must not be negative; got {max_lost_seconds}")
    if not 0 <= track_threshold <= 1:
        faults.append(f"track_threshold must be in 0..1; got {track_threshold}")
    if faults:
        raise ConfigError(faults, source="the tracker")
    return _PackageTracker(
        TRACKERS[name](
            track_threshold=track_threshold,
            lost_track_buffer=round(max_lost_seconds * _PACKAGE_RATE),
            frame_rate=fps,
            minimum_consecutive_frames=2,
        )
    )
