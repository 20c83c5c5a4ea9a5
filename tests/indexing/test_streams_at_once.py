from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.model_choice import ModelChoice
from tacan.embeddings.open import open_model
from tacan.errors import EncoderError, GalleryError, StorageError, VideoError
from tacan.gallery import Gallery, ModelInfo, open_gallery
from tacan.indexing.index_report import SourceFailure
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.index_status import IndexWatch
from tacan.indexing.index_videos import index_videos
from tacan.indexing.plan_streams import plan_streams
from tacan.indexing.stream_watch import WatchedStreams
from tacan.indexing.streams_at_once import by_camera, usual_streams
from tacan.indexing.video_source import VideoSource
from tests.indexing.galleries import contents
from tests.indexing.scenes import BlockDetector, walkers, write_walkers

STREET = ModelChoice("street")
N_FRAMES = 240


@pytest.fixture(scope="module")
def street() -> ClipEmbedder:
    return open_model("street")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[VideoSource]:
    """Two cameras, one with two files that don't follow each other, and boxes for each."""
    folder = tmp_path_factory.mktemp("cameras")
    made = []
    for number, camera in enumerate(("hall", "yard", "hall")):
        how = {"n_frames": N_FRAMES, "n_people": 9, "seed": number}
        video = write_walkers(folder / f"{number}.mp4", **how)
        boxes = folder / f"{number}.txt"
        boxes.write_text("".join(ready_boxes(**how)))
        settings = IndexSettings(
            detector=f"mot:{boxes}", connect="off", max_crops=2, embedded_frames=8, min_height=10
        )
        made.append(VideoSource(video, camera, None, settings))
    return made


def ready_boxes(**how: int) -> Iterator[str]:
    """Lines of a file of boxes without tracks."""
    for number, found in enumerate(BlockDetector().detect(walkers(**how)), start=1):
        for x1, y1, x2, y2 in found.boxes.tolist():
            yield f"{number},-1,{x1},{y1},{x2 - x1},{y2 - y1},0.9\n"


@pytest.fixture
def new_gallery(tmp_path: Path, street: ClipEmbedder) -> Iterator[Callable[[str], Gallery]]:
    opened: list[Gallery] = []

    def make(name: str) -> Gallery:
        card = ModelInfo("street", street.fingerprint, street.embedding_dim, street.metric)
        opened.append(open_gallery(tmp_path / name, write=True, create_with=card))
        return opened[-1]

    yield make
    for gallery in opened:
        gallery.close()


def by_name(gallery: Gallery) -> dict[str, object]:
    found = contents(gallery)
    return {**found, "sources": sorted(found["sources"])}


def workers() -> list[int]:
    """The processes that this one has started for streams."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            command = (status.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"tacan.indexing.worker" in command:
            found.append(int(status.parent.name))
    return found


class Shown(IndexWatch):
    """Keeps what it is told."""

    wants_frames = True

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.n_found = 0
        self.seconds: dict[str, float] = {}

    def frame(self, name: str, found: object) -> None:
        self.names.add(name)

    def found(self, count: int) -> None:
        self.n_found += count

    def stages(self, seconds: dict[str, float]) -> None:  # type: ignore[override]
        self.seconds = dict(seconds)


def test_streams_at_once_give_what_they_give_one_after_another(
    sources: list[VideoSource], street: ClipEmbedder, new_gallery: Callable[[str], Gallery]
) -> None:
    in_turn, at_once = new_gallery("in_turn"), new_gallery("at_once")
    before = index_videos(in_turn, sources, embedder=street)
    told: list[tuple[int, int]] = []
    watch = Shown()
    report = index_videos(
        at_once,
        sources,
        embedder=street,
        model=STREET,
        at_once=2,
        progress=lambda done, total: told.append((done, total)),
        watch=watch,
    )
    assert len(list(at_once.tracklets())) >= 20
    assert by_name(at_once) == by_name(in_turn)
    assert [s.path for s in report.sources] == [s.path for s in before.sources]
    assert [s.n_new for s in report.sources] == [s.n_new for s in before.sources]
    assert [s.notes for s in report.sources] == [s.notes for s in before.sources]
    assert all(share > 0 for share in report.shares.values())
    assert told[-1] == (3 * N_FRAMES, 3 * N_FRAMES)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert watch.names >= {"0.mp4", "1.mp4"}
    assert watch.n_found == report.n_new
    assert watch.seconds["storing"] > 0
    assert workers() == []
    again = index_videos(at_once, sources, embedder=street, model=STREET, at_once=2)
    assert all(source.was_done for source in again.sources)


@pytest.mark.parametrize("how", ["killed", "interrupted"])
def test_what_was_broken_off_goes_on(
    how: str,
    sources: list[VideoSource],
    street: ClipEmbedder,
    new_gallery: Callable[[str], Gallery],
) -> None:
    undisturbed, gallery = new_gallery("undisturbed"), new_gallery("broken_off")
    index_videos(undisturbed, sources, embedder=street)
    hit: list[int] = []

    def break_off(done: int, total: int) -> None:
        if done < total / 4:
            return
        hit.extend(workers())
        if how == "interrupted":
            raise KeyboardInterrupt
        for process in workers():
            os.kill(process, signal.SIGKILL)

    def index(**more: object) -> None:
        index_videos(gallery, sources, embedder=street, model=STREET, at_once=2, **more)  # type: ignore[arg-type]

    error = KeyboardInterrupt if how == "interrupted" else StorageError
    with pytest.raises(error) as caught:
        index(progress=break_off)
    if how == "killed":
        assert "signal 9" in str(caught.value)
        assert "--at-once 1" in str(caught.value)
    assert len(hit) >= 2
    assert workers() == []
    assert sum(source.state == "done" for source in gallery.sources()) < len(sources)
    index()
    assert by_name(gallery) == by_name(undisturbed)


def test_a_fault_of_one_stream_ends_all(
    sources: list[VideoSource], street: ClipEmbedder, new_gallery: Callable[[str], Gallery]
) -> None:
    gallery = new_gallery("faults")
    with pytest.raises(EncoderError, match="hog"):
        index_videos(gallery, sources, embedder=street, model=ModelChoice("timm:hog"), at_once=2)
    assert workers() == []
    hall = sources[0]
    index_videos(gallery, [hall], embedder=street)
    changed = VideoSource(
        hall.path, "hall", None, hall.settings.model_copy(update={"max_crops": 3})
    )
    with pytest.raises(GalleryError, match="max_crops was 2, now 3"):
        index_videos(gallery, [changed, sources[1]], embedder=street, model=STREET, at_once=2)
    assert workers() == []


def test_a_worker_ends_when_its_owner_is_killed(sources: list[VideoSource], tmp_path: Path) -> None:
    """It would look for people for nobody, and keep the memory."""
    program = """
        import sys, time
        from tacan.embeddings.model_choice import ModelChoice
        from tacan.indexing.worker_process import WorkerProcess, WorkerTask
        process = WorkerProcess(WorkerTask(ModelChoice("street"), "", 64, 1))._started()
        print(process.pid, flush=True)
        time.sleep(60)
    """
    owner = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    worker = int(owner.stdout.readline())
    assert is_alive(worker)
    owner.kill()
    owner.wait()
    deadline = time.monotonic() + 60
    while is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(worker)


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_streams_of_a_camera_stay_in_their_order(sources: list[VideoSource]) -> None:
    streams, _ = plan_streams(sources)
    names = [[s[0].source.path.name for s in group] for group in by_camera(streams)]
    assert sorted(itertools.chain(*names)) == sorted(s[0].source.path.name for s in streams)
    assert all(len({s[0].source.camera for s in group}) == 1 for group in by_camera(streams))
    assert names[0] == sorted(names[0])
    assert [usual_streams(threads) for threads in (1, 2, 3, 4, 16)] == [1, 1, 1, 2, 8]


def test_what_streams_tell_is_added_up() -> None:
    told: list[tuple[int, int]] = []
    watch = Shown()
    streams = WatchedStreams(watch, lambda done, total: told.append((done, total)), total=100)
    one, two = streams.stream(), streams.stream()
    one.begins(["a"], n_before=0)
    two.begins(["b"], n_before=10)
    one.progress(20, {"decode": 1.0})
    two.progress(5, {"decode": 2.0, "detection": 3.0})
    assert told == [(20, 100), (35, 100)]
    assert watch.seconds == {"decode": 3.0, "detection": 3.0}
    one.begins(["c"], n_before=30)
    one.progress(1, {"decode": 0.5})
    assert told[-1] == (46, 100)
    assert watch.seconds == {"decode": 3.5, "detection": 3.0}
    one.ends(60)
    assert told[-1] == (75, 100)


def test_files_that_went_away_are_told(
    sources: list[VideoSource],
    street: ClipEmbedder,
    new_gallery: Callable[[str], Gallery],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No stream is left then, and no worker is needed."""
    gone = SourceFailure(
        str(sources[0].path), "hall", VideoError("it must be there", got="nothing")
    )
    monkeypatch.setattr("tacan.indexing.index_videos.plan_streams", lambda _: ([], [gone]))
    with pytest.raises(VideoError, match="it must be there"):
        index_videos(new_gallery("gone"), sources, embedder=street, model=STREET, at_once=2)
