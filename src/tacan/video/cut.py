"""Tracks become tracklets: cut where they jump, sifted, and given their best pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from tacan.errors import ConfigError
from tacan.video.album import Album, Candidate
from tacan.video.boxes import clipped
from tacan.video.records import NO_TRACK, Crop, Detections, VideoFrame, VideoTracklet
from tacan.video.sharpness import crop_quality, sharpness, visible_shares

__all__ = ["TrackletCutter", "TrackletRules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackletRules:
    """What makes a tracklet. Raises `ConfigError`, which names every fault at once."""

    min_frames: int = 5
    """Fewer detections than this are nobody."""
    min_seconds: float = 0.5
    """A shorter tracklet is dropped."""
    min_height: float = 32.0
    """The median height of the boxes must reach this (pixels)."""
    min_sharpness: float = 0.0
    """The sharpest picture must reach this (see `tacan.video.sharpness`)."""
    max_gap: float = 1.5
    """A track that is not seen for longer than this ends (seconds)."""
    max_seconds: float = 300.0
    """A longer track is cut here, so that a bench taken for a person can't grow for ever."""
    max_stride: float = 3.0
    """A centre that moves by more than half a height and this many heights a second has jumped."""
    max_growth: float = 1.8
    """A box that becomes taller or lower by more than this factor from one time to the next has
    jumped."""

    def __post_init__(self) -> None:
        faults = [
            f"{name} must be at least {least}; got {value}"
            for name, least, value in (
                ("min_frames", 1, self.min_frames),
                ("min_seconds", 0, self.min_seconds),
                ("min_height", 0, self.min_height),
                ("min_sharpness", 0, self.min_sharpness),
                ("max_gap", 0, self.max_gap),
                ("max_seconds", self.min_seconds, self.max_seconds),
                ("max_stride", 0, self.max_stride),
                ("max_growth", 1, self.max_growth),
            )
            if not value >= least
        ]
        if faults:
            raise ConfigError(faults, source="the rules for tracklets")


@dataclass(slots=True)
class _Open:
    """A track that still runs."""

    track: int
    album: Album
    frames: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    boxes: list[NDArray[np.float32]] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


class TrackletCutter:
    """Collects tracks frame by frame and gives out tracklets as they end.

    Numbers count from 1 in the order of ending; those that end together are ordered by their first
    frame and then by track. The same frames and tracks always give the same tracklets. Memory
    grows with the people in sight, not with the video.
    """

    def __init__(
        self, *, rules: TrackletRules | None = None, n_crops: int = 16, jpeg_quality: int = 92
    ) -> None:
        if n_crops < 1 or not 1 <= jpeg_quality <= 100:
            raise ConfigError(
                [f"got {n_crops} crops of JPEG quality {jpeg_quality}; at least 1, and 1 to 100"],
                source="the choice of crops",
            )
        self._rules = TrackletRules() if rules is None else rules
        self._n_crops = n_crops
        self._jpeg_quality = jpeg_quality
        self._open: dict[int, _Open] = {}
        self._last_number = 0

    def add(
        self, frame: VideoFrame, detections: Detections, tracks: NDArray[np.int64]
    ) -> list[VideoTracklet]:
        """Takes the next frame; returns the tracklets that ended by it.

        `tracks` [n] numbers the track of each detection, -1 for none.
        """
        height, width = frame.image.shape[:2]
        boxes = clipped(detections.boxes, width=width, height=height)
        shares = visible_shares(boxes)
        ended = self._unseen(frame.seconds)
        for place in np.flatnonzero(tracks != NO_TRACK).tolist():
            track = int(tracks[place])
            box = boxes[place]
            if box[2] - box[0] < 1 or box[3] - box[1] < 1:
                continue
            running = self._open.get(track)
            if running is not None and self._jumps(running, box, frame.seconds):
                ended.append(self._open.pop(track))
                running = None
            if running is None:
                running = self._open[track] = _Open(track, Album(self._n_crops))
            score = float(detections.scores[place])
            running.frames.append(frame.index)
            running.seconds.append(frame.seconds)
            running.boxes.append(box)
            running.scores.append(score)
            self._picture(running, frame, box, score=score, visible=float(shares[place]))
        return self._finished(ended)

    def flush(self) -> list[VideoTracklet]:
        """The tracklets that still ran when the video ended."""
        ended = list(self._open.values())
        self._open.clear()
        return self._finished(ended)

    def _unseen(self, now: float) -> list[_Open]:
        gone = [t for t, run in self._open.items() if now - run.seconds[-1] > self._rules.max_gap]
        return [self._open.pop(track) for track in gone]

    def _jumps(self, running: _Open, box: NDArray[np.float32], now: float) -> bool:
        before, then = running.boxes[-1], running.seconds[-1]
        if now - running.seconds[0] > self._rules.max_seconds:
            return True
        old, new = float(before[3] - before[1]), float(box[3] - box[1])
        moved = float(np.hypot(*(box[:2] + box[2:] - before[:2] - before[2:]))) / 2
        reach = (0.5 + self._rules.max_stride * (now - then)) * max(old, new)
        return moved > reach or max(old, new) > self._rules.max_growth * min(old, new)

    def _picture(
        self,
        running: _Open,
        frame: VideoFrame,
        box: NDArray[np.float32],
        *,
        score: float,
        visible: float,
    ) -> None:
        height, width = frame.image.shape[:2]
        x1, y1 = np.floor(box[:2]).astype(int)
        x2, y2 = np.ceil(box[2:]).astype(int)
        pixels = frame.image[y1:y2, x1:x2]
        sharp = sharpness(pixels)
        whole = x1 > 0 and y1 > 0 and x2 < width and y2 < height
        quality = crop_quality(
            score=score, crop_sharpness=sharp, height=y2 - y1, visible=visible, whole=bool(whole)
        )
        if not running.album.would_keep(quality):
            running.album.pass_over()
            return
        jpeg = simplejpeg.encode_jpeg(
            np.ascontiguousarray(pixels), quality=self._jpeg_quality, colorspace="RGB"
        )
        taken = np.array([x1, y1, x2, y2], np.float32)
        crop = Crop(frame.index, frame.seconds, taken, jpeg, sharp)
        running.album.keep(Candidate(quality, crop))

    def _finished(self, ended: list[_Open]) -> list[VideoTracklet]:
        done: list[VideoTracklet] = []
        for running in sorted(ended, key=lambda run: (run.frames[0], run.track)):
            if self._is_somebody(running):
                self._last_number += 1
                done.append(_tracklet(self._last_number, running))
        return done

    def _is_somebody(self, running: _Open) -> bool:
        rules = self._rules
        boxes = np.array(running.boxes)
        sharpest = max(candidate.crop.sharpness for candidate in running.album.chosen())
        return (
            len(running.frames) >= rules.min_frames
            and running.seconds[-1] - running.seconds[0] >= rules.min_seconds
            and float(np.median(boxes[:, 3] - boxes[:, 1])) >= rules.min_height
            and sharpest >= rules.min_sharpness
        )


def _tracklet(number: int, running: _Open) -> VideoTracklet:
    chosen = running.album.chosen()
    return VideoTracklet(
        number=number,
        frames=np.array(running.frames, np.int64),
        seconds=np.array(running.seconds, np.float64),
        boxes=np.array(running.boxes, np.float32),
        scores=np.array(running.scores, np.float32),
        crops=tuple(candidate.crop for candidate in chosen),
        quality=float(np.mean([candidate.quality for candidate in chosen])),
    )
