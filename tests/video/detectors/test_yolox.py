"""YOLOX: the input, the decoding of the grid, and the choice of people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacan.errors import DetectorError
from tacan.runtimes.detection_network import DetectionNetwork
from tacan.video.decode import open_video
from tacan.video.detectors.yolox import (
    STRIDES,
    YoloxDetector,
    decode_grid,
    letterbox,
    open_yolox,
)

WIDTH, HEIGHT = 64, 96


def n_anchors(width: int = WIDTH, height: int = HEIGHT) -> int:
    return sum((width // stride) * (height // stride) for stride in STRIDES)


def fake(rows: np.ndarray, seen: list[np.ndarray] | None = None) -> DetectionNetwork:
    def run(pixels: np.ndarray) -> np.ndarray:
        if seen is not None:
            seen.append(pixels)
        return rows[None]

    return DetectionNetwork(width=WIDTH, height=HEIGHT, run=run, digest="0")


def test_the_image_is_scaled_into_the_corner_in_bgr_on_grey() -> None:
    image = np.zeros((48, 128, 3), np.uint8)
    image[..., 0], image[..., 1], image[..., 2] = 10, 20, 30
    pixels, scale = letterbox(image, width=WIDTH, height=HEIGHT)
    assert scale == 0.5
    assert pixels.shape == (1, 3, HEIGHT, WIDTH)
    assert pixels.dtype == np.float32
    for channel, value in enumerate((30, 20, 10)):
        assert (pixels[0, channel, :24] == value).all()
    assert (pixels[0, :, 24:] == 114).all()


def test_the_grid_is_decoded_as_in_loops() -> None:
    raw = np.random.default_rng(0).normal(size=(n_anchors(), 9)).astype(np.float32)
    expected, place = [], 0
    for stride in STRIDES:
        for row in range(HEIGHT // stride):
            for column in range(WIDTH // stride):
                x, y, w, h = raw[place, :4]
                cx, cy = (x + column) * stride, (y + row) * stride
                width, height = np.exp(w) * stride, np.exp(h) * stride
                expected.append([cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2])
                place += 1
    np.testing.assert_allclose(
        decode_grid(raw, width=WIDTH, height=HEIGHT), expected, rtol=1e-4, atol=1e-4
    )


def rows_with(*found: tuple[int, float, float, int]) -> np.ndarray:
    """A network's rows of three classes, with (place, objectness, class score, class) in them."""
    rows = np.zeros((n_anchors(), 8), np.float32)
    for place, objectness, score, kind in found:
        rows[place, 4] = objectness
        rows[place, 5 + kind] = score
    return rows


def test_people_of_enough_score_are_reported_in_image_pixels() -> None:
    # Place 0 is the cell at the upper left of stride 8, place 9 the second of the second row.
    rows = rows_with((0, 0.9, 0.9, 0), (9, 0.9, 0.5, 0), (30, 0.9, 0.9, 2), (40, 0.1, 0.9, 0))
    reader = YoloxDetector(fake(rows), threshold=0.3)
    found = reader.detect_one(np.zeros((HEIGHT * 2, WIDTH * 2, 3), np.uint8))
    np.testing.assert_allclose(found.scores, [0.81, 0.45], atol=1e-6)
    np.testing.assert_allclose(found.boxes, [[0, 0, 8, 8], [8, 8, 24, 24]], atol=1e-4)


def test_a_box_that_is_rather_something_else_is_nobody() -> None:
    rows = rows_with((12, 0.9, 0.5, 0))
    rows[12, 5 + 1] = 0.8
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    assert len(YoloxDetector(fake(rows), threshold=0.1).detect_one(image)) == 0


def test_two_boxes_on_one_person_become_one() -> None:
    rows = rows_with((10, 0.9, 0.9, 0), (11, 0.9, 0.8, 0))
    rows[10:12, 2:4] = 2.0
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    found = YoloxDetector(fake(rows), threshold=0.1).detect_one(image)
    assert found.scores.tolist() == pytest.approx([0.81])


def test_another_output_is_refused() -> None:
    reader = YoloxDetector(fake(np.zeros((7, 85), np.float32)), threshold=0.1)
    with pytest.raises(DetectorError, match=f"{n_anchors()}, 5"):
        reader.detect_one(np.zeros((10, 10, 3), np.uint8))


@pytest.mark.data
def test_a_real_network_finds_the_one_person_in_sight(shared_data: Path) -> None:
    file = shared_data / "weights" / "yolox_nano.onnx"
    video_file = shared_data / "videos" / "one_by_one" / "one-by-one-person-detection.mp4"
    with open_video(video_file) as video:
        frames = [next(video.frames(first=index)).image for index in (130, 470)]
    reader, digest = open_yolox(file, threshold=0.4)
    somebody, nobody = map(reader.detect_one, frames)
    assert len(nobody) == 0
    assert len(somebody) == 1
    assert 200 < somebody.boxes[0, 3] - somebody.boxes[0, 1] <= 432
    assert digest.startswith("yolox:")
