"""Tiles cover the frame, and what they find is counted once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacan.errors import DetectorError
from tacan.video.tiling import Tiled, tile_spans
from tacan.video.video_records import Detections


class Blobs:
    """Finds every white rectangle of a black image exactly; `seen` collects the image sizes."""

    name = "blobs"
    fingerprint = "blobs-1"
    input_side = 416

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def detect(self, images: Sequence[np.ndarray], *, tiles: bool = False) -> list[Detections]:
        return [self._one(image) for image in images]

    def _one(self, image: np.ndarray) -> Detections:
        self.seen.append(image.shape)
        boxes = []
        for shade in np.unique(image[image > 0]):
            rows, columns = np.nonzero(image[..., 0] == shade)
            boxes.append([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        n = len(boxes)
        return Detections(np.array(boxes, np.float32).reshape(n, 4), np.full(n, 0.5, np.float32))


@given(st.integers(20, 500), st.integers(1, 5), st.floats(0, 0.5))
def test_spans_cover_everything_with_their_overlap(size: int, count: int, overlap: float) -> None:
    spans = tile_spans(size, count, overlap=overlap)
    assert len(spans) == count
    assert spans[0][0] == 0
    assert spans[-1][1] == size
    assert len({end - start for start, end in spans}) == 1
    for (_, end), (start, _) in pairwise(spans):
        assert end >= start


def people_image() -> tuple[np.ndarray, np.ndarray]:
    """One in a corner of a tile, one across a vertical border, one across all borders."""
    boxes = np.array([[5, 5, 15, 30], [92, 20, 108, 50], [95, 65, 106, 90]], np.float32)
    image = np.zeros((150, 200, 3), np.uint8)
    for shade, (x1, y1, x2, y2) in enumerate(boxes.astype(int), start=100):
        image[y1:y2, x1:x2] = shade
    return image, boxes


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 2), (2, 2), (2, 3), (3, 3)])
def test_everybody_is_found_whole_and_once(rows: int, columns: int) -> None:
    image, boxes = people_image()
    blobs = Blobs()
    tiled = Tiled(blobs, rows=rows, columns=columns, overlap=0.3)
    (found, nobody) = tiled.detect([image, np.zeros_like(image)])
    order = np.lexsort((found.boxes[:, 1], found.boxes[:, 0]))
    np.testing.assert_array_equal(found.boxes[order], boxes)
    np.testing.assert_allclose(found.scores, 0.5)
    assert len(nobody) == 0
    # The whole frame and each tile; a single tile is the frame.
    assert len(blobs.seen) == 2 * (rows * columns + (rows * columns > 1))


class Scripted:
    """A detector that gives the answers it was told: for the frame, and for each of its tiles."""

    name = fingerprint = "scripted"
    input_side = 416

    def __init__(self, *answers: list[tuple[float, ...]]) -> None:
        self._answers = answers

    def detect(self, images: Sequence[np.ndarray], *, tiles: bool = False) -> list[Detections]:
        answers = self._answers[1:] if tiles else self._answers[:1]
        assert len(images) == len(answers)
        rows = [np.array(answer, np.float32).reshape(-1, 5) for answer in answers]
        return [Detections(row[:, :4], row[:, 4]) for row in rows]


FRAME = np.zeros((200, 200, 3), np.uint8)
"""Its upper tile is rows 0 to 112, its lower one 88 to 200 (an overlap of .2)."""


def test_pieces_of_a_body_are_not_kept_beside_it() -> None:
    body = (80, 20, 120, 180, 0.4)
    upper, lower = (80, 20, 120, 112, 0.9), (80, 0, 120, 92, 0.8)
    (found,) = Tiled(Scripted([body], [upper], [lower]), rows=2, columns=1).detect([FRAME])
    np.testing.assert_array_equal(found.boxes, [body[:4]])
    np.testing.assert_allclose(found.scores, 0.4)


def test_a_part_of_somebody_whom_nothing_shows_whole_stays() -> None:
    upper = (80, 20, 120, 112, 0.7)
    beside = (10, 20, 40, 80, 0.6)
    (found,) = Tiled(Scripted([], [upper, beside], []), rows=2, columns=1).detect([FRAME])
    assert sorted(map(tuple, found.boxes.tolist())) == [beside[:4], upper[:4]]
    np.testing.assert_allclose(sorted(found.scores), [0.6, 0.7])


@pytest.mark.parametrize(("end", "is_piece"), [(109.5, False), (110.5, True)])
def test_the_border_of_a_cut_box(end: float, is_piece: bool) -> None:
    """Two pixels from the inner edge, which is at 112: only a whole body is kept beside another
    that it shares three quarters of itself with."""
    beside = (80, 50, 120, end, 0.9)
    body = (80, 65, 120, 140, 0.4)
    (found,) = Tiled(Scripted([body], [beside], []), rows=2, columns=1).detect([FRAME])
    assert (beside[:4] not in map(tuple, found.boxes.tolist())) is is_piece


@pytest.mark.parametrize(("height", "is_large"), [(56, True), (54, False)])
def test_the_border_of_a_large_body(height: int, is_large: bool) -> None:
    """Half of a tile's 112 rows: then the whole frame's box stays, whatever its score."""
    body = (80, 20, 120, 20 + height, 0.4)
    other = (80, 22, 120, 18 + height, 0.9)
    (found,) = Tiled(Scripted([body], [other], []), rows=2, columns=1).detect([FRAME])
    np.testing.assert_array_equal(found.boxes, [body[:4] if is_large else other[:4]])


@pytest.mark.parametrize(("top", "stays"), [(66, True), (64, False)])
def test_the_border_of_a_piece(top: int, stays: bool) -> None:
    """Half of the cut box, of 92 rows from 20 on, may lie within another."""
    piece = (80, 20, 120, 112, 0.6)
    body = (80, top, 120, top + 60, 0.9)
    (found,) = Tiled(Scripted([body], [piece], []), rows=2, columns=1).detect([FRAME])
    assert (piece[:4] in map(tuple, found.boxes.tolist())) is stays


def test_two_people_who_were_one_box_in_the_whole_frame_are_two() -> None:
    both = (80, 20, 112, 60, 0.5)
    left, right = (80, 20, 95, 60, 0.7), (97, 20, 112, 60, 0.6)
    (found,) = Tiled(Scripted([both], [left, right], []), rows=2, columns=1).detect([FRAME])
    assert sorted(map(tuple, found.boxes.tolist())) == [left[:4], right[:4]]


@pytest.mark.parametrize(("score", "whole", "stays"), [
    (0.51, [], True),
    (0.49, [], False),
    (0.49, [(82, 20, 110, 60, 0.1)], True),
    (0.49, [(120, 20, 152, 60, 0.9)], False),
])  # fmt: skip
def test_a_weak_box_that_only_a_tile_shows_is_nobody(
    score: float, whole: list[tuple[float, ...]], stays: bool
) -> None:
    weak = (80, 20, 112, 60, score)
    (found,) = Tiled(Scripted(whole, [weak], []), rows=2, columns=1).detect([FRAME])
    assert (weak[:4] in map(tuple, found.boxes.tolist())) is stays


def test_a_weak_box_of_the_whole_frame_stays() -> None:
    weak = (80, 20, 112, 60, 0.1)
    (found,) = Tiled(Scripted([weak], [], []), rows=2, columns=1).detect([FRAME])
    np.testing.assert_array_equal(found.boxes, [weak[:4]])


def test_somebody_larger_than_the_overlap_is_still_found() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[20:80, 60:140] = 200
    (found,) = Tiled(Blobs(), rows=1, columns=2, overlap=0.1).detect([image])
    assert len(found) >= 1


def test_the_fingerprint_tells_the_tiles() -> None:
    one = Tiled(Blobs(), rows=1, columns=2)
    other = Tiled(Blobs(), rows=2, columns=1)
    assert one.name == "blobs"
    assert one.input_side == 416
    assert len({one.fingerprint, other.fingerprint, "blobs-1"}) == 3


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"columns": 0}, {"overlap": 0.6}])
def test_impossible_tiles_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(DetectorError, match="at least 1 x 1"):
        Tiled(Blobs(), **{"rows": 1, "columns": 1, **wrong})
