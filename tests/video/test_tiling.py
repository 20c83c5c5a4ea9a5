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

    def __init__(self) -> None:
        self.seen: list[tuple[int, ...]] = []

    def detect(self, images: Sequence[np.ndarray]) -> list[Detections]:
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
    assert len(blobs.seen) == 2 * rows * columns


def test_somebody_larger_than_the_overlap_is_still_found() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    image[20:80, 60:140] = 200
    (found,) = Tiled(Blobs(), rows=1, columns=2, overlap=0.1).detect([image])
    assert len(found) >= 1


def test_the_fingerprint_tells_the_tiles() -> None:
    one = Tiled(Blobs(), rows=1, columns=2)
    other = Tiled(Blobs(), rows=2, columns=1)
    assert one.name == "blobs"
    assert len({one.fingerprint, other.fingerprint, "blobs-1"}) == 3


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"columns": 0}, {"overlap": 0.6}])
def test_impossible_tiles_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(DetectorError, match="at least 1 x 1"):
        Tiled(Blobs(), **{"rows": 1, "columns": 1, **wrong})
