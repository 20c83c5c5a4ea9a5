from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tacan.cli.index import _index_live
from tacan.embeddings.embedder import TacanEmbedder
from tacan.embeddings.open import open_model
from tacan.errors import DetectorError, VideoError
from tacan.gallery import Gallery, ModelInfo, open_gallery
from tacan.gallery.find_sources import find_sources
from tacan.gallery.gallery_records import NewSource
from tacan.indexing import index_live as module
from tacan.indexing.index_live import index_live
from tacan.indexing.index_report import IndexReport
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.index_videos import open_detections
from tacan.indexing.video_source import VideoSource
from tacan.indexing.video_sources import gather_sources
from tacan.video import live_source
from tests.embeddings.test_file_encoders import write_onnx
from tests.embeddings.test_weighted import weights_in
from tests.indexing.conftest import SETTINGS
from tests.indexing.scenes import GREY, HEIGHT, WIDTH, BlockDetector, walkers
from tests.video.cameras import Clock, Connections, SteppedFeed

Maker = Callable[..., Gallery]
NOBODY = np.full((HEIGHT, WIDTH, 3), GREY, np.uint8)
ADDRESS = "rtsp://me:secret@door/live"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch, detector: BlockDetector) -> None:
    """No camera is waited for; blocks are the people."""
    del detector
    monkeypatch.setattr(live_source, "DELAYS", (0.0,))
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)


@pytest.fixture
def watch(embedder: TacanEmbedder) -> Callable[..., IndexReport]:
    def run(gallery: Gallery, connections: Connections, **rest: Any) -> IndexReport:
        settings = rest.pop("settings", SETTINGS)
        seeing = rest.pop("embedder", embedder)
        sources = rest.pop("sources", None) or sources_of(ADDRESS, settings=settings)
        return index_live(
            gallery,
            sources,
            embedder=seeing,
            detections=open_detections(sources, threads=1),
            stop=rest.pop("stop", None) or connections.stopped.is_set,
            batch_frames=16,
            connect=connections,
            **rest,
        )

    return run


Watcher = Callable[..., IndexReport]


def sources_of(*texts: str, settings: IndexSettings = SETTINGS) -> list[VideoSource]:
    return gather_sources(texts, settings=settings)


def walk(n: int = 30) -> list[Any]:
    """One person who crosses the picture, and leaves it."""
    return [*walkers(n, n_people=1), NOBODY]


@pytest.mark.parametrize("lent", [True, False])
def test_a_frozen_encoder_stores_the_clip_weights_that_it_was_lent(
    tmp_path: Path, watch: Watcher, *, lent: bool
) -> None:
    spec = f"onnx:{write_onnx(tmp_path / 'net.onnx')}"
    weigher = str(weights_in(tmp_path / "weights", clip_len=1)) if lent else "none"
    frozen = open_model(spec, device="cpu", clip_weight=weigher)
    card = ModelInfo(spec, frozen.fingerprint, frozen.embedding_dim, frozen.metric, weigher)
    clock = Clock()
    with open_gallery(tmp_path / "gallery", write=True, create_with=card) as gallery:
        watch(gallery, Connections(SteppedFeed(walk(), clock)), clock=clock, embedder=frozen)
        (tracklet,) = gallery.tracklets()
        weights = gallery.trajectory(tracklet.id).clip_weights
        assert len(weights) == len(gallery.trajectory(tracklet.id).clip_frames) > 1
        assert gallery.info().clip_weight == weigher
    if lent:
        assert ((weights > 0) & (weights < 1)).all()
        assert np.ptp(weights) > 0
    else:
        assert (weights == 1).all()


def test_walks_are_stored_with_the_time_of_day_and_no_password(
    make_gallery: Maker, watch: Watcher
) -> None:
    gallery, clock, told = make_gallery(), Clock(), []
    connections = Connections(SteppedFeed(walk(), clock), SteppedFeed(walk(), clock))
    report = watch(gallery, connections, clock=clock, tell=told.append)
    (source,) = report.sources
    assert (source.path, source.camera) == ("rtsp://...@door/live", "door")
    assert (source.n_tracklets, source.n_new, source.n_frames) == (2, 2, 62)
    assert source.video_seconds == pytest.approx(6.0)
    assert "the connection broke 2 times" in source.text()
    assert [t.name for t in gallery.tracklets()] == ["door/1", "door/2"]
    assert all(t.start is not None for t in gallery.tracklets())
    known = gallery.sources()
    assert [s.state for s in known] == ["done", "done"]
    assert known[0].start != known[1].start
    assert find_sources(gallery, ADDRESS) == known
    for text in (*told, str(report), str(report.as_json()), str(known), repr(sources_of(ADDRESS))):
        assert "secret" not in text
    gallery.close()
    for file in gallery.folder.rglob("*"):
        assert not file.is_file() or b"secret" not in file.read_bytes()


@pytest.mark.parametrize("connect", ["off", "careful"])
def test_a_walk_can_be_found_while_the_camera_runs_and_nobody_comes(
    connect: str, make_gallery: Maker, watch: Watcher
) -> None:
    gallery, clock = make_gallery(), Clock()
    seen: list[int] = []

    def look() -> None:
        deadline = time.monotonic() + 20
        while not seen and time.monotonic() < deadline:
            with open_gallery(gallery.folder) as reader:
                seen.extend(t.id for t in reader.tracklets())
            time.sleep(0.02)

    frames = [*walk(), *[NOBODY] * 90]
    settings = SETTINGS.model_copy(update={"connect": connect})
    connections = Connections(SteppedFeed(frames, clock, at_end=look))
    watch(gallery, connections, clock=clock, settings=settings)
    assert len(seen) == 1


def test_where_nobody_was_seen_nothing_is_left(make_gallery: Maker, watch: Watcher) -> None:
    gallery, clock = make_gallery(), Clock()
    report = watch(gallery, Connections(SteppedFeed([NOBODY] * 5, clock)), clock=clock)
    assert report.sources[0].n_tracklets == 0
    assert "nobody was found" in report.sources[0].text()
    assert gallery.sources() == ()


def test_a_second_run_is_a_new_source_and_ends_what_a_killed_one_left(
    make_gallery: Maker, watch: Watcher
) -> None:
    gallery, clock = make_gallery(), Clock()
    gallery.begin_source(NewSource("x", "x", "0" * 64, "door", settings={"live": True}))
    for _ in range(2):
        watch(gallery, Connections(SteppedFeed(walk(), clock)), clock=clock)
    killed, *own = gallery.sources()
    assert (killed.state, killed.damage) == ("done", "the run was killed")
    assert len(own) == 2
    assert [t.name for t in gallery.tracklets()] == ["door/1", "door/2"]


def test_one_of_two_cameras_shuts_us_out_and_the_other_goes_on(
    make_gallery: Maker, watch: Watcher
) -> None:
    gallery, clock = make_gallery(), Clock()
    yard, refused = Connections(SteppedFeed(walk(), clock)), VideoError("let in", got="401")

    def connect(address: Any) -> Any:
        if "door" in address.shown:
            raise refused
        return yard(address)

    report = watch(
        gallery,
        connect,
        stop=yard.stopped.is_set,
        clock=clock,
        sources=sources_of(ADDRESS, "rtsp://yard/live"),
    )
    assert [source.camera for source in report.sources] == ["yard"]
    assert [failure.camera for failure in report.failures] == ["door"]
    with pytest.raises(VideoError, match="let in"):
        watch(gallery, Connections(refused), clock=clock)


def test_two_cameras_at_the_same_time(make_gallery: Maker, watch: Watcher) -> None:
    gallery, clock, both = make_gallery(), Clock(), threading.Barrier(2)
    feeds = [SteppedFeed(walk(), clock, at_end=lambda: both.wait(20)) for _ in range(2)]
    hosts = {"door": Connections(feeds[0]), "yard": Connections(feeds[1])}
    report = watch(
        gallery,
        lambda address: hosts[address.camera](address),
        stop=lambda: all(each.stopped.is_set() for each in hosts.values()),
        clock=clock,
        sources=sources_of(ADDRESS, "rtsp://yard/live"),
    )
    assert [source.camera for source in report.sources] == ["door", "yard"]
    assert {s.camera for s in gallery.sources()} == {"door", "yard"}


def test_a_fault_of_the_detector_ends_all(
    make_gallery: Maker, watch: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise DetectorError("a detector must work", got="none")

    monkeypatch.setattr(BlockDetector, "detect", fail)
    clock = Clock()
    connections = Connections(SteppedFeed(walk(), clock, n_in_step=0))
    with pytest.raises(DetectorError):
        watch(make_gallery(), connections, clock=clock, stop=lambda: False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order_and_stores_who_is_in_sight(
    number: int, make_gallery: Maker, embedder: TacanEmbedder, capsys: pytest.CaptureFixture[str]
) -> None:
    gallery, clock = make_gallery(), Clock()

    def interrupt() -> None:
        os.kill(os.getpid(), number)
        time.sleep(0.3)  # The camera stays connected until the signal was heard.

    sources = sources_of(ADDRESS)
    report = _index_live(
        gallery,
        sources,
        embedder=embedder,
        detections=open_detections(sources, threads=1),
        batch_frames=16,
        connect=Connections(SteppedFeed(walk(20)[:-1], clock, at_end=interrupt)),
        clock=clock,
    )
    assert report.sources[0].n_tracklets == 1
    assert [s.state for s in gallery.sources()] == ["done"]
    assert "Stopping" in capsys.readouterr().err


def test_the_rule_of_retention_is_followed_meanwhile(
    make_gallery: Maker, watch: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[Gallery] = []
    monkeypatch.setattr(module, "RETENTION_SECONDS", 0.0)
    monkeypatch.setattr(module, "apply_retention", followed.append)
    gallery, clock = make_gallery(), Clock()
    watch(gallery, Connections(SteppedFeed(walk(), clock)), clock=clock)
    assert followed
    assert followed[0] is gallery


def test_tiles_are_those_that_the_camera_had_before(make_gallery: Maker, watch: Watcher) -> None:
    gallery, clock = make_gallery(), Clock()
    open_tiles = SETTINGS.model_copy(update={"tiles": "auto"})
    report = watch(
        gallery, Connections(SteppedFeed(walk(), clock)), clock=clock, settings=open_tiles
    )
    assert "whole frames, since nobody is followed" in report.sources[0].text()
    tiled = SETTINGS.model_copy(update={"tiles": (1, 2)})
    watch(gallery, Connections(SteppedFeed(walk(), clock)), clock=clock, settings=tiled)
    report = watch(
        gallery, Connections(SteppedFeed(walk(), clock)), clock=clock, settings=open_tiles
    )
    assert "tiles 1x2, as this camera had before" in report.sources[0].text()


def test_dropped_pictures_are_told(make_gallery: Maker, watch: Watcher) -> None:
    gallery, clock, shown = make_gallery(), Clock(), []
    feed = SteppedFeed([NOBODY] * 2000, clock, n_in_step=1)
    report = watch(gallery, Connections(feed), clock=clock, show=shown.append)
    (source,) = report.sources
    assert " were dropped, since the detector was busy; a smaller detector" in source.text()
    assert "--stride (now 1 at 10 pictures a second)" in source.text()
    assert shown[-1].startswith("door: ")
    assert shown[-1].endswith(" % dropped")


def test_a_file_is_no_live_camera(tmp_path: Path) -> None:
    assert sources_of(str(_made(tmp_path / "door.mp4")))[0].live is None


def _made(path: Path) -> Path:
    path.write_bytes(b"video")
    return path
