from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tacan.gallery import cannot_link as cannot_link_module
from tacan.gallery import open_gallery
from tacan.gallery.cannot_link import (
    calibrate,
    cannot_link,
    co_occurring_pairs,
    have_met,
    seen_at_once,
)
from tacan.gallery.gallery_records import Trajectory
from tests.gallery.conftest import MODEL, new_source, new_tracklet


def trajectory(frames, boxes):
    frames = np.array(frames, np.int64)
    boxes = np.broadcast_to(np.array(boxes, np.float32), (len(frames), 4))
    return Trajectory(
        frames, frames / 25, boxes, np.ones(1, np.float32), np.zeros((1, 2), np.int64)
    )


LEFT, RIGHT, INSIDE = (0, 0, 10, 20), (20, 0, 30, 20), (2, 2, 8, 12)


def test_people_at_two_places_of_one_frame_are_two():
    assert cannot_link(trajectory([1, 2, 3], LEFT), trajectory([3, 4], RIGHT))


def test_what_was_never_in_one_frame_may_be_one_person():
    assert not cannot_link(trajectory([1, 3], LEFT), trajectory([2, 4], RIGHT))


def test_boxes_within_each_other_may_be_one_person():
    assert not cannot_link(trajectory([1, 2], LEFT), trajectory([2, 3], INSIDE))
    moving = trajectory([1, 2], [RIGHT, INSIDE])
    assert not cannot_link(trajectory([1, 2], LEFT), moving)
    touching, five = (9, 0, 19, 20), range(1, 6)
    assert cannot_link(trajectory(five, LEFT), trajectory(five, touching))


@pytest.mark.parametrize(
    ("n_frames", "feet", "certain"),
    [(4, 14, False), (4, 15, True), (5, 10, True), (1, 15, True)],
)
def test_two_boxes_near_each_other_for_a_moment_may_be_one_person(n_frames, feet, certain):
    """A tracker that goes over from one to another, or a split that is a few frames off."""
    frames = range(n_frames)
    beside = trajectory(frames, (feet, 0, feet + 10, 20))
    assert cannot_link(trajectory(frames, LEFT), beside) is certain
    assert cannot_link(beside, trajectory(frames, LEFT)) is certain


def test_once_clearly_apart_is_enough():
    near, far = (10, 0, 20, 20), (60, 0, 70, 20)
    moving = trajectory([1, 2, 3], [near, far, near])
    assert cannot_link(trajectory([1, 2, 3], LEFT), moving)


def test_a_box_may_cover_a_quarter_of_the_smaller_one():
    large = trajectory([1], (0, 0, 100, 100))
    assert cannot_link(large, trajectory([1], (90, 0, 130, 16)))
    assert not cannot_link(large, trajectory([1], (89.9, 0, 129.9, 16)))


def test_boxes_without_area_say_nothing():
    for nothing in ((5, 5, 5, 5), (9, 9, 5, 5), (9, 5, 5, 9)):
        assert not cannot_link(trajectory([1], nothing), trajectory([1], RIGHT))


@pytest.mark.parametrize(
    ("n_far", "feet", "certain"), [(10, 20, True), (9, 20, False), (10, 19, False)]
)
def test_people_who_met_are_two_where_they_were_far_apart_for_long(n_far, feet, certain):
    met, far = (2, 0, 12, 20), (feet, 0, feet + 10, 20)
    standing = trajectory(range(n_far + 3), LEFT)
    passing = trajectory(range(n_far + 3), [met] * 3 + [far] * n_far)
    assert not cannot_link(standing, passing)
    assert have_met(standing, passing) is certain
    assert have_met(passing, standing) is certain


def test_boxes_that_touch_or_are_none_are_not_far_apart():
    frames = range(20)
    assert have_met(trajectory(frames, (0, 0, 10, 10)), trajectory(frames, (11, 0, 21, 10)))
    assert not have_met(trajectory(frames, (0, 0, 12, 10)), trajectory(frames, (11, 0, 21, 10)))
    assert not have_met(trajectory(frames, (5, 5, 5, 5)), trajectory(frames, (90, 0, 99, 10)))
    assert not have_met(trajectory(frames, LEFT), trajectory(range(20, 40), RIGHT))


def naive_meeting(one, other) -> bool:
    """The same in loops over all pairs of frames."""
    n = 0
    for frame, a in zip(one.frames.tolist(), one.boxes.tolist(), strict=True):
        for there, b in zip(other.frames.tolist(), other.boxes.tolist(), strict=True):
            touch = min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])
            if frame == there and not touch:
                sideways = (a[0] + a[2] - b[0] - b[2]) / 2
                apart = (sideways**2 + (a[3] - b[3]) ** 2) ** 0.5
                n += apart >= max(a[3] - a[1], b[3] - b[1])
    return n >= 10


def walking(rng, n):
    """A walk across the picture, seen in most frames."""
    frames = np.flatnonzero(rng.random(n) < 0.7)
    corner = rng.uniform(0, 30, 2) + np.outer(np.arange(n), rng.uniform(-1, 1, 2))
    size = rng.uniform((5, 15), (12, 30))
    return trajectory(frames, np.concatenate([corner, corner + size], axis=1)[frames])


def test_whether_they_met_is_the_naive_loop():
    rng = np.random.default_rng(0)
    pairs = [(walking(rng, 30), walking(rng, 30)) for _ in range(60)]
    found = [have_met(*pair) for pair in pairs]
    assert found == [naive_meeting(*pair) for pair in pairs]
    assert 10 < sum(found) < 50


@pytest.fixture
def columns(tmp_path):
    """Tracklets with random times in two sources of one camera and one of another."""
    rng = np.random.default_rng(0)
    with open_gallery(tmp_path / "g", write=True, create_with=MODEL) as gallery:
        for place, camera in enumerate(("door", "door", "yard")):
            source = gallery.begin_source(new_source(camera, sha256=str(place) * 64))
            tracklets = []
            for number in range(15):
                first = float(rng.integers(0, 30))
                last = first + float(rng.integers(0, 8))
                tracklet = replace(
                    new_tracklet(number, n_crops=0), first_seconds=first, last_seconds=last
                )
                tracklets.append(tracklet)
            gallery.add(source.id, tracklets, fingerprint=MODEL.fingerprint)
        return gallery.store.columns()


def test_pairs_are_all_that_overlap_within_a_source(columns):
    wanted = {
        frozenset((i, j))
        for i in range(45)
        for j in range(i)
        if columns.source_ids[i] == columns.source_ids[j]
        and columns.first_seconds[i] <= columns.last_seconds[j]
        and columns.first_seconds[j] <= columns.last_seconds[i]
    }
    pairs = co_occurring_pairs(columns, at_most=10**6, seed=0)
    assert len(pairs) == len(wanted)
    assert {frozenset(pair) for pair in pairs.tolist()} == wanted
    some = co_occurring_pairs(columns, at_most=20, seed=0)
    assert 10 < len(some) <= 20
    assert {frozenset(pair) for pair in some.tolist()} < wanted
    np.testing.assert_array_equal(some, co_occurring_pairs(columns, at_most=20, seed=0))


def crowd(tmp_path, n, *, one_person=0):
    """`n` people side by side in one picture; the last `one_person` boxes are on one spot."""
    with open_gallery(tmp_path / f"g{n}", write=True, create_with=MODEL) as gallery:
        source = gallery.begin_source(new_source())
        tracklets = []
        for number in range(n):
            left = 50.0 * min(number, n - one_person)
            boxes = np.tile(np.float32([left, 0, left + 20, 50]), (5, 1))
            frames, seconds = np.arange(5), np.arange(5) / 25
            times = {"frames": frames, "seconds": seconds, "first_seconds": 0.0}
            tracklet = new_tracklet(number, n_crops=0)
            tracklets.append(replace(tracklet, boxes=boxes, last_seconds=1.0, **times))
        gallery.add(source.id, tracklets, fingerprint=MODEL.fingerprint)
    return open_gallery(tmp_path / f"g{n}")


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_a_calibration_holds_the_distances_of_certain_pairs(tmp_path, metric):
    with crowd(tmp_path, 16, one_person=2) as gallery:
        seen = []
        calibration = gallery.calibration(metric=metric, progress=lambda *at: seen.append(at))
        matrix = gallery.vectors()[1].astype(np.float64)
    if metric == "cosine":
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    power = 1 if metric == "euclidean" else 2
    wanted = [
        np.linalg.norm(matrix[i] - matrix[j]) ** power / power
        for i in range(16)
        for j in range(i)
        if (i, j) != (15, 14)  # two boxes on one spot
    ]
    np.testing.assert_allclose(calibration.distances, sorted(wanted), rtol=1e-9)
    assert seen[-1] == (120, 120)
    assert calibration.certainty(0.0, n_searched=1).level == "sure"


def test_too_few_pairs_are_said_to_be_too_few(tmp_path):
    with crowd(tmp_path, 14) as gallery:
        found = gallery.calibration().certainty(0.0, n_searched=10)
    assert found.level == "unknown"
    assert found.n_pairs == 91
    assert found.p_value is found.expected_false_matches is None


def test_an_empty_gallery_has_no_pairs(make_gallery):
    with open_gallery(make_gallery()) as gallery:
        assert gallery.calibration().certainty(0.0, n_searched=0).level == "unknown"


def test_a_second_search_reads_no_trajectory_again(tmp_path, monkeypatch):
    from tacan.gallery.sqlite.sqlite_store import SqliteStore

    read = []
    trajectory = SqliteStore.trajectory

    def counted(store, tracklet_id):
        read.append(tracklet_id)
        return trajectory(store, tracklet_id)

    monkeypatch.setattr(SqliteStore, "trajectory", counted)
    with crowd(tmp_path, 16) as gallery:
        first = gallery.calibration()
        assert sorted(read) == list(range(1, 17))
        assert gallery.calibration() is first
        other = gallery.calibration(metric="cosine")
        assert (other.metric, len(read)) == ("cosine", 32)
        assert gallery.calibration() is first
        with open_gallery(tmp_path / "g16", write=True) as writer:
            source = writer.begin_source(new_source("yard", sha256="b" * 64))
            writer.add(source.id, [new_tracklet(99, n_crops=0)], fingerprint=MODEL.fingerprint)
        assert gallery.calibration() is not first
        assert len(read) == 48


def test_of_many_pairs_the_closest_are_asked_and_of_the_others_the_same_share_is_kept(
    tmp_path, monkeypatch
):
    """Numbers 0 to 7 stand on one spot, and so may be one person: 28 of 780 pairs."""
    with crowd(tmp_path, 40, one_person=8) as gallery:
        whole = gallery.calibration(metric="euclidean")
        assert len(whole.distances) == 780 - 28
        monkeypatch.setattr(cannot_link_module, "CLOSEST", 50)
        monkeypatch.setattr(cannot_link_module, "OTHERS", 200)
        seen = []
        found = calibrate(
            gallery.index(), gallery.store, metric="euclidean", progress=lambda *at: seen.append(at)
        )
    assert seen[-1] == (250, 250)
    assert len(found.distances) == pytest.approx(752, abs=25)
    n_exact = int((found.distances <= whole.distances[40]).sum())
    np.testing.assert_array_equal(found.distances[:n_exact], whole.distances[:n_exact])
    for share in (0.25, 0.5, 0.75):
        expected = np.quantile(whole.distances, share)
        assert np.quantile(found.distances, share) == pytest.approx(expected, rel=0.03)


def test_who_was_seen_at_once_is_asked_of_all_pairs(tmp_path):
    """Two stand still; one walks through both of them."""
    with open_gallery(tmp_path / "g", write=True, create_with=MODEL) as gallery:
        source = gallery.begin_source(new_source())
        frames, still = np.arange(40), np.zeros(40)
        tracklets = []
        for number, left in enumerate((still, still + 200, 10.0 * frames - 100)):
            boxes = np.stack([left, still, left + 20, still + 50], axis=1).astype(np.float32)
            times = {"frames": frames, "seconds": frames / 25, "first_seconds": 0.0}
            tracklet = new_tracklet(number, n_crops=0)
            tracklets.append(replace(tracklet, boxes=boxes, last_seconds=1.6, **times))
        gallery.add(source.id, tracklets, fingerprint=MODEL.fingerprint)
        asked = []
        seen = seen_at_once(
            gallery.store.columns(), gallery.store, progress=lambda *at: asked.append(at)
        )
    assert seen.strangers.tolist() == [[0, 1]]
    assert seen.met.tolist() == [[0, 2], [1, 2]]
    assert asked == [(1, 3), (2, 3), (3, 3)]
