"""Finding labelled tracklets among produced ones."""

from __future__ import annotations

import numpy as np
import pytest

from tacan.video.matching import Track, match_tracks


def track(start: int, stop: int, *, step: int = 1, x: float = 0.0, speed: float = 2.0) -> Track:
    frames = np.arange(start, stop, step)
    corner = np.stack([x + speed * frames, np.full(len(frames), 10.0)], 1)
    boxes = np.hstack([corner, corner + np.array([40, 100])]).astype(np.float32)
    return Track(frames, boxes)


def test_boxes_between_two_frames_lie_on_the_line() -> None:
    sparse, dense = track(0, 41, step=5), track(-3, 50)
    there, boxes = sparse.boxes_at(dense.frames)
    np.testing.assert_array_equal(there, (dense.frames >= 0) & (dense.frames <= 40))
    np.testing.assert_allclose(boxes[there], dense.boxes[there], atol=1e-4)


def test_nothing_is_filled_in_across_a_long_absence() -> None:
    left, right = track(0, 10), track(60, 70)
    broken = Track(
        np.concatenate([left.frames, right.frames]), np.concatenate([left.boxes, right.boxes])
    )
    there, _ = broken.boxes_at(np.arange(70))
    np.testing.assert_array_equal(np.flatnonzero(~there), np.arange(10, 60))


@pytest.mark.parametrize(("stop", "found"), [(20, False), (29, False), (30, True), (60, True)])
def test_half_of_the_labelled_frames_is_enough(stop: int, found: bool) -> None:
    matching = match_tracks([track(0, 60)], [track(0, stop)])
    assert matching.found.tolist() == [found]
    assert matching.hits.tolist() == [[stop]]


def test_two_halves_are_not_one_whole() -> None:
    pieces = [track(0, 25), track(25, 50), track(50, 75)]
    assert match_tracks([track(0, 75)], pieces).coverage == 0


def test_a_stride_does_not_lose_anybody() -> None:
    matching = match_tracks([track(0, 60, step=2)], [track(1, 60, step=4)])
    assert matching.coverage == 1


def test_boxes_that_overlap_too_little_do_not_count() -> None:
    assert match_tracks([track(0, 30)], [track(0, 30, x=12)]).coverage == 1
    assert match_tracks([track(0, 30)], [track(0, 30, x=15)]).coverage == 0


def test_owners_give_produced_tracklets_their_label() -> None:
    labelled = [track(0, 30), track(0, 30, x=500)]
    produced = [track(5, 20, x=502), track(0, 30, x=900), track(0, 30)]
    matching = match_tracks(labelled, produced)
    assert matching.owners().tolist() == [1, -1, 0]
    assert matching.coverage == 1


def test_passing_by_gives_no_identity() -> None:
    label = track(0, 60)
    crossing = Track(label.frames, label.boxes.copy())
    crossing.boxes[10:] += 400
    assert match_tracks([label], [crossing]).hits.tolist() == [[10]]
    assert match_tracks([label], [crossing]).owners().tolist() == [-1]
    fragment = Track(label.frames[:10], label.boxes[:10])
    assert match_tracks([label], [fragment]).owners().tolist() == [0]


def test_empty_sides() -> None:
    assert match_tracks([], [track(0, 5)]).coverage == 1
    assert match_tracks([], [track(0, 5)]).owners().tolist() == [-1]
    assert match_tracks([track(0, 5)], []).coverage == 0
    assert match_tracks([track(0, 5)], []).owners().tolist() == []
