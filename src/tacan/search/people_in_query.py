"""Whether a query's pictures show one person, as far as a people detector sees.

A search always finds somebody who is nearest, to a piece of pavement too: so a query without a
person, or with several, is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tacan.errors import TacanError
from tacan.images.cut import pixel_bounds
from tacan.installing import missing_library
from tacan.video.boxes import areas, intersections, ious
from tacan.video.choose_detector import AUTO
from tacan.video.detect import Detector, open_detector

__all__ = [
    "MIN_OVERLAP",
    "MIN_WITHIN",
    "OpenDetector",
    "box_form",
    "detector_at_hand",
    "notes_on_box",
    "notes_on_pictures",
]

OpenDetector = Callable[[], Detector]

MIN_OVERLAP = 0.3
"""Least intersection over union of a box that is asked for and that of somebody."""
MIN_WITHIN = 0.5
"""Least share of somebody's box that lies in the box that is asked for."""
MIN_HEIGHT = 0.5
"""Lower people than this share of the highest one stand behind that one, and are not told."""
MAX_TOLD = 3
"""Most boxes that are named."""

Boxes = NDArray[np.float32]


@cache
def detector_at_hand() -> Detector:
    """The best detector of those that are here; nothing is fetched. Opened once."""
    return open_detector(AUTO, threads=1)  # one picture at a time


def notes_on_pictures(
    pictures: Sequence[NDArray[np.uint8]], detector: OpenDetector
) -> tuple[str, ...]:
    """What a user should know of the pictures [h, w, 3] of one person: those without anybody, and
    those with several people."""
    try:
        people = [_people(found) for found in _look(detector, [_framed(one) for one in pictures])]
    except (TacanError, ImportError) as error:
        return (_not_looked(error),)
    counts = [len(boxes) for boxes in people]
    n, n_empty = len(counts), counts.count(0)
    n_several = sum(count > 1 for count in counts)
    name = detector().name
    notes = []
    if n_empty:
        which = "this picture" if n == 1 else f"{n_empty} of {n} pictures"
        notes.append(f"The detector ({name}) sees nobody in {which}. {_LOOK}")
    if n_several:
        which = (
            f"{max(counts)} people in this picture"
            if n == 1
            else (f"several people in {n_several} of {n} pictures")
        )
        notes.append(f"The detector ({name}) sees {which}: cut out the one who is meant.")
    return tuple(notes)


def notes_on_box(
    image: NDArray[np.uint8], box: tuple[float, float, float, float], detector: OpenDetector
) -> tuple[str, ...]:
    """What a user should know of a box x1, y1, x2, y2 in a frame [H, W, 3]: that nobody is in it,
    or several people, or somebody whom it doesn't fit."""
    asked = np.array(box, np.float32)
    # Small people are seen only where the picture is cut to them, others only in the whole of it.
    height, width = image.shape[:2]
    margin = asked[3] - asked[1]
    around = asked + np.array([-margin, -margin, margin, margin], np.float32)
    x1, y1, x2, y2 = pixel_bounds(around, width=width, height=height)
    try:
        near, whole = _look(detector, [np.ascontiguousarray(image[y1:y2, x1:x2]), image])
    except (TacanError, ImportError) as error:
        return (_not_looked(error),)
    near = _people(near + np.array([x1, y1, x1, y1], np.float32))
    in_sight = whole[ious(asked[None], whole) < MIN_OVERLAP]
    name = detector().name
    inside = near[intersections(asked[None], near) >= MIN_WITHIN * areas(near)]
    if len(inside) > 1:
        return (
            f"The detector ({name}) sees {len(inside)} people in this box, at "
            f"{_listed(inside)}: ask with a closer box for one of them.",
        )
    overlaps = ious(asked[None], near)
    if len(near) and overlaps.max() >= MIN_OVERLAP:
        return ()
    touched = near[intersections(asked[None], near) >= MIN_WITHIN * areas(asked)]
    if len(inside) or len(touched):
        person = inside if len(inside) else touched[:1]
        return (f"The detector ({name}) sees somebody at {_listed(person)}: ask with that box.",)
    note = f"The detector ({name}) sees nobody in this box"
    if len(in_sight):
        note += f"; in sight it sees people at {_listed(_nearest(in_sight, asked))}"
    return (f"{note}. {_LOOK}",)


_LOOK = "What is found below is what looks most like it, and may mean nothing."


def box_form(box: NDArray[np.floating]) -> str:
    """A box x1, y1, x2, y2 as a query has it.

    >>> box_form(np.array([10.2, 20, 40, 99.6]))
    '10,20,30,80'
    """
    x1, y1, x2, y2 = (round(float(side)) for side in box)
    return f"{x1},{y1},{x2 - x1},{y2 - y1}"


def _look(detector: OpenDetector, images: Sequence[NDArray[np.uint8]]) -> list[Boxes]:
    """The boxes of people who are certain, in each image; the best first."""
    from tacan.video.tracklet_settings import TrackletSettings  # imports pydantic

    least = TrackletSettings().track_threshold
    found = detector().detect(images)
    certain = [one.chosen(one.scores >= least) for one in found]
    return [one.boxes[np.argsort(-one.scores, kind="stable")] for one in certain]


def _people(boxes: Boxes) -> Boxes:
    """Those who are not much lower than the highest."""
    heights = boxes[:, 3] - boxes[:, 1]
    return boxes[heights >= MIN_HEIGHT * heights.max(initial=0)]


def _framed(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """With its border continued by half its height: detectors know people with room around."""
    margin = picture.shape[0] // 2
    return np.pad(picture, ((margin, margin), (margin, margin), (0, 0)), mode="edge")


def _nearest(boxes: Boxes, asked: Boxes) -> Boxes:
    away = (boxes[:, :2] + boxes[:, 2:]) / 2 - (asked[:2] + asked[2:]) / 2
    return boxes[np.argsort(np.hypot(*away.T), kind="stable")]


def _listed(boxes: Boxes) -> str:
    return " and ".join(box_form(box) for box in boxes[:MAX_TOLD])


def _not_looked(error: TacanError | ImportError) -> str:
    """Why nobody looked, which is no reason not to search: OpenCV needs a library, say."""
    missing = missing_library(error) if isinstance(error, ImportError) else None
    reason = str(error) if missing is None else f"{missing[0]} is missing. {missing[1]}"
    return f"Whether the query shows one person was not looked at: {' '.join(reason.split())}"
