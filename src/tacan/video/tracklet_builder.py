"""Tracklets built from tracks: cut where a track jumps, filtered, with their crops and clips.

Where somebody goes, a detector often goes on to see them weakly in what they stood before, and
the tracker follows that for a second. So weak sights count between sure ones, but not at the end
of a track, unless they last.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

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


MOST_UNSURE_SECONDS = 1.5
"""A track that goes on weakly for longer than this since it was sure is believed: people who walk
away, or stand in the dark, are seen weakly for as long as they are there."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """A person in one frame: `bounds` are the whole pixels of the box, `pixels` what is in it,
    `visible` and `whole` how much of the person can be seen."""

    frame: int
    seconds: float
    box: NDArray[np.float32]
    score: float
    bounds: tuple[int, int, int, int]
    pixels: NDArray[np.uint8]
    visible: float
    whole: bool


@dataclass(slots=True)
class _RunningTrack:
    """A track that still runs, and the weak sights since the last sure one, which may not count.

    It was `sure_at` last, and is at `box` since `seen_at`.
    """

    track: int
    began: float
    sure_at: float
    seen_at: float
    box: NDArray[np.float32]
    crops: CropSelector
    clips: ClipReservoir | None
    stillness: StillnessWatch
    frames: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    boxes: list[NDArray[np.float32]] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    unsure: list[_Sight] = field(default_factory=list)


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
    all_sure
        Whether every sight counts, however low its score, as in tracks that somebody else made.
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
        all_sure: bool = False,
        max_speed: float = 3.0,
        max_growth: float = 1.8,
    ) -> None:
        self._settings = TrackletSettings() if settings is None else settings
        # The tracker gives a person up first; half a second covers what it rounds.
        self._max_gap = self._settings.max_lost_seconds + 0.5
        self._sure = -float("inf") if all_sure else self._settings.track_threshold
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
                running = self._running[track] = self._begun(track, box, frame.seconds)
            running.seen_at, running.box = frame.seconds, box
            running.stillness.add(frame.image, box, frame.seconds)
            score, visible = float(detections.scores[index]), float(shares[index])
            self._see(running, _sight(frame, box, score=score, visible=visible))
        return self._finished(ended, now=frame.seconds)

    def flush(self, *, now: float = float("inf")) -> list[VideoTracklet]:
        """Ends all tracklets: when the video has ended, or where it goes on only at `now`."""
        ended = list(self._running.values())
        self._running.clear()
        return self._finished(ended, now=now)

    def running_since(self, now: float) -> float:
        """When the oldest track began that still runs; `now` where none does."""
        return min((running.began for running in self._running.values()), default=now)

    def _begun(self, track: int, box: NDArray[np.float32], now: float) -> _RunningTrack:
        return _RunningTrack(
            track=track,
            began=now,
            sure_at=now,
            seen_at=now,
            box=box,
            crops=CropSelector(self._settings.max_crops),
            clips=None if self._clips is None else ClipReservoir(self._clips),
            stillness=StillnessWatch(box),
        )

    def _unseen(self, now: float) -> list[_RunningTrack]:
        gone = [t for t, run in self._running.items() if now - run.seen_at > self._max_gap]
        return [self._running.pop(track) for track in gone]

    def _jumps(self, running: _RunningTrack, box: NDArray[np.float32], now: float) -> bool:
        before, then = running.box, running.seen_at
        if now - running.began > self._settings.max_seconds:
            return True
        old, new = float(before[3] - before[1]), float(box[3] - box[1])
        moved = float(np.hypot(*(box[:2] + box[2:] - before[:2] - before[2:]))) / 2
        reach = (0.5 + self._max_speed * (now - then)) * max(old, new)
        return moved > reach or max(old, new) > self._max_growth * min(old, new)

    def _see(self, running: _RunningTrack, sight: _Sight) -> None:
        """Takes the sight, with the weak ones before it, or leaves it open whether it counts."""
        is_sure = sight.score >= self._sure
        if is_sure:
            running.sure_at = sight.seconds
        if is_sure or sight.seconds - running.sure_at > MOST_UNSURE_SECONDS:
            for each in running.unsure:
                self._take(running, each)
            running.unsure.clear()
            self._take(running, sight)
        else:
            # A copy, or the whole frame would be kept.
            running.unsure.append(replace(sight, pixels=sight.pixels.copy()))

    def _take(self, running: _RunningTrack, sight: _Sight) -> None:
        running.frames.append(sight.frame)
        running.seconds.append(sight.seconds)
        running.boxes.append(sight.box)
        running.scores.append(sight.score)
        if running.clips is not None:
            running.clips.add(sight.frame, sight.pixels)
        sharp = sharpness(sight.pixels)
        quality = crop_quality(
            score=sight.score,
            crop_sharpness=sharp,
            height=len(sight.pixels),
            visible=sight.visible,
            whole=sight.whole,
        )
        if not running.crops.would_keep(quality):
            running.crops.skip()
            return
        jpeg = simplejpeg.encode_jpeg(
            np.ascontiguousarray(sight.pixels),
            quality=self._settings.jpeg_quality,
            colorspace="RGB",
        )
        taken = np.array(sight.bounds, np.float32)
        running.crops.keep(Candidate(quality, Crop(sight.frame, sight.seconds, taken, jpeg, sharp)))

    def _finished(self, ended: list[_RunningTrack], *, now: float) -> list[VideoTracklet]:
        since = self.running_since(now)
        done: list[VideoTracklet] = []
        seen = [running for running in ended if running.frames]
        for running in sorted(seen, key=lambda run: (run.frames[0], run.track)):
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


def _sight(frame: VideoFrame, box: NDArray[np.float32], *, score: float, visible: float) -> _Sight:
    height, width = frame.image.shape[:2]
    x1, y1, x2, y2 = bounds = pixel_bounds(box, width=width, height=height)
    return _Sight(
        frame=frame.index,
        seconds=frame.seconds,
        box=box,
        score=score,
        bounds=bounds,
        pixels=frame.image[y1:y2, x1:x2],
        visible=visible,
        whole=x1 > 0 and y1 > 0 and x2 < width and y2 < height,
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
