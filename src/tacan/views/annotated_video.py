"""A video with its people drawn into it: boxes and the numbers of their tracklets."""

from __future__ import annotations

import colorsys
import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tacan.errors import GalleryError, VideoError
from tacan.files import require_safe_outputs
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import Source
from tacan.progress import Progress, silent
from tacan.video.decode import open_video
from tacan.video.encode import write_timed_video
from tacan.video.matching import Track
from tacan.video.readable_video import ReadableVideo
from tacan.video.video_records import VideoTracklet

__all__ = [
    "DrawnTracklet", "annotate_video", "draw_boxes", "require_part", "tracklets_of_source",
]  # fmt: skip

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnTracklet:
    """A tracklet as it is drawn: its label, its number, and its boxes.

    `frame_size` is the (width, height) that the boxes are for; None for that of the video.
    """

    label: str
    number: int
    track: Track
    frame_size: tuple[int, int] | None = None

    @classmethod
    def of(cls, tracklet: VideoTracklet) -> DrawnTracklet:
        """A tracklet that no gallery holds, labelled with its number."""
        track = Track(tracklet.frames, tracklet.boxes)
        return cls(str(tracklet.number), tracklet.number, track)

    def box_at(self, frame: int, *, size: tuple[int, int]) -> NDArray[np.float32] | None:
        """The box [4] in `frame`, a picture of `size`, as `Track.boxes_at` fills it in; None where
        there is none."""
        there, boxes = self.track.boxes_at(np.array([frame]))
        if not there[0] or self.frame_size in (None, size):
            return boxes[0] if there[0] else None
        return boxes[0] * (np.array(size * 2, np.float32) / np.array(self.frame_size * 2))


def annotate_video(
    path: Path,
    out: Path,
    tracklets: Sequence[DrawnTracklet],
    *,
    first_seconds: float = 0.0,
    last_seconds: float | None = None,
    fps: float | None = None,
    progress: Progress = silent,
) -> Path:
    """Writes the video `path` with `tracklets` drawn into it to the MP4 file `out`.

    Every frame is written, at its own time. `first_seconds` and `last_seconds` choose a part;
    `fps` is that of `open_video`. `progress` is told of frames, to the last one of the part.

    Raises `VideoError`, and `StorageError` where `out` is the video itself or can't be written.
    """
    require_safe_outputs([out], inputs=[path])
    with open_video(path, fps=fps) as video:
        require_part(video, first_seconds=first_seconds, last_seconds=last_seconds)
        total = video.promised_frames(until=last_seconds)
        pictures = _drawn(
            video,
            tracklets,
            first_seconds=first_seconds,
            last_seconds=last_seconds,
            total=total,
            progress=progress,
        )
        return write_timed_video(out, pictures, fps=video.fps, size=(video.width, video.height))


def require_part(video: ReadableVideo, *, first_seconds: float, last_seconds: float | None) -> None:
    """Raises `VideoError` where no frame can lie in this part of the video."""
    end = math.inf if video.duration is None else video.duration
    if first_seconds > (end if last_seconds is None else min(end, last_seconds)):
        raise VideoError(
            "a part of a video must begin before it ends, and before the video does",
            got=f"{first_seconds:g} to {'the end' if last_seconds is None else f'{last_seconds:g}'}"
            f" seconds of {video.path}"
            + ("" if video.duration is None else f", which lasts {video.duration:.2f}"),
            remedy="Change --first-seconds or --last-seconds.",
        )


def tracklets_of_source(
    gallery: Gallery, sha256: str, *, camera: str | None = None
) -> list[DrawnTracklet]:
    """The tracklets that a gallery holds of a video, known by the content of its file.

    Raises `GalleryError` where it holds none of it, or holds it for several cameras.
    """
    sources = [s for s in gallery.sources() if s.sha256 == sha256 and camera in (None, s.camera)]
    if not sources:
        raise GalleryError(
            "a video must be indexed before its tracklets can be drawn",
            got=f"a video that {gallery.place} does not know"
            + ("" if camera is None else f" for camera {camera!r}"),
            remedy="Index it first, or leave the gallery out and name a detector.",
        )
    if len(sources) > 1:
        raise GalleryError(
            "the camera must be named where a video was indexed for several",
            got=", ".join(source.camera for source in sources),
            remedy="Choose one with --camera.",
        )
    return list(_tracklets(gallery, sources[0]))


def _tracklets(gallery: Gallery, source: Source) -> Iterator[DrawnTracklet]:
    for tracklet in gallery.tracklets():
        if tracklet.source_id == source.id:
            path = gallery.trajectory(tracklet.id)
            label = tracklet.name if tracklet.person is None else tracklet.person
            size = (source.width, source.height) if source.width and source.height else None
            track = Track(path.frames, path.boxes)
            yield DrawnTracklet(label, tracklet.number, track, size)


def _drawn(
    video: ReadableVideo,
    tracklets: Sequence[DrawnTracklet],
    *,
    first_seconds: float,
    last_seconds: float | None,
    total: int,
    progress: Progress,
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    coming = deque(sorted(tracklets, key=lambda tracklet: int(tracklet.track.frames[0])))
    running: list[DrawnTracklet] = []
    for frame in video.frames():
        if last_seconds is not None and frame.seconds > last_seconds:
            return
        progress(frame.index + 1, max(total, frame.index + 1))
        while coming and coming[0].track.frames[0] <= frame.index:
            running.append(coming.popleft())
        running = [each for each in running if each.track.frames[-1] >= frame.index]
        if frame.seconds >= first_seconds:
            size = (video.width, video.height)
            drawn = [(each, each.box_at(frame.index, size=size)) for each in running]
            boxes = [(t.label, colour_of(t.number), box) for t, box in drawn if box is not None]
            yield frame.seconds - first_seconds, draw_boxes(frame.image, boxes)


def draw_boxes(
    image: NDArray[np.uint8], boxes: Iterable[tuple[str, Colour, NDArray[np.float32]]]
) -> NDArray[np.uint8]:
    """A copy of `image` uint8 [H, W, 3] with boxes (label, colour, x1 y1 x2 y2) drawn into it."""
    drawn = image.copy()
    height = image.shape[0]
    line = max(1, round(height / 360))
    scale = max(0.35, height / 1200)
    for label, colour, box in boxes:
        x1, y1, x2, y2 = np.round(box).astype(int).tolist()
        cv2.rectangle(drawn, (x1, y1), (x2, y2), colour, line)
        (width, tall), below = cv2.getTextSize(label, cv2.FONT_HERSHEY_SIMPLEX, scale, line)
        # Above the box, or within it where the frame ends.
        foot = y1 - line if y1 - tall - below > 0 else y1 + tall + below
        corner = (x1, foot - tall - below)
        cv2.rectangle(drawn, corner, (x1 + width, foot), colour, cv2.FILLED)
        at = (x1, foot - below + 1)
        cv2.putText(drawn, label, at, cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), line, cv2.LINE_AA)
    return drawn


def colour_of(number: int) -> Colour:
    """A light colour for each number, unlike those of the numbers beside it."""
    red, green, blue = colorsys.hsv_to_rgb(number * 0.381966 % 1, 0.65, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)
