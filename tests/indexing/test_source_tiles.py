"""Tiles that are left to choice are chosen once for a source, stored, and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tacan.gallery import Gallery
from tacan.indexing.index_report import IndexReport
from tacan.indexing.index_settings import IndexSettings
from tacan.video import detection_source
from tacan.video.video_records import Detections
from tests.indexing.conftest import SETTINGS
from tests.indexing.galleries import contents
from tests.video.test_choose_tiles import CoarseDetector, write_people

AUTO = SETTINGS.model_copy(update={"tiles": "auto", "min_height": 16.0})

Indexer = Callable[..., IndexReport]
Maker = Callable[..., Gallery]


class BreakingDetector(CoarseDetector):
    """Fails after `limit` pictures."""

    limit = 10**9

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, tiles: bool = False
    ) -> list[Detections]:
        if self.calls > self.limit:
            raise RuntimeError("the detector broke")
        return super().detect(images)


@pytest.fixture
def coarse(monkeypatch: pytest.MonkeyPatch) -> BreakingDetector:
    detector = BreakingDetector()
    monkeypatch.setattr(detection_source, "open_detector", lambda *_, **__: detector)
    return detector


@pytest.fixture
def no_choice(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, choosing tiles is an error."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("tiles must not be chosen again")

    return lambda: monkeypatch.setattr(detection_source, "choose_tiles", refuse)


@pytest.mark.parametrize(("tall", "tiles"), [(32, [2, 2]), (70, None)])
def test_the_choice_is_stored_and_told_in_a_line(
    tmp_path: Path,
    make_gallery: Maker,
    index_video: Indexer,
    coarse: BreakingDetector,
    tall: int,
    tiles: list[int] | None,
) -> None:
    gallery = make_gallery()
    path = write_people(tmp_path / "a.mp4", tall=tall)
    (source,) = index_video(gallery, path, settings=AUTO).sources
    assert source.n_tracklets == 2
    (stored,) = gallery.sources()
    assert stored.settings["tiles"] == tiles
    (line,) = [note for note in source.notes if "whole frames" in note]
    assert ("tiles 2x2:" in line) == (tiles is not None)
    assert line in source.text()


def test_the_same_file_again_is_not_looked_at(
    tmp_path: Path,
    make_gallery: Maker,
    index_video: Indexer,
    coarse: BreakingDetector,
    no_choice: Callable[[], None],
) -> None:
    gallery = make_gallery()
    path = write_people(tmp_path / "a.mp4", tall=32)
    index_video(gallery, path, settings=AUTO)
    calls = coarse.calls
    no_choice()
    (source,) = index_video(gallery, path, settings=AUTO).sources
    assert source.was_done
    assert coarse.calls == calls


def test_a_run_that_goes_on_keeps_its_tiles_and_ends_alike(
    tmp_path: Path,
    make_gallery: Maker,
    index_video: Indexer,
    coarse: BreakingDetector,
    no_choice: Callable[[], None],
) -> None:
    path = write_people(tmp_path / "a.mp4", tall=32)
    whole, broken = make_gallery("whole"), make_gallery("broken")
    index_video(whole, path, settings=AUTO)
    coarse.calls, coarse.limit = 0, 100
    with pytest.raises(RuntimeError, match="broke"):
        index_video(broken, path, settings=AUTO)
    coarse.limit = 10**9
    no_choice()
    (source,) = index_video(broken, path, settings=AUTO).sources
    assert "tiles 2x2, as when it was begun" in source.text()
    assert contents(broken) == contents(whole)


def test_a_source_of_a_gallery_that_knew_no_choice_is_passed_over(
    tmp_path: Path,
    make_gallery: Maker,
    index_video: Indexer,
    coarse: BreakingDetector,
    no_choice: Callable[[], None],
) -> None:
    gallery = make_gallery()
    path = write_people(tmp_path / "a.mp4", tall=32)
    index_video(gallery, path, settings=AUTO.model_copy(update={"tiles": None}))
    no_choice()
    (source,) = index_video(gallery, path, settings=AUTO).sources
    assert source.was_done


def test_the_default_is_to_choose() -> None:
    assert IndexSettings().tiles == "auto"
