from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path

import av
import numpy as np
import pytest

from tacan.embeddings.embedder import TacanEmbedder
from tacan.errors import GalleryError, VideoError
from tacan.gallery import Gallery
from tacan.indexing.index_report import IndexReport, failures_error
from tacan.indexing.index_videos import index_videos
from tacan.indexing.stream_run import STAGES
from tacan.indexing.video_source import VideoSource
from tacan.video.decode import VideoFile
from tacan.video.demux import unreadable
from tacan.video.encode import write_video
from tacan.video.video_records import VideoFrame
from tests.indexing.conftest import SETTINGS
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


def test_each_walker_becomes_a_tracklet(
    video: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    gallery = make_gallery()
    start = datetime(2026, 11, 22, 13, tzinfo=UTC)
    told: list[tuple[int, int]] = []
    report = index_video(
        gallery, video, start=start, progress=lambda done, total: told.append((done, total))
    )
    (source,) = report.sources
    assert (source.n_tracklets, source.n_new, source.n_frames) == (5, 5, 120)
    assert source.video_seconds == pytest.approx(120 / FPS)
    assert set(source.shares) == set(STAGES)
    assert sum(source.shares.values()) == pytest.approx(1)
    assert all(share > 0 for share in source.shares.values())
    assert told[-1] == (120, 120)
    assert report.speed == pytest.approx(source.video_seconds / source.seconds)
    assert detector.calls == 120
    tracklets = list(gallery.tracklets())
    assert [t.name for t in tracklets] == [f"hall/{n}" for n in range(1, 6)]
    for tracklet in tracklets:
        assert tracklet.start is not None
        assert (tracklet.start - start).total_seconds() == pytest.approx(tracklet.first_seconds)
        assert 0 < tracklet.n_crops <= SETTINGS.max_crops
        path = gallery.trajectory(tracklet.id)
        assert np.diff(path.boxes[:, 0]).mean() == pytest.approx(3, abs=0.3)
        assert len(path.clip_weights) == len(path.clip_frames) <= 4
        assert set(path.clip_frames.ravel()) <= set(path.frames)
    assert np.isfinite(gallery.vectors()[1]).all()


def test_the_same_file_again_is_a_no_op(
    video: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    gallery = make_gallery()
    index_video(gallery, video)
    before, calls = contents(gallery), detector.calls
    copy = gallery.folder.parent / "copy.mp4"
    copy.write_bytes(video.read_bytes())
    for path in (video, copy):
        (source,) = index_video(gallery, path).sources
        assert source.was_done
        assert (source.n_tracklets, source.n_new) == (5, 0)
        assert "nothing to do" in source.text()
    assert contents(gallery) == before
    assert detector.calls == calls


def test_two_runs_give_the_same_bytes(
    video: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    galleries = [make_gallery("one"), make_gallery("two")]
    for gallery in galleries:
        index_video(gallery, video)
    assert contents(galleries[0]) == contents(galleries[1])


@pytest.mark.parametrize("change", ["stride", "start", "detector"])
def test_a_change_of_settings_is_told(
    video: Path,
    make_gallery: Maker,
    index_video: Indexer,
    detector: BlockDetector,
    change: str,
) -> None:
    gallery = make_gallery()
    index_video(gallery, video)
    other = SETTINGS.model_copy(update={"stride": 2} if change == "stride" else {})
    start = datetime(2026, 1, 1, tzinfo=UTC) if change == "start" else None
    if change == "detector":
        detector.fingerprint = "retrained"
    with pytest.raises(GalleryError, match=rf"{change}\w* was .*, now") as caught:
        index_video(gallery, video, settings=other, start=start)
    assert "tacan gallery delete" in str(caught.value)
    (source,) = index_video(gallery, video, camera="yard", settings=other, start=start).sources
    assert source.n_new == 5


def test_a_stride_looks_at_fewer_frames(
    video: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    settings = SETTINGS.model_copy(update={"stride": 2})
    (source,) = index_video(make_gallery(), video, settings=settings).sources
    assert (source.n_frames, source.n_tracklets) == (60, 5)
    assert detector.calls == 60
    assert source.video_seconds == pytest.approx(120 / FPS)


def test_several_sources_in_one_call(
    tmp_path: Path,
    video: Path,
    make_gallery: Maker,
    embedder: TacanEmbedder,
    detector: BlockDetector,
) -> None:
    gallery = make_gallery()
    other = write_walkers(tmp_path / "other.mp4", n_frames=60, n_people=2, seed=1)
    told: list[tuple[int, int]] = []
    report = index_videos(
        gallery,
        [VideoSource(video, "a", None, SETTINGS), VideoSource(other, "b", None, SETTINGS)],
        embedder=embedder,
        progress=lambda done, total: told.append((done, total)),
    )
    assert [source.n_tracklets for source in report.sources] == [5, 2]
    assert told[-1] == (180, 180)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert report.n_new == 7
    assert report.as_json()["sources"][1]["n_tracklets"] == 2


def test_a_bad_file_is_told_and_the_good_ones_are_indexed(
    tmp_path: Path,
    video: Path,
    make_gallery: Maker,
    embedder: TacanEmbedder,
    detector: BlockDetector,
) -> None:
    gallery = make_gallery()
    empty, text = tmp_path / "empty.mp4", tmp_path / "text.mp4"
    empty.write_bytes(b"")
    text.write_text("this is no video\n" * 100)
    sources = [VideoSource(path, "a", None, SETTINGS) for path in (empty, video, text)]
    report = index_videos(gallery, sources, embedder=embedder)
    assert [source.n_tracklets for source in report.sources] == [5]
    assert [Path(failure.path) for failure in report.failures] == [empty, text]
    told = str(failures_error(report.failures))
    assert "empty.mp4: 0 bytes" in told
    assert "text.mp4" in told
    assert [each["path"] for each in report.as_json()["failures"]] == [str(empty), str(text)]


def test_bad_files_alone_are_refused(
    tmp_path: Path, make_gallery: Maker, embedder: TacanEmbedder, detector: BlockDetector
) -> None:
    gallery = make_gallery()
    paths = [tmp_path / "one.mp4", tmp_path / "two.mp4"]
    for path in paths:
        path.write_text("this is no video\n" * 100)
    sources = [VideoSource(path, "a", None, SETTINGS) for path in paths]
    with pytest.raises(VideoError) as caught:
        index_videos(gallery, sources, embedder=embedder)
    assert all(path.name in str(caught.value) for path in paths)
    assert gallery.sources() == ()
    with pytest.raises(VideoError, match=r"one\.mp4"):
        index_videos(gallery, sources[:1], embedder=embedder)


def test_a_file_that_can_not_be_read_to_its_end_does_not_stop_the_others(
    tmp_path: Path,
    video: Path,
    make_gallery: Maker,
    embedder: TacanEmbedder,
    detector: BlockDetector,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gallery = make_gallery()
    failing = tmp_path / "failing.mp4"
    failing.write_bytes(video.read_bytes() + b"another file")
    read = VideoFile.frames

    def frames(self: VideoFile, **how: int) -> Iterator[VideoFrame]:
        if self.path != failing:
            return read(self, **how)
        return chain(islice(read(self, **how), 30), raising(unreadable(failing, OSError(5, "EIO"))))

    monkeypatch.setattr(VideoFile, "frames", frames)
    sources = [VideoSource(path, path.stem, None, SETTINGS) for path in (failing, video)]
    report = index_videos(gallery, sources, embedder=embedder)
    assert [source.camera for source in report.sources] == ["walkers"]
    assert "readable to its end" in str(report.failures[0].error)
    assert [source.state for source in gallery.sources()] == ["indexing", "done"]


def raising(error: Exception) -> Iterator[VideoFrame]:
    raise error
    yield


def test_nobody_in_sight_is_a_result(
    tmp_path: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    gallery = make_gallery()
    path = write_walkers(tmp_path / "empty_hall.mp4", n_frames=30, n_people=0)
    (source,) = index_video(gallery, path).sources
    assert (source.n_tracklets, source.n_frames) == (0, 30)
    assert "nobody was found" in source.text()
    assert gallery.sources()[0].state == "done"
    assert index_video(gallery, path).sources[0].was_done


def test_a_start_from_the_file_that_has_none(
    video: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    (source,) = index_video(make_gallery(), video, start="file").sources
    assert "does not say when it was made" in source.text()


def test_a_start_from_metadata_tells_its_tag(
    tmp_path: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    path = tmp_path / "phone.mp4"
    plain = write_walkers(tmp_path / "plain.mp4", n_frames=20)
    with av.open(str(plain)) as read, av.open(str(path), "w") as file:
        file.metadata["creation_time"] = "2026-11-22T14:00:00Z"
        stream = file.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(video=0):
            if packet.size:
                packet.stream = stream
                file.mux(packet)
    (source,) = index_video(make_gallery(), path, start="file").sources
    assert "is from the file's creation_time; many phones write there" in source.text()


def test_a_stream_whose_clock_steps_back_loses_nobody(
    tmp_path: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    """Two recordings put together, as recorders and shops' exports do."""
    part = write_stream(tmp_path / "part.ts", n_frames=60, n_people=2)
    (alone,) = index_video(make_gallery("part"), part).sources
    whole = tmp_path / "whole.ts"
    whole.write_bytes(part.read_bytes() * 2)
    (source,) = index_video(make_gallery("whole"), whole).sources
    assert (alone.n_tracklets, source.n_tracklets) == (2, 4)
    assert "clock steps back" in source.text()


def test_too_few_frames_a_second_are_told(
    video: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    settings = SETTINGS.model_copy(update={"stride": 10})
    (source,) = index_video(make_gallery("stride"), video, settings=settings).sources
    assert "1 frames a second are looked at (--stride 10 of 10 a second)" in source.text()
    (source,) = index_video(make_gallery("usual"), video).sources
    assert "a second are looked at" not in source.text()


def test_a_time_lapse_is_noticed(
    tmp_path: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    """It plays at ten frames a second, and people are elsewhere in each of them."""
    frames = walkers(120)[::13]
    path = write_video(tmp_path / "lapse.mp4", frames * 8, fps=FPS, size=(WIDTH, HEIGHT))
    (source,) = index_video(make_gallery(), path).sources
    assert "could be followed into tracklets" in source.text()
    assert "time-lapse" in source.text()


def test_a_rate_that_is_given_is_stored_and_belongs_to_the_settings(
    video: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    gallery = make_gallery()
    settings = SETTINGS.model_copy(update={"fps": 5.0})
    (source,) = index_video(gallery, video, settings=settings).sources
    assert source.video_seconds == pytest.approx(120 / 5)
    assert gallery.sources()[0].fps == 5
    with pytest.raises(GalleryError, match=r"fps was 5\.0, now not given"):
        index_video(gallery, video)


def test_settings_that_a_gallery_does_not_know_yet_are_no_change(
    video: Path, make_gallery: Maker, index_video: Indexer, detector: BlockDetector
) -> None:
    """Stored by a version that lacked one, which has its default now."""
    gallery = make_gallery()
    index_video(gallery, video)
    (known,) = gallery.sources()
    older = {name: value for name, value in known.settings.items() if name != "tiles"}
    with gallery.store.writing() as database:  # type: ignore[attr-defined]
        database.execute("UPDATE sources SET settings = ?", (json.dumps(older, sort_keys=True),))
    assert index_video(gallery, video).sources[0].was_done
    assert len(gallery.sources()) == 1
