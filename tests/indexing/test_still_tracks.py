"""Tracks that never moved are left out of a gallery and counted, unless they are to be kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tacan.gallery import Gallery
from tacan.indexing.index_report import IndexReport
from tacan.video.encode import write_video
from tests.indexing.conftest import SETTINGS
from tests.indexing.scenes import FPS, HEIGHT, WIDTH, BlockDetector, walkers

Indexer = Callable[..., IndexReport]
Maker = Callable[..., Gallery]


@pytest.fixture
def with_poster(tmp_path: Path) -> Path:
    """Somebody who walks past a poster."""
    frames = walkers(80, n_people=1)
    for frame in frames:
        frame[70:, 2:18] = (250, 60, 60)
    return write_video(tmp_path / "poster.mp4", frames, fps=FPS, size=(WIDTH, HEIGHT))


@pytest.mark.usefixtures("detector")
@pytest.mark.parametrize("connect", ["off", "careful"])
def test_what_never_moved_is_left_out_and_said(
    with_poster: Path, make_gallery: Maker, index_video: Indexer, connect: str
) -> None:
    settings = SETTINGS.model_copy(update={"connect": connect, "min_height": 10})
    (left_out,) = index_video(make_gallery("a"), with_poster, settings=settings).sources
    assert [note for note in left_out.notes if "never moved" in note] == [
        "1 track that never moved was left out, as posters and benches are; --keep-still keeps them"
    ]
    kept = settings.model_copy(update={"keep_still": True})
    (all_of_it,) = index_video(make_gallery("b"), with_poster, settings=kept).sources
    assert (left_out.n_tracklets, all_of_it.n_tracklets) == (1, 2)
    assert not any("never moved" in note for note in all_of_it.notes)


def test_a_video_of_things_alone_says_so_and_blames_no_detector(
    tmp_path: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    frames = walkers(80, n_people=0)
    for frame in frames:
        frame[20:70, 140:156] = (250, 60, 60)
    path = write_video(tmp_path / "poster.mp4", frames, fps=FPS, size=(WIDTH, HEIGHT))
    (source,) = index_video(make_gallery(), path).sources
    assert (source.n_tracklets, detector.calls) == (0, 80)
    assert [note for note in source.notes if "nobody" in note] == []
    assert sum("never moved" in note for note in source.notes) == 1


@pytest.mark.usefixtures("detector")
def test_what_was_indexed_before_there_was_this_setting_is_still_done(
    with_poster: Path, make_gallery: Maker, index_video: Indexer
) -> None:
    """A gallery tells of it only where things were kept."""
    gallery = make_gallery()
    index_video(gallery, with_poster)
    (source,) = gallery.sources()
    assert "keep_still" not in source.settings
    assert SETTINGS.model_copy(update={"keep_still": True}).stored()["keep_still"] is True


@pytest.mark.usefixtures("detector")
def test_ready_tracks_are_kept(
    with_poster: Path, tmp_path: Path, make_gallery: Maker, index_video: Indexer
) -> None:
    boxes = tmp_path / "tracks.txt"
    boxes.write_text("".join(f"{frame},7,2,70,15,26,1\n" for frame in range(1, 81)))
    settings = SETTINGS.model_copy(update={"detector": f"mot:{boxes}", "min_height": 10})
    (source,) = index_video(make_gallery(), with_poster, settings=settings).sources
    assert source.n_tracklets == 1
