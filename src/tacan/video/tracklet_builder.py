"""Tracklets built from tracks: cut where a track jumps, filtered, with their crops and clips."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from tacan.images.cut import pixel_bounds
from tacan.video.boxes import clipped
from tacan.video.clip_reservoir import ClipReservoir, ClipShape
from tacan.video.crop_selector import Candidate, CropSelector
from tacan.video.sharpness import crop_quality, sharpness, visible_shares
from tacan.video.stillness import StillnessWatch
from tacan.video.tracklet_settings import TrackletSettings
from tacan.video.video_records import NO_TRACK, Crop, Detections, VideoFrame, VideoTracklet

__all__ = ["TrackletBuilder"]


@dataclass(slots=True)
class _RunningTrack:
    """A track that still runs."""

    track: int
    crops: CropSelector
    clips: ClipReservoir | None
    stillness: StillnessWatch
    frames: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    boxes: list[NDArray[np.float32]] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)


class TrackletBuilder:
    """Collects tracks frame by frame and gives out tracklets as they end.

    Numbers count from 1 in the order of ending; those that end together are ordered by their first
    frame and then by track. The same frames and tracks always give the same tracklets. Memory
    grows with the people in sight, not with the video.

    Parameters
    ----------
    settings
        The tracks that count as tracklets, and their crops; the defaults when not given.
    clips
        The clips that each tracklet is to carry for a model; none when not given.
    max_speed
        A centre that moves by more than half a height and this many heights a second has jumped.
    max_growth
        A box that becomes taller or lower by more than this factor from one processed frame to
        the next has jumped.
    """

    def __init__(
        self,
        settings: TrackletSettings | None = None,
        *,
        clips: ClipShape | None = None,
        max_speed: float = 3.0,
        max_growth: float = 1.8,
    ) -> None:
        self._settings = TrackletSettings() if settings is None else settings
        # The tracker gives a person up first; half a second covers what it rounds.
        self._max_gap = self._settings.max_lost_seconds + 0.5
        self._max_speed = max_speed
        self._max_growth = max_growth
        self._clips = clips
        self._running: dict[int, _RunningTrack] = {}
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
        for index in np.flatnonzero(tracks != NO_TRACK).tolist():
            track = int(tracks[index])
            box = boxes[index]
            if not (box[2] - box[0] >= 1 and box[3] - box[1] >= 1):
                continue
            running = self._running.get(track)
            if running is not None and self._jumps(running, box, frame.seconds):
                ended.append(self._running.pop(track))
                running = None
            if running is None:
                clips = None if self._clips is None else ClipReservoir(self._clips)
                running = _RunningTrack(
                    track, CropSelector(self._settings.max_crops), clips, StillnessWatch(box)
                )
                self._running[track] = running
            score = float(detections.scores[index])
            running.frames.append(frame.index)
            running.seconds.append(frame.seconds)
            running.boxes.append(box)
            running.scores.append(score)
            running.stillness.add(frame.image, box, frame.seconds)
            self._take_picture(running, frame, box, score=score, visible=float(shares[index]))
        return self._finished(ended, now=frame.seconds)

    def flush(self) -> list[VideoTracklet]:
        """The tracklets that still ran when the video ended."""
        ended = list(self._running.values())
        self._running.clear()
        return self._finished(ended, now=float("inf"))

    def _unseen(self, now: float) -> list[_RunningTrack]:
        gone = [t for t, run in self._running.items() if now - run.seconds[-1] > self._max_gap]
        return [self._running.pop(track) for track in gone]

    def _jumps(self, running: _RunningTrack, box: NDArray[np.float32], now: float) -> bool:
        before, then = running.boxes[-1], running.seconds[-1]
        if now - running.seconds[0] > self._settings.max_seconds:
            return True
        old, new = float(before[3] - before[1]), float(box[3] - box[1])
        moved = float(np.hypot(*(box[:2] + box[2:] - before[:2] - before[2:]))) / 2
        reach = (0.5 + self._max_speed * (now - then)) * max(old, new)
        return moved > reach or max(old, new) > self._max_growth * min(old, new)

    def _take_picture(
        self,
        running: _RunningTrack,
        frame: VideoFrame,
        box: NDArray[np.float32],
        *,
        score: float,
        visible: float,
    ) -> None:
        height, width = frame.image.shape[:2]
        x1, y1, x2, y2 = pixel_bounds(box, width=width, height=height)
        pixels = frame.image[y1:y2, x1:x2]
        if running.clips is not None:
            running.clips.add(frame.index, pixels)
        sharp = sharpness(pixels)
        whole = x1 > 0 and y1 > 0 and x2 < width and y2 < height
        quality = crop_quality(
            score=score, crop_sharpness=sharp, height=y2 - y1, visible=visible, whole=whole
        )
        if not running.crops.would_keep(quality):
            running.crops.skip()
            return
        jpeg = simplejpeg.encode_jpeg(
            np.ascontiguousarray(pixels), quality=self._settings.jpeg_quality, colorspace="RGB"
        )
        taken = np.array([x1, y1, x2, y2], np.float32)
        crop = Crop(frame.index, frame.seconds, taken, jpeg, sharp)
        running.crops.keep(Candidate(quality, crop))

    def _finished(self, ended: list[_RunningTrack], *, now: float) -> list[VideoTracklet]:
        since = min((running.seconds[0] for running in self._running.values()), default=now)
        done: list[VideoTracklet] = []
        for running in sorted(ended, key=lambda run: (run.frames[0], run.track)):
            if self._is_kept(running):
                self._last_number += 1
                done.append(_tracklet(self._last_number, running, since=since))
        return done

    def _is_kept(self, running: _RunningTrack) -> bool:
        settings = self._settings
        boxes = np.array(running.boxes)
        sharpest = max(candidate.crop.sharpness for candidate in running.crops.chosen())
        return (
            len(running.frames) >= settings.min_frames
            and running.seconds[-1] - running.seconds[0] >= settings.min_seconds
            and float(np.median(boxes[:, 3] - boxes[:, 1])) >= settings.min_height
            and sharpest >= settings.min_sharpness
        )


def _tracklet(number: int, running: _RunningTrack, *, since: float) -> VideoTracklet:
    chosen = running.crops.chosen()
    return VideoTracklet(
        number=number,
        frames=np.array(running.frames, np.int64),
        seconds=np.array(running.seconds, np.float64),
        boxes=np.array(running.boxes, np.float32),
        scores=np.array(running.scores, np.float32),
        crops=tuple(candidate.crop for candidate in chosen),
        quality=float(np.mean([candidate.quality for candidate in chosen])),
        clips=() if running.clips is None else running.clips.chosen(),
        running_since=since,
        is_still=running.stillness.is_still(),
    )
