from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import DataError, VideoError
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import ModelInfo, Source, StoredTracklet, Trajectory
from tacan.gallery.opening import open_gallery
from tacan.search.parse import VideoBox
from tacan.search.video_query import (
    MIN_OVERLAP,
    TrackletAt,
    box_at,
    cut_from_video,
    find_sources,
    tracklets_at,
)
from tests.search.conftest import new_source, tracklet


def video_box(path: Path, seconds: float, *box: float) -> VideoBox:
    return VideoBox(path, seconds, (box[0], box[1], box[2], box[3]), label=f"{path.name}@{seconds}")


def _best(gallery: Gallery, sources: Sequence[Source], asked: VideoBox) -> StoredTracklet | None:
    there = tracklets_at(gallery, sources, asked)
    return there[0].tracklet if there and there[0].overlap >= MIN_OVERLAP else None


def trajectory(seconds: list[float]) -> Trajectory:
    n = len(seconds)
    boxes = np.arange(n)[:, None] * 10.0 + np.array([0, 0, 10, 20])
    empty = np.zeros((0, 2), np.int64)
    return Trajectory(
        np.arange(n, dtype=np.int64), np.array(seconds), boxes.astype(np.float32),
        np.zeros(0, np.float32), empty,
    )  # fmt: skip


def test_a_box_between_two_boxes_lies_between_them() -> None:
    seen = trajectory([1.0, 1.5, 4.0])
    assert box_at(seen, 1.0).tolist() == [0, 0, 10, 20]
    assert box_at(seen, 1.25).tolist() == [5, 5, 15, 25]
    assert box_at(seen, 0.6).tolist() == [0, 0, 10, 20]
    assert box_at(seen, 4.4).tolist() == [20, 20, 30, 40]
    assert box_at(seen, 0.4) is None
    assert box_at(seen, 2.5) is None
    assert box_at(seen, 4.6) is None


def test_the_frame_that_is_shown_at_the_moment_is_cut(video: Path) -> None:
    for seconds, frame in ((0.0, 0), (1.0, 8), (1.124, 8), (1.126, 9), (2.99, 23)):
        crop = cut_from_video(video_box(video, seconds, 0, 55, 30, 70))
        assert crop.shape == (15, 30, 3)
        assert abs(crop.mean() - (60 + 4 * frame)) < 1.9, f"frame {frame}"


def test_a_box_is_cut_where_the_person_is_and_to_the_picture(video: Path) -> None:
    red = cut_from_video(video_box(video, 0.0, -5, 12, 18, 48))
    assert red.shape == (36, 18, 3)
    assert red.mean((0, 1))[0] > 180 > 80 > red.mean((0, 1))[1]


def test_moments_that_are_not_there(video: Path, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="over by then"):
        cut_from_video(video_box(video, 3.2, 0, 0, 10, 10))
    with pytest.raises(VideoError, match="over by then"):
        cut_from_video(video_box(video, 3000, 0, 0, 10, 10))
    with pytest.raises(DataError, match="96 x 72"):
        cut_from_video(video_box(video, 1, 96, 0, 120, 10))
    with pytest.raises(VideoError, match="must be a file"):
        cut_from_video(video_box(tmp_path / "none.mp4", 1, 0, 0, 10, 10))


def test_a_source_is_found_by_its_content_or_if_the_file_is_gone_by_its_path(video: Path) -> None:
    digest = hashlib.sha256(video.read_bytes()).hexdigest()
    facts = {name: getattr(new_source("a"), name) for name in ("path", "name", "sha256", "camera")}
    sources = (
        Source(**facts, id=1),
        Source(**(facts | {"sha256": digest, "path": "/gone.mp4"}), id=2),
        Source(**(facts | {"path": "/gone.mp4"}), id=3),
    )
    at = video_box(video, 1, 0, 0, 1, 1)
    assert [source.id for source in find_sources(sources, at)] == [2]
    assert [source.id for source in find_sources(sources, replace(at, source=3))] == [3]
    gone = video_box(Path("/gone.mp4"), 1, 0, 0, 1, 1)
    assert [source.id for source in find_sources(sources, gone)] == [2, 3]


def test_the_tracklet_with_the_best_overlap(gallery: Gallery) -> None:
    sources = [source for source in gallery.sources() if source.camera == "yard"]
    path = Path("yard.mp4")
    # Tracklets 3 and 4 walk from 4 to 7 seconds; at 5.5 s their box is near 31, 10, 51, 50.
    found = _best(gallery, sources, video_box(path, 5.5, 30, 10, 50, 50))
    assert found is not None
    assert found.camera == "yard"
    assert found.number in (3, 4)
    assert _best(gallery, sources, video_box(path, 5.5, 0, 10, 20, 50)) is None


def test_the_border_of_the_overlap(gallery: Gallery) -> None:
    """A box within a tracklet's is as much of their union as its area is of that one's."""
    sources = [source for source in gallery.sources() if source.camera == "yard"]
    at, path = 5.5, Path("yard.mp4")
    box = max(
        (box_at(gallery.trajectory(t.id), at) for t in gallery.tracklets() if t.number in (3, 4)),
        key=lambda box: -1 if box is None else box[0],
    )
    assert box is not None
    x1, y1, x2, y2 = box.tolist()
    for share, found in ((0.3, True), (0.299, False)):
        asked = video_box(path, at, x1, y1, x2, y1 + share * (y2 - y1))
        assert (_best(gallery, sources, asked) is not None) == found
    assert _best(gallery, sources, video_box(path, 30.0, 30, 10, 50, 50)) is None
    shown = [(0.3, 0.0, True), (0.299, 0.5, True), (0.299, 0.499, False)]
    for overlap, within, expected in shown:
        one = TrackletAt(next(iter(gallery.tracklets())), box, overlap, within)
        assert one.is_shown is expected


def test_of_two_people_side_by_side_the_nearer_box_wins(tmp_path: Path, card: ModelInfo) -> None:
    first = tracklet(1, np.ones(card.embedding_dim))
    second = tracklet(2, np.ones(card.embedding_dim))
    second.boxes[:, [0, 2]] += 8
    with open_gallery(tmp_path / "g", write=True, create_with=card) as made:
        source = made.begin_source(new_source("gate"))
        made.add(source.id, [first, second], fingerprint=card.fingerprint)
        for shift, number in ((1, 1), (7, 2)):
            at = video_box(Path("gate.mp4"), 0.0, shift, 10, 20 + shift, 50)
            found = _best(made, [source], at)
            assert found is not None
            assert found.number == number


def test_the_others_in_sight_come_in_the_order_of_their_nearness(gallery: Gallery) -> None:
    sources = [source for source in gallery.sources() if source.camera == "yard"]
    there = tracklets_at(gallery, sources, video_box(Path("yard.mp4"), 5.5, 0, 0, 4, 4))
    assert len(there) > 1
    assert {one.overlap for one in there} == {0.0}
    middles = np.array([(one.box[:2] + one.box[2:]) / 2 for one in there])
    distances = np.hypot(*(middles - 2).T)
    assert distances.tolist() == sorted(distances)


def test_a_box_around_many_people_shows_each_of_them(tmp_path: Path, card: ModelInfo) -> None:
    """Four side by side are each less than 0.3 of a box around all."""
    people = [tracklet(n + 1, np.ones(card.embedding_dim), shift=25.0 * n) for n in range(4)]
    with open_gallery(tmp_path / "g", write=True, create_with=card) as made:
        source = made.begin_source(new_source("gate"))
        made.add(source.id, people, fingerprint=card.fingerprint)
        at = video_box(Path("gate.mp4"), 0.0, 0, 10, 95, 50)
        there = tracklets_at(made, [source], at)
        assert [one.is_shown for one in there] == [True] * 4
        assert max(one.overlap for one in there) < MIN_OVERLAP
        closer = video_box(Path("gate.mp4"), 0.0, 0, 10, 22, 50)
        assert [one.is_shown for one in tracklets_at(made, [source], closer)].count(True) == 1


def test_a_path_that_no_file_can_have_is_that_of_no_source(gallery: Gallery) -> None:
    for path in (Path("x" * 5000), Path("a/" * 3000)):
        assert find_sources(gallery.sources(), video_box(path, 1, 0, 0, 1, 1)) == ()
        with pytest.raises(VideoError):
            cut_from_video(video_box(path, 1, 0, 0, 9, 9))
