"""Ready boxes over a video: which are used, and what is said of those that aren't."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacan.video.mot import read_mot
from tacan.video.precomputed_tracks import PrecomputedTracks
from tacan.video.video_records import VideoFrame

WIDTH, HEIGHT = 200, 100
N_FRAMES = 10


def ready(tmp_path: Path, *lines: str, threshold: float = 0.0) -> PrecomputedTracks:
    path = tmp_path / "boxes.txt"
    path.write_text("\n".join(lines))
    return read_mot(path, threshold=threshold)


def followed(boxes: PrecomputedTracks, *, stride: int = 1) -> list[np.ndarray]:
    """The boxes of each frame of a video of ten."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    frames = [VideoFrame(i, i / 10, image) for i in range(0, N_FRAMES, stride)]
    return [found.detections.boxes for found in boxes.detect(frames)]


def walk(frames: range, score: str = "0.9") -> list[str]:
    return [f"{frame + 1},1,{10 + frame},20,30,60,{score}" for frame in frames]


def test_nothing_is_said_where_all_are_used(tmp_path: Path) -> None:
    boxes = ready(tmp_path, *walk(range(N_FRAMES)))
    assert [len(found) for found in followed(boxes)] == [1] * N_FRAMES
    assert boxes.notes() == ()


def test_frames_between_and_behind_are_counted(tmp_path: Path) -> None:
    boxes = ready(tmp_path, *walk(range(15)))
    followed(boxes, stride=2)
    (note,) = boxes.notes()
    assert note == (
        "5 of 15 boxes used: 4 are on frames between those that are looked at (--stride), 6 are on "
        "frames behind the last one, which is 9 (counted from 1)"
    )
    followed(boxes)
    assert boxes.notes()[0].startswith("10 of 15 boxes used: 5 are on frames behind")


def test_where_none_is_used_it_is_said_why(tmp_path: Path) -> None:
    boxes = ready(tmp_path, *walk(range(1000, 2678)))
    followed(boxes)
    assert boxes.notes()[0].startswith("0 of 1,678 boxes used, because 1,678 are on frames behind")


def test_the_threshold_holds(tmp_path: Path) -> None:
    lines = [*walk(range(3), "0.3"), *walk(range(3, 10), "0.6")]
    boxes = ready(tmp_path, *lines, threshold=0.5)
    assert [len(found) for found in followed(boxes)] == [0] * 3 + [1] * 7
    assert boxes.notes() == ("7 of 10 boxes used: 3 are below the threshold 0.5",)


def test_shares_of_the_picture_become_pixels(tmp_path: Path) -> None:
    boxes = ready(tmp_path, "1,1,0.1,0.2,0.25,0.5,0.9", "2,1,0.6,0.2,0.45,0.9,0.9")
    found = followed(boxes)
    np.testing.assert_allclose(found[0], [[20, 20, 70, 70]], atol=1e-4)
    np.testing.assert_allclose(found[1], [[120, 20, 210, 110]], atol=1e-4)
    assert boxes.notes() == ("their coordinates are shares of the picture",)
    assert boxes.fingerprint.endswith(":shares")


@pytest.mark.parametrize("track", [1, -1])
def test_scores_that_are_all_0_say_nothing(tmp_path: Path, track: int) -> None:
    boxes = ready(tmp_path, *(f"{i},{track},1,2,30,60,0" for i in range(1, 11)))
    assert [len(found) for found in followed(boxes)] == [1] * N_FRAMES
    assert boxes.at(0)[0].scores.tolist() == [1]
    assert boxes.notes() == ("their scores are all 0, and count as 1",)


def test_a_track_left_out_by_ground_truth_is_counted(tmp_path: Path) -> None:
    boxes = ready(tmp_path, *walk(range(5), "1"), "1,2,50,20,30,60,0", "2,2,50,20,30,60,0")
    followed(boxes)
    assert boxes.notes() == (
        "5 of 7 boxes used: 2 are left out by their score 0, as ground truth does",
    )


def test_whole_scores_up_to_100_are_percent(tmp_path: Path) -> None:
    boxes = ready(tmp_path, "1,-1,1,2,30,60,87", "2,-1,1,2,30,60,0", "3,-1,1,2,30,60,100")
    scores = [boxes.at(frame)[0].scores.tolist() for frame in range(3)]
    assert scores == [[pytest.approx(0.87)], [0], [1]]
    followed(boxes)
    assert boxes.notes() == ("their scores are percent",)


def test_cars_and_boxes_outside_are_counted(tmp_path: Path) -> None:
    lines = [
        "1,1,10,20,30,60,1,1,1",
        "1,2,10,20,30,60,1,3,1",
        "2,1,500,20,30,60,1,1,1",
        "3,1,10,20,0,60,1,1,1",
    ]
    boxes = ready(tmp_path, *lines)
    assert [len(found) for found in followed(boxes)][:3] == [1, 0, 0]
    assert boxes.notes() == (
        "1 of 4 boxes used: 1 are of other classes than people, 2 are outside the picture",
    )


def test_a_file_without_boxes(tmp_path: Path) -> None:
    boxes = ready(tmp_path)
    followed(boxes)
    assert boxes.notes() == ("the file holds no boxes",)
