"""What goes wrong, told in one clear message, and made good by the same call later."""

from __future__ import annotations

import errno
import os
import random
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tacan.embeddings.embedder import TacanEmbedder
from tacan.errors import (
    GalleryBusyError,
    GalleryModelError,
    GallerySchemaError,
    StorageError,
    TacanError,
    VideoError,
)
from tacan.gallery import Gallery, ModelInfo, open_gallery
from tacan.indexing.association import associate
from tacan.indexing.index_report import IndexReport
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.index_videos import index_videos
from tacan.indexing.video_source import VideoSource
from tacan.video import demux
from tacan.video.encode import write_video
from tacan.video.mot import write_mot
from tacan.video.video_records import VideoTracklet
from tests.indexing.conftest import SETTINGS
from tests.indexing.galleries import contents
from tests.indexing.scenes import FPS, HEIGHT, WIDTH, BlockDetector, small_embedder, walkers
from tests.video.conftest import FailingBytes

Indexer = Callable[..., IndexReport]
Maker = Callable[..., Gallery]


def ours() -> list[str]:
    return [
        t.name
        for t in threading.enumerate()
        if t.name.startswith("tacan-") and "detector" not in t.name
    ]


@pytest.fixture
def undisturbed(
    video: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> dict[str, object]:
    gallery = make_gallery("undisturbed")
    index_video(gallery, video)
    return contents(gallery)


@pytest.mark.parametrize("moment", [0, 7, 40, 119])
def test_ctrl_c_leaves_a_gallery_that_goes_on(
    moment: int,
    video: Path,
    make_gallery: Maker,
    index_video: Indexer,
    undisturbed: dict[str, object],
) -> None:
    gallery = make_gallery()

    def interrupt(done: int, total: int) -> None:
        if done >= moment:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_video(gallery, video, progress=interrupt)
    assert ours() == []
    assert gallery.sources()[0].state == "indexing"
    index_video(gallery, video)
    assert contents(gallery) == undisturbed


@pytest.mark.parametrize("batch_frames", [1, 48, 10_000])
def test_a_run_goes_on_with_another_batch_size(
    video: Path,
    make_gallery: Maker,
    embedder: TacanEmbedder,
    detector: BlockDetector,
    undisturbed: dict[str, object],
    batch_frames: int,
) -> None:
    """Tracklets that are there and others that are not meet in one group."""
    gallery = make_gallery()
    sources = [VideoSource(video, "hall", None, SETTINGS)]

    def interrupt(done: int, total: int) -> None:
        if len(list(gallery.tracklets())) >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_videos(gallery, sources, embedder=embedder, batch_frames=16, progress=interrupt)
    before = contents(gallery)
    assert 2 <= len(list(gallery.tracklets())) < 5
    index_videos(gallery, sources, embedder=embedder, batch_frames=batch_frames)
    after = contents(gallery)
    assert set(after) == set(undisturbed)
    assert all(after[name] == before[name] for name in before if name != "sources")


def test_a_full_disk_is_said_and_the_rest_goes_on_later(
    video: Path,
    make_gallery: Maker,
    index_video: Indexer,
    undisturbed: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gallery = make_gallery()
    room = iter([None] * 6)

    def full(descriptor: int) -> None:
        if next(room, "full") == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("tacan.files.os.fsync", full)
        with pytest.raises(StorageError, match="No space left"):
            index_video(gallery, video)
    assert ours() == []
    assert 0 < len(list(gallery.tracklets())) < 5
    index_video(gallery, video)
    assert contents(gallery) == undisturbed


@pytest.mark.parametrize("seed", range(3))
def test_a_video_cut_at_a_random_byte(
    seed: int,
    tmp_path: Path,
    make_gallery: Maker,
    index_video: Indexer,
    detector: BlockDetector,
) -> None:
    """A stream without a closing index, as cameras write it, gives what is before the cut."""
    whole = write_video(tmp_path / "a.mp4", walkers(120), fps=FPS, size=(WIDTH, HEIGHT))
    stream = remuxed(whole, tmp_path / "whole.ts")
    data = stream.read_bytes()
    cut = tmp_path / "cut.ts"
    cut.write_bytes(data[: random.Random(seed).randrange(len(data) // 3, len(data) * 9 // 10)])
    (source,) = index_video(make_gallery(), cut).sources
    assert 10 < source.n_frames < 120
    assert 0 < source.n_tracklets <= 5


def test_what_is_missing_of_a_video_is_said(
    tmp_path: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    """An MP4 whose index stands in front promises more than is there."""
    whole = write_video(tmp_path / "a.mp4", walkers(120), fps=FPS, size=(WIDTH, HEIGHT))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    gallery = make_gallery()
    (source,) = index_video(gallery, cut).sources
    assert source.damage is not None
    assert "what could be decoded is indexed" in source.text()
    assert gallery.sources()[0].damage == source.damage
    (again,) = index_video(gallery, cut).sources
    assert (again.was_done, again.damage) == (True, source.damage)
    assert source.damage in again.text()
    assert 10 < source.n_frames < 120


def test_after_a_read_error_the_same_command_goes_on(
    tmp_path: Path,
    make_gallery: Maker,
    index_video: Indexer,
    detector: BlockDetector,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What had ended before the error stays; nobody is cut short by it, and nobody is lost."""
    whole = write_video(tmp_path / "a.mp4", walkers(120), fps=FPS, size=(WIDTH, HEIGHT))
    path = remuxed(whole, tmp_path / "a.mkv")
    index_video(whole_gallery := make_gallery("whole"), path)
    gallery = make_gallery()
    with monkeypatch.context() as patched:
        patched.setattr(demux, "VideoBytes", FailingBytes)
        patched.setattr(FailingBytes, "limit", path.stat().st_size * 2 // 3)
        for _ in range(2):
            with pytest.raises(VideoError, match="Input/output error"):
                index_video(gallery, path)
            assert gallery.sources()[0].state == "indexing"
    (source,) = index_video(gallery, path).sources
    assert not source.was_done
    assert contents(gallery) == contents(whole_gallery)


def test_a_file_that_still_grows_is_not_done(
    tmp_path: Path,
    make_gallery: Maker,
    index_video: Indexer,
    detector: BlockDetector,
    grow_while_read: Callable[[Path, bytes], None],
) -> None:
    whole = write_video(tmp_path / "a.mp4", walkers(120), fps=FPS, size=(WIDTH, HEIGHT))
    data = remuxed(whole, tmp_path / "whole.ts").read_bytes()
    path = tmp_path / "hall.ts"
    path.write_bytes(data[: len(data) // 188 * 2 // 3 * 188])
    gallery = make_gallery()
    grow_while_read(path, data)
    with pytest.raises(VideoError, match="must stay as it is"):
        index_video(gallery, path)
    assert gallery.sources()[0].state == "indexing"
    n_before = len(list(gallery.tracklets()))
    (source,) = index_video(gallery, path).sources
    assert (source.n_tracklets, source.was_done) == (5, False)
    assert ("are kept once" in source.text()) == (n_before > 0)
    assert len(list(gallery.tracklets())) == 5


def remuxed(path: Path, to: Path) -> Path:
    import av

    with av.open(str(path)) as source, av.open(str(to), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return to


@pytest.mark.parametrize("data", [b"", b"this is no video\n" * 50, bytes(5000)])
def test_what_is_no_video(
    data: bytes, tmp_path: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    gallery = make_gallery()
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    with pytest.raises(VideoError, match=r"a\.mp4"):
        index_video(gallery, path)
    assert gallery.sources() == ()


def test_a_crowd(
    tmp_path: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    """Sixty people at once, who all leave at the end."""
    rng = np.random.default_rng(0)
    colours = np.where(rng.integers(0, 2, (60, 3)), 250, 5).astype(np.uint8)
    frames = []
    for t in range(12):
        frame = np.full((480, 640, 3), 128, np.uint8)
        for person in range(60):
            x, y = 10 + 40 * (person % 15) + t, 10 + 110 * (person // 15)
            frame[y : y + 60, x : x + 16] = colours[person]
        frames.append(frame)
    path = write_video(tmp_path / "crowd.mp4", frames, fps=FPS, size=(640, 480))
    (source,) = index_video(make_gallery(), path).sources
    assert source.n_tracklets == 60


def test_a_second_indexer_is_refused_clearly(
    tmp_path: Path, video: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    gallery = make_gallery()
    tried: list[str] = []

    def meanwhile(done: int, total: int) -> None:
        if not tried:
            with pytest.raises(GalleryBusyError) as caught:
                open_gallery(gallery.folder, write=True)
            tried.append(str(caught.value))
            with open_gallery(gallery.folder) as reader:
                reader.info()

    index_video(gallery, video, progress=meanwhile)
    assert "--wait" in tried[0]
    assert gallery.info().n_tracklets == 5


def test_a_gallery_of_another_model(
    video: Path, make_gallery: Maker, detector: BlockDetector
) -> None:
    gallery = make_gallery()
    source = VideoSource(video, "hall", None, SETTINGS)
    with pytest.raises(GalleryModelError):
        index_videos(gallery, [source], embedder=small_embedder("another"))
    assert gallery.sources() == ()


def test_a_gallery_of_a_newer_schema(make_gallery: Maker, embedder: TacanEmbedder) -> None:
    gallery = make_gallery()
    gallery.close()
    with sqlite3.connect(gallery.folder / "gallery.sqlite") as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    card = ModelInfo("small", embedder.fingerprint, embedder.embedding_dim, embedder.metric)
    with pytest.raises(GallerySchemaError, match="999"):
        open_gallery(gallery.folder, write=True, create_with=card)


@pytest.mark.parametrize("stage", ["detect", "track", "embed"])
def test_an_error_in_any_stage_stops_all_of_them(
    stage: str,
    video: Path,
    make_gallery: Maker,
    index_video: Indexer,
    undisturbed: dict[str, object],
    detector: BlockDetector,
    embedder: TacanEmbedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gallery = make_gallery()

    def fail(*_: object, **__: object) -> None:
        raise MemoryError(stage)

    with monkeypatch.context() as patched:
        if stage == "detect":
            patched.setattr(detector, "detect", fail)
        elif stage == "track":
            patched.setattr("tacan.video.tracklets.TrackletBuilder.flush", fail)
        else:
            patched.setattr(embedder, "embed_clips", fail)
        with pytest.raises(MemoryError, match=stage):
            index_video(gallery, video)
    assert ours() == []
    index_video(gallery, video)
    assert contents(gallery) == undisturbed


def ready_file(path: Path, *, tracks: bool) -> Path:
    """Two people side by side for 30 frames."""
    frames = np.arange(30)
    tracklets = [
        VideoTracklet(
            number=number,
            frames=frames,
            seconds=frames / FPS,
            boxes=np.stack([[x + 2 * t, 10, x + 2 * t + 14, 60] for t in frames]).astype("f4"),
            scores=np.full(30, 0.9, np.float32),
            crops=(),
            quality=1.0,
        )
        for number, x in ((1, 5), (2, 60))
    ]
    write_mot(path, tracklets)
    if not tracks:
        lines = [line.split(",") for line in path.read_text().splitlines()]
        path.write_text("".join(",".join([row[0], "-1", *row[2:]]) + "\n" for row in lines))
    return path


@pytest.mark.parametrize("tracks", [True, False])
def test_ready_tracks_are_neither_split_nor_connected(
    tracks: bool,
    tmp_path: Path,
    video: Path,
    make_gallery: Maker,
    index_video: Indexer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    modes = []

    def note(groups: Any, settings: IndexSettings, embedder: Any) -> Any:
        modes.append(settings.connect)
        return associate(groups, settings, embedder)

    monkeypatch.setattr("tacan.indexing.stream_run.associate", note)
    ready = ready_file(tmp_path / "ready.txt", tracks=tracks)
    changes = {"detector": f"mot:{ready}", "connect": "bold"}
    index_video(make_gallery(), video, settings=SETTINGS.model_copy(update=changes))
    assert modes == ["off" if tracks else "bold"]


@pytest.mark.parametrize("tracks", [True, False])
def test_ready_boxes_or_tracks_in_place_of_a_detector(
    tracks: bool, tmp_path: Path, video: Path, make_gallery: Maker, index_video: Indexer
) -> None:
    ready = ready_file(tmp_path / "ready.txt", tracks=tracks)
    settings = SETTINGS.model_copy(update={"detector": f"mot:{ready}"})
    gallery = make_gallery()
    (source,) = index_video(gallery, video, settings=settings).sources
    assert source.n_tracklets == 2
    first = next(iter(gallery.tracklets()))
    assert gallery.trajectory(first.id).boxes[0] == pytest.approx([5, 10, 19, 60], abs=3)
    assert index_video(gallery, video, settings=settings).sources[0].was_done
    ready.write_text(ready.read_text().replace(",0.9", ",0.8"))
    with pytest.raises(TacanError, match="detector_fingerprint"):
        index_video(gallery, video, settings=settings)
