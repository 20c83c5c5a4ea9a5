"""Detectors left to choice: one for a gallery, and the same again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tacan.errors import DetectorError
from tacan.gallery import Gallery
from tacan.indexing.index_report import IndexReport
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.settle_detectors import settle_detectors, sources_before
from tacan.indexing.video_source import VideoSource
from tacan.video import detection_source
from tests.indexing.scenes import BlockDetector

AUTO = IndexSettings(max_crops=4, embedded_frames=16)
Maker = Callable[..., Gallery]
Indexer = Callable[..., IndexReport]


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setenv("TACAN_WEIGHTS", str(folder))
    return folder


@pytest.fixture(autouse=True)
def blocks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands in for every detector, under its name; gives the names that were asked for."""
    asked: list[str] = []

    def open_blocks(spec: str, **_: object) -> BlockDetector:
        asked.append(spec)
        detector = BlockDetector(fingerprint=f"{spec} of blocks")
        detector.name = spec
        return detector

    monkeypatch.setattr(detection_source, "open_detector", open_blocks)
    return asked


def settled(video: Path, gallery: Gallery, camera: str = "hall") -> tuple[str, str]:
    """The detector for a source, and the line about it."""
    source = VideoSource(video, camera, settings=AUTO)
    (found,), (line,) = settle_detectors([source], before=gallery.sources)
    return found.settings.detector, line


def test_the_choice_is_stored_and_made_again(
    video: Path, weights: Path, make_gallery: Maker, index_video: Indexer, blocks: list[str]
) -> None:
    """A better one that came meanwhile changes nothing in a gallery that was begun."""
    (weights / "yolox_nano.onnx").touch()
    gallery = make_gallery()
    index_video(gallery, video, settings=AUTO)
    assert gallery.sources()[0].settings["detector"] == "yolox:nano"
    (weights / "yolox_s.onnx").touch()
    again = index_video(gallery, video, settings=AUTO)
    assert again.sources[0].was_done
    index_video(gallery, video, camera="yard", settings=AUTO)
    assert set(blocks) == {"yolox:nano"}
    assert settled(video, gallery, "cellar") == (
        "yolox:nano",
        "Detector: yolox:nano, as before; yolox:s is here too.",
    )
    assert settled(video, make_gallery("other"))[0] == "yolox:s"


def test_a_source_keeps_its_own_where_the_gallery_has_several(
    video: Path, weights: Path, make_gallery: Maker, index_video: Indexer
) -> None:
    (weights / "yolox_nano.onnx").touch()
    (weights / "yolox_s.onnx").touch()
    gallery = make_gallery()
    for camera, name in (("hall", "yolox:nano"), ("yard", "yolox:s")):
        settings = AUTO.model_copy(update={"detector": name})
        index_video(gallery, video, camera=camera, settings=settings)
    assert settled(video, gallery, "hall")[0] == "yolox:nano"
    assert settled(video, gallery, "cellar")[0] == "yolox:s"


def test_a_detector_by_its_file_is_stored_by_its_kind(
    video: Path, make_gallery: Maker, index_video: Indexer
) -> None:
    gallery = make_gallery()
    settings = AUTO.model_copy(update={"detector": "onnx:/home/me/secret.onnx"})
    index_video(gallery, video, settings=settings)
    assert gallery.sources()[0].settings["detector"] == "onnx"


def test_what_is_named_is_left_alone(video: Path) -> None:
    source = VideoSource(video, "hall", settings=AUTO.model_copy(update={"detector": "blocks"}))
    assert settle_detectors([source], before=lambda: ()) == ([source], [])


def test_without_any_file_the_shipped_detector_is_used_and_stored(
    video: Path, make_gallery: Maker, index_video: Indexer
) -> None:
    gallery = make_gallery()
    index_video(gallery, video, settings=AUTO)
    assert gallery.sources()[0].settings["detector"] == "street"


def test_a_gallery_that_is_not_there_has_no_sources(tmp_path: Path, make_gallery: Maker) -> None:
    assert sources_before(tmp_path / "missing") == ()
    assert sources_before(tmp_path / ("x" * 500)) == ()
    make_gallery("new").close()
    assert sources_before(tmp_path / "new") == ()
