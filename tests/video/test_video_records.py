"""What the video records refuse."""

from __future__ import annotations

import numpy as np
import pytest

from tacan.errors import DataError
from tacan.video.video_records import Detections, VideoTracklet

BOXES = np.array([[0, 0, 10, 20], [5, 5, 15, 25], [1, 2, 3, 4]], np.float32)
SCORES = np.array([0.9, 0.8, 0.1], np.float32)


def test_detections_keep_boxes_and_scores_together() -> None:
    chosen = Detections(BOXES, SCORES).chosen(SCORES > 0.5)
    assert len(chosen) == 2
    np.testing.assert_array_equal(chosen.boxes, BOXES[:2])
    np.testing.assert_array_equal(chosen.scores, SCORES[:2])


def test_nobody_is_an_empty_detections() -> None:
    nobody = Detections.none()
    assert len(nobody) == 0
    assert nobody.boxes.shape == (0, 4)


@pytest.mark.parametrize(
    ("boxes", "scores"), [(BOXES[:2], SCORES), (BOXES[:, :3], SCORES), (BOXES, SCORES[:, None])]
)
def test_detections_of_unequal_length_are_refused(boxes: np.ndarray, scores: np.ndarray) -> None:
    with pytest.raises(DataError, match="one box of four numbers"):
        Detections(boxes, scores)


@pytest.mark.parametrize("n", [0, 2])
def test_a_tracklet_needs_equal_columns_with_something_in_them(n: int) -> None:
    with pytest.raises(DataError, match="of one length, not 0"):
        VideoTracklet(
            number=1,
            frames=np.arange(n),
            seconds=np.arange(n) / 25,
            boxes=BOXES[: n and 3],
            scores=SCORES[: n and 3],
            crops=(),
            quality=1.0,
        )
