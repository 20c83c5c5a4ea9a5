"""Long streams, looked at in pieces: the gallery is that of one machine, to the last byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacan.cli import main
from tacan.cluster import index_on_cluster as module
from tacan.cluster import pieces
from tacan.cluster.detect_job import DetectJob
from tacan.gallery import open_gallery
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.plan_streams import StreamFile
from tacan.indexing.video_source import VideoSource
from tacan.video import detection_source
from tacan.video.detection_cache import pack_block
from tacan.video.encode import write_video
from tacan.video.video_records import Detections
from tests.cluster import blocks
from tests.indexing.galleries import contents
from tests.indexing.scenes import FPS, HEIGHT, WIDTH, walkers

OPTIONS = (
    "--detector", "yolox:nano", "--tiles", "none", "--min-height", "10", "--batch-frames", "16",
    "--threads", "1", "--runtime", "torch", "--clip-weight", "none",
)  # fmt: skip
N_FRAMES = 300


def index(gallery: Path, model: Path, videos: list[Path], *more: str) -> int:
    words = ["index", str(gallery), *map(str, videos), "--camera", "hall", "--model", str(model)]
    try:
        main([*words, *OPTIONS, *more])
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


@pytest.fixture(autouse=True)
def short_pieces(monkeypatch):
    """Pieces of six seconds, and the detector of the workers here as well."""
    monkeypatch.setattr(pieces, "PIECE_SECONDS", 6.0)
    monkeypatch.setattr(detection_source, "open_detector", lambda *_, **__: blocks.BlockDetector())


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> list[Path]:
    """A film of nine people, each five seconds in sight, in files of 20 and of 10 seconds."""
    folder = tmp_path_factory.mktemp("films")
    frames = walkers(N_FRAMES, n_people=9)
    paths = [folder / "a.mp4", folder / "b.mp4"]
    for path, some in zip(paths, (frames[:201], frames[201:]), strict=True):
        write_video(path, some, fps=FPS, size=(WIDTH, HEIGHT))
    return paths


@pytest.fixture
def alone(model, films, tmp_path) -> dict:
    assert index(tmp_path / "alone", model, films, "--stride", "2") == 0
    return contents(tmp_path / "alone")


@pytest.fixture
def jobs(monkeypatch) -> list:
    """The jobs that are submitted."""
    added: list = []
    add = module.Spread.add

    def noting(self, job, **how):
        added.append(job)
        return add(self, job, **how)

    monkeypatch.setattr(module.Spread, "add", noting)
    return added


def looked_for(jobs: list) -> list[DetectJob]:
    return [job for job in jobs if isinstance(job, DetectJob)]


@pytest.mark.slow
def test_a_stream_in_pieces_is_that_of_one_machine_though_a_worker_dies_at_one(
    detecting_cluster, crash, model, films, alone, tmp_path, jobs, capsys
):
    gallery = tmp_path / "g"
    crash.touch()
    address = ("--cluster", detecting_cluster.scheduler_address)
    assert index(gallery, model, films, "--stride", "2", *address) == 0
    assert not crash.exists()  # a worker has met it, and died
    assert contents(gallery) == alone
    assert len(alone) == 1 + 9
    assert len(looked_for(jobs)) == 4 + 2
    assert len(jobs) == 6 + 1
    border = looked_for(jobs)[0].end / FPS
    with open_gallery(gallery) as opened:
        spans = [(each.first_seconds, each.last_seconds) for each in opened.tracklets()]
        assert any(first + 1 < border < last - 1 for first, last in spans)
        assert all(opened.read_detections(source.id) == () for source in opened.sources())
    told = capsys.readouterr().out
    assert "detection" in told


@pytest.mark.slow
def test_a_piece_that_was_finished_is_not_done_again(
    detecting_cluster, model, films, alone, tmp_path, jobs, monkeypatch
):
    keep = module._Run._keep
    kept: list[int] = []

    def stop_after_two(self, number, piece, outcome):
        keep(self, number, piece, outcome)
        kept.append(number)
        if len(kept) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(module._Run, "_keep", stop_after_two)
    gallery = tmp_path / "g"
    address = ("--cluster", detecting_cluster.scheduler_address)
    assert index(gallery, model, films, "--stride", "2", *address) == 130
    n_kept = len(kept)
    assert n_kept >= 2
    jobs.clear()
    assert index(gallery, model, films, "--stride", "2", *address) == 0
    assert len(looked_for(jobs)) == 6 - n_kept
    assert contents(gallery) == alone


@pytest.mark.slow
def test_what_was_found_in_pieces_is_gone_on_with_by_one_machine(
    detecting_cluster, model, films, alone, tmp_path, monkeypatch
):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module._Run, "_follow", stop)
    gallery = tmp_path / "g"
    address = ("--cluster", detecting_cluster.scheduler_address)
    assert index(gallery, model, films, "--stride", "2", *address) == 130

    class Blind(blocks.BlockDetector):
        def detect(self, images, *, tiles=False):
            raise AssertionError("people were found before")

    monkeypatch.setattr(detection_source, "open_detector", lambda *_, **__: Blind())
    assert index(gallery, model, films, "--stride", "2") == 0
    assert contents(gallery) == alone


@pytest.mark.slow
def test_a_file_in_which_pictures_are_missing_is_looked_at_from_its_beginning(
    detecting_cluster, model, films, tmp_path, jobs
):
    damaged = tmp_path / "damaged.mp4"
    data = bytearray(films[0].read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = bytes(4000)
    damaged.write_bytes(data)
    assert index(tmp_path / "alone", model, [damaged]) == 0
    address = ("--cluster", detecting_cluster.scheduler_address)
    assert index(tmp_path / "g", model, [damaged], *address) == 0
    assert len(looked_for(jobs)) == 4
    assert jobs[-1].begun[0][1] == ()
    assert contents(tmp_path / "g") == contents(tmp_path / "alone")


def stream_file(n_promised: int, fps: float = FPS, stride: int = 3) -> StreamFile:
    source = VideoSource(Path("a.mp4"), "hall", None, IndexSettings(stride=stride, detector="x"))
    return StreamFile(source, None, None, fps, (WIDTH, HEIGHT), n_promised)


def test_pieces_hold_each_frame_that_is_looked_at_once():
    stream = [stream_file(n) for n in (100, 7, 0, 3601, 59)]
    looked_at = np.arange(0, sum(file.n_promised for file in stream), 3)
    found = []
    for piece in pieces.pieces_of(stream):
        before = sum(file.n_promised for file in stream[: piece.place])
        end = min(piece.end, stream[piece.place].n_promised)
        found += (before + np.arange(piece.first, end, 3)).tolist()
        assert piece.size == end - piece.first <= 6.0 * FPS + 12
    assert found == looked_at.tolist()


def test_pieces_of_a_file_begin_where_the_detector_is_shown_new_frames():
    assert [p.first % 12 for p in pieces.pieces_of([stream_file(1000)])] == [0] * 17
    assert not pieces.is_long([stream_file(60)])
    assert pieces.is_long([stream_file(40), stream_file(40)])


def test_known_frames_are_those_of_whole_blocks():
    block = pack_block([(0, Detections.none()), (3, Detections.none())])
    assert pieces.known_frames([(0, block), (9, b"cut")]) == {0, 3}
