from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import GalleryError, StorageError, TacanError
from tacan.files import sha256
from tacan.gallery import Gallery
from tacan.indexing.index_report import IndexReport
from tacan.video.decode import open_video
from tacan.video.detection_source import DetectorSource
from tacan.video.matching import Track
from tacan.video.tracklets import find_tracklets
from tacan.views.annotated_video import (
    DrawnTracklet,
    annotate_video,
    colour_of,
    draw_boxes,
    tracklets_of_source,
)
from tests.indexing.conftest import SETTINGS, detector, embedder, index_video, make_gallery, video
from tests.indexing.scenes import FPS, HEIGHT, WIDTH, BlockDetector


def frames_of(path: Path) -> list[np.ndarray]:
    with open_video(path) as video:
        return [frame.image for frame in video.frames()]


def test_boxes_between_frames_that_were_looked_at_are_interpolated() -> None:
    boxes = np.array([[0, 0, 10, 20], [8, 4, 18, 24], [9, 9, 19, 29]], np.float32)
    tracklet = DrawnTracklet("a", 1, Track(np.array([0, 4, 90]), boxes))
    asked = [tracklet.box_at(frame, size=(160, 96)) for frame in (1, 4, 5, 91)]
    told = [None if box is None else box.tolist() for box in asked]
    assert told == [[2, 1, 12, 21], [8, 4, 18, 24], None, None]


def test_a_drawing_changes_its_copy_only_and_only_at_the_box() -> None:
    image = np.full((200, 300, 3), 100, np.uint8)
    drawn = draw_boxes(image, [("hall/3", (255, 0, 0), np.array([50, 60, 90, 150], np.float32))])
    assert (image == 100).all()
    changed = np.argwhere((drawn != 100).any(axis=2))
    assert changed[:, 0].min() > 30
    assert changed.max(axis=0).tolist()[0] <= 151
    assert (drawn[100, 50] == (255, 0, 0)).all()
    assert (drawn[100, 70] == 100).all()


def test_colours_of_neighbours_differ() -> None:
    colours = np.array([colour_of(n) for n in range(1, 30)], int)
    assert np.abs(np.diff(colours, axis=0)).sum(axis=1).min() > 60


def test_a_source_with_the_boxes_of_its_gallery(
    tmp_path: Path,
    video: Path,
    make_gallery: Callable[..., Gallery],
    index_video: Callable[..., IndexReport],
    detector: BlockDetector,
) -> None:
    gallery = make_gallery()
    index_video(gallery, video)
    tracklets = tracklets_of_source(gallery, sha256(video))
    assert [each.label for each in tracklets] == [f"hall/{n}" for n in range(1, 6)]
    out = annotate_video(video, tmp_path / "out.mp4", tracklets)
    before, after = frames_of(video), frames_of(out)
    assert len(after) == 120
    assert after[0].shape == (HEIGHT, WIDTH, 3)
    drawn = [
        t
        for t in range(120)
        if any(w.track.frames[0] <= t <= w.track.frames[-1] for w in tracklets)
    ]
    moved = [np.abs(a.astype(int) - b).max() for a, b in zip(before, after, strict=True)]
    assert min(moved[t] for t in drawn) > 60
    part = annotate_video(
        video, tmp_path / "part.mp4", tracklets, first_seconds=2.0, last_seconds=4.0
    )
    assert len(frames_of(part)) == pytest.approx(2 * FPS + 1, abs=1)


def test_a_video_that_the_gallery_does_not_know_or_knows_twice(
    video: Path,
    make_gallery: Callable[..., Gallery],
    index_video: Callable[..., IndexReport],
    detector: BlockDetector,
) -> None:
    gallery = make_gallery()
    with pytest.raises(GalleryError, match="indexed before"):
        tracklets_of_source(gallery, sha256(video))
    index_video(gallery, video)
    index_video(gallery, video, camera="yard")
    with pytest.raises(GalleryError, match="hall, yard"):
        tracklets_of_source(gallery, sha256(video))
    assert tracklets_of_source(gallery, sha256(video), camera="yard")[0].label == "yard/1"


def test_tracklets_without_a_gallery_are_those_that_indexing_finds(
    video: Path,
    make_gallery: Callable[..., Gallery],
    index_video: Callable[..., IndexReport],
    detector: BlockDetector,
) -> None:
    source = DetectorSource(detector)
    tracklets = [DrawnTracklet.of(t) for t in find_tracklets(video, SETTINGS, source=source)]
    gallery = make_gallery()
    index_video(gallery, video)
    indexed = tracklets_of_source(gallery, sha256(video))
    assert [each.track.boxes.tobytes() for each in tracklets] == [
        each.track.boxes.tobytes() for each in indexed
    ]
    assert [each.label for each in tracklets] == list("12345")


def test_progress_counts_to_the_last_frame_of_the_part(tmp_path: Path, video: Path) -> None:
    told: list[tuple[int, int]] = []
    annotate_video(
        video,
        tmp_path / "part.mp4",
        [],
        first_seconds=2.0,
        last_seconds=4.0,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(done, 41) for done in range(1, 42)]


def test_the_video_itself_is_never_the_output(video: Path) -> None:
    before = video.read_bytes()
    with pytest.raises(StorageError, match="must not be an input"):
        annotate_video(video, video, [])
    assert video.read_bytes() == before


def test_a_place_that_cannot_be_written_to(tmp_path: Path, video: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(TacanError, match="writable"):
        annotate_video(video, blocked / "out.mp4", [])
