from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tacan.embeddings.embedder import TacanEmbedder
from tacan.gallery import Gallery, ModelInfo, open_gallery
from tacan.indexing.index_report import IndexReport
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.index_videos import index_videos
from tacan.indexing.video_source import VideoSource
from tacan.video import detection_source
from tacan.video.decode import VideoFile
from tacan.video.video_records import VideoFrame
from tests.indexing.scenes import BlockDetector, small_embedder, write_walkers

SETTINGS = IndexSettings(
    detector="blocks", tiles=None, max_crops=4, embedded_frames=16, connect="off"
)
"""Without connecting, each tracklet of these short videos is stored as soon as it has ended."""


@pytest.fixture(scope="session")
def embedder() -> TacanEmbedder:
    return small_embedder()


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five people, one after another."""
    return write_walkers(tmp_path_factory.mktemp("videos") / "walkers.mp4", n_frames=120)


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> BlockDetector:
    """Stands in for every detector that is asked for."""
    blocks = BlockDetector()
    monkeypatch.setattr(detection_source, "open_detector", lambda *_, **__: blocks)
    return blocks


@pytest.fixture
def make_gallery(tmp_path: Path, embedder: TacanEmbedder) -> Iterator[Callable[..., Gallery]]:
    opened: list[Gallery] = []

    def make(name: str = "gallery") -> Gallery:
        card = ModelInfo("small", embedder.fingerprint, embedder.embedding_dim, embedder.metric)
        opened.append(open_gallery(tmp_path / name, write=True, create_with=card))
        return opened[-1]

    yield make
    for gallery in opened:
        gallery.close()


@pytest.fixture
def grow_while_read(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, bytes], None]:
    """Makes a file become `whole` as soon as its first frame was decoded."""
    decoded = VideoFile.frames

    def grow(path: Path, whole: bytes) -> None:
        def frames(video: VideoFile, **how: Any) -> Iterator[VideoFrame]:
            for frame in decoded(video, **how):
                yield frame
                if path.stat().st_size < len(whole):
                    path.write_bytes(whole)

        monkeypatch.setattr(VideoFile, "frames", frames)

    return grow


@pytest.fixture
def index_video(embedder: TacanEmbedder) -> Callable[..., IndexReport]:
    def index(gallery: Gallery, path: Path, *, camera: str = "hall", **rest: Any) -> IndexReport:
        settings = rest.pop("settings", SETTINGS)
        source = VideoSource(path, camera, rest.pop("start", None), settings)
        return index_videos(gallery, [source], embedder=embedder, batch_frames=16, **rest)

    return index
