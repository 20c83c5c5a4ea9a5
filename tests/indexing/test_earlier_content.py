"""Files that are indexed again after they grew or were replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import VideoError
from tacan.gallery import Gallery
from tacan.gallery.gallery_records import Trajectory
from tacan.indexing.earlier_content import is_same_walk
from tacan.indexing.index_report import IndexReport
from tacan.video.encode import write_video
from tests.indexing.galleries import contents
from tests.indexing.scenes import (
    FPS,
    HEIGHT,
    WIDTH,
    BlockDetector,
    walkers,
    write_stream,
    write_walkers,
)

Indexer = Callable[..., IndexReport]
Maker = Callable[..., Gallery]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("growing") / "whole.ts"
    return write_stream(path, n_frames=120).read_bytes()


def walks(gallery: Gallery) -> list[tuple[float, float]]:
    return sorted((t.first_seconds, t.last_seconds) for t in gallery.tracklets())


def test_a_file_that_grew_has_each_walk_once(
    tmp_path: Path,
    whole: bytes,
    make_gallery: Maker,
    index_video: Indexer,
    detector: BlockDetector,
) -> None:
    path = tmp_path / "door.ts"
    growing, at_once = make_gallery("growing"), make_gallery("at-once")
    for share in (0.3, 0.6, 0.8):
        path.write_bytes(whole[: int(len(whole) * share) // 188 * 188])
        index_video(growing, path)
    path.write_bytes(whole)
    (source,) = index_video(growing, path).sources
    index_video(at_once, path)
    assert walks(growing) == walks(at_once)
    assert len(walks(growing)) == 5
    assert "are kept once" in source.text()
    assert len(growing.sources()) == 1
    assert index_video(growing, path).sources[0].was_done


def test_what_was_begun_before_the_file_grew_does_not_stay(
    tmp_path: Path,
    whole: bytes,
    make_gallery: Maker,
    index_video: Indexer,
    detector: BlockDetector,
    grow_while_read: Callable[[Path, bytes], None],
) -> None:
    path = tmp_path / "door.ts"
    path.write_bytes(whole[: len(whole) // 2 // 188 * 188])
    gallery = make_gallery()
    grow_while_read(path, whole)
    with pytest.raises(VideoError, match="must stay as it is"):
        index_video(gallery, path)
    index_video(gallery, path)
    assert len(walks(gallery)) == 5
    assert [source.state for source in gallery.sources()] == ["done"]


def test_another_video_in_its_place_is_another_source(
    tmp_path: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    """As where a recorder writes each hour over the one before."""
    path = write_walkers(tmp_path / "door.mp4", n_frames=60, n_people=2)
    gallery = make_gallery()
    index_video(gallery, path)
    before = contents(gallery)
    write_video(path, walkers(60, n_people=1)[::-1], fps=FPS, size=(WIDTH, HEIGHT))
    (source,) = index_video(gallery, path).sources
    assert "2 tracklets of what door.mp4 was before it was changed stay" in source.text()
    after = contents(gallery)
    assert all(after[name] == before[name] for name in before if name != "sources")
    assert len(walks(gallery)) == 3


def path_of(n: int, *, first: int = 0, x: float = 0.0) -> Trajectory:
    frames = np.arange(first, first + n, dtype=np.int64)
    places = x + 4.0 * frames[:, None] + np.array([0, 0, 20, 60])
    return Trajectory(
        frames,
        frames / 10,
        places.astype(np.float32),
        np.ones(1, np.float32),
        np.zeros((1, 2), np.int64),
    )


def test_one_walk_or_two() -> None:
    walk = path_of(40)
    assert is_same_walk(walk, path_of(25))
    assert is_same_walk(path_of(25), walk)
    assert not is_same_walk(walk, path_of(40, x=8))
    assert not is_same_walk(walk, path_of(40, first=30))
    assert not is_same_walk(walk, path_of(40, first=100))
    later = replace(walk, seconds=walk.seconds + 100)
    assert is_same_walk(later, walk, shift=100.0)
    assert not is_same_walk(later, walk)
