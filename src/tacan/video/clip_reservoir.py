"""Pictures of people who are still being followed: enough of each for the model, and no more.

Legend: T frames of a clip, H x W pixels of the model's input, h x w pixels of a crop.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacan.images.read import decode_crop
from tacan.images.resize import resize_crops
from tacan.video.boxes import clipped
from tacan.video.records import NO_TRACK, Detections, VideoFrame, VideoTracklet

__all__ = ["Picture", "TrackPictures"]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One crop: the frame that it is from, and its pixels uint8 [h, w, 3].

    They are as large as in the frame, or H x W where that is less.
    """

    frame: int
    pixels: NDArray[np.uint8]


@dataclass(slots=True)
class _Track:
    seconds: float = 0.0
    last: tuple[int, bytes] = (-1, b"")
    """The frame in which it was last seen, and the box."""
    n_seen: int = 0
    step: int = 1
    """Of the track's clips, every how many are kept."""
    clips: list[list[Picture]] = field(default_factory=list)


class TrackPictures:
    """Clips of T processed frames that follow each other, spread evenly over each running track.

    Nobody knows how long a track will be. So every clip is kept until there are twice as many as
    wanted; then every other one is given up, and from there on only every other one is taken; and
    so on. A track of any length thus holds between `n_clips` and 2 `n_clips` of its clips, evenly
    spread, and `take` chooses from those.

    Parameters
    ----------
    clip_len
        T.
    n_clips
        Most clips of a tracklet; None for all, whatever memory they take.
    height, width
        H, W: a crop with more pixels is kept in this size.
    max_gap
        A track that is not seen for longer than these seconds is over, and is forgotten.
    """

    def __init__(
        self, *, clip_len: int, n_clips: int | None, height: int, width: int, max_gap: float
    ) -> None:
        self._clip_len = clip_len
        self._n_clips = n_clips
        self._size = (height, width)
        self._max_gap = max_gap
        self._tracks: dict[int, _Track] = {}

    def add(self, frame: VideoFrame, detections: Detections, tracks: NDArray[np.int64]) -> None:
        """Takes in the people of one processed frame; `tracks` [n] is -1 for nobody's.

        Tracklets that end with this frame must have been taken before.
        """
        self._forget_unseen(frame.seconds)
        height, width = frame.image.shape[:2]
        boxes = clipped(detections.boxes, width=width, height=height)
        for place in np.flatnonzero(tracks != NO_TRACK).tolist():
            box = boxes[place]
            if box[2] - box[0] >= 1 and box[3] - box[1] >= 1:
                self._add(self._tracks.setdefault(int(tracks[place]), _Track()), frame, box)

    def take(self, tracklet: VideoTracklet) -> list[list[Picture]]:
        """The clips of a tracklet that has just ended, in the order of time, at most `n_clips`.

        They are given up here. Of a clip that lies only partly in the tracklet, that part counts.
        A tracklet of which nothing was kept gives its stored crops instead.
        """
        last = (int(tracklet.frames[-1]), tracklet.boxes[-1].tobytes())
        number = next((n for n, track in self._tracks.items() if track.last == last), None)
        clips: list[list[Picture]] = []
        if number is not None:
            wanted = set(tracklet.frames.tolist())
            kept = self._tracks.pop(number).clips
            inside = ([picture for picture in clip if picture.frame in wanted] for clip in kept)
            clips = _spread([clip for clip in inside if clip], self._n_clips)
        return clips or self._stored(tracklet)

    @property
    def n_pictures(self) -> int:
        """How many pictures are held."""
        return sum(len(clip) for track in self._tracks.values() for clip in track.clips)

    def _add(self, track: _Track, frame: VideoFrame, box: NDArray[np.float32]) -> None:
        track.seconds = frame.seconds
        track.last = (frame.index, box.tobytes())
        clip, place = divmod(track.n_seen, self._clip_len)
        track.n_seen += 1
        if place == 0 and self._n_clips is not None and len(track.clips) >= 2 * self._n_clips:
            track.clips = track.clips[::2]
            track.step *= 2
        if clip % track.step:
            return
        if place == 0:
            track.clips.append([])
        track.clips[-1].append(Picture(frame.index, self._cut(frame.image, box)))

    def _cut(self, image: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
        x1, y1 = np.floor(box[:2]).astype(int).tolist()
        x2, y2 = np.ceil(box[2:]).astype(int).tolist()
        crop = image[y1:y2, x1:x2]
        if crop.shape[0] * crop.shape[1] <= self._size[0] * self._size[1]:
            return crop.copy()
        small = resize_crops([crop], height=self._size[0], width=self._size[1])[0]
        return np.ascontiguousarray(small.permute(1, 2, 0).numpy())

    def _forget_unseen(self, now: float) -> None:
        gone = [n for n, track in self._tracks.items() if now - track.seconds > self._max_gap]
        for number in gone:
            del self._tracks[number]

    def _stored(self, tracklet: VideoTracklet) -> list[list[Picture]]:
        stored = [
            Picture(crop.frame, decode_crop(Path(f"frame {crop.frame}"), crop.jpeg))
            for crop in tracklet.crops
        ]
        starts = range(0, len(stored), self._clip_len)
        return _spread([stored[i : i + self._clip_len] for i in starts], self._n_clips)


def _spread(clips: list[list[Picture]], n_clips: int | None) -> list[list[Picture]]:
    """At most `n_clips` of `clips`, evenly spread, with the first and the last one."""
    if n_clips is None or len(clips) <= n_clips:
        return clips
    chosen = np.linspace(0, len(clips) - 1, n_clips).round().astype(int)
    return [clips[i] for i in chosen.tolist()]
