"""Files of one camera that follow each other: a walk over their border is one walk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tacan.embeddings.embedder import TacanEmbedder
from tacan.errors import VideoError
from tacan.gallery import Gallery
from tacan.indexing.index_report import IndexReport
from tacan.indexing.index_videos import index_videos
from tacan.indexing.video_source import VideoSource
from tacan.indexing.video_sources import gather_sources
from tacan.video.decode import VideoFile
from tacan.video.encode import write_video
from tacan.video.video_records import VideoFrame
from tests.indexing.conftest import SETTINGS
from tests.indexing.galleries import contents
from tests.indexing.scenes import FPS, HEIGHT, WIDTH, BlockDetector, walkers

Maker = Callable[..., Gallery]
Runner = Callable[..., IndexReport]
START = datetime(2026, 11, 22, 13, tzinfo=UTC)
N_FRAMES, BORDER = 120, 53


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lossless, so that what is cut is as it was."""
    return write(tmp_path_factory.mktemp("whole") / "whole.mp4", walkers(N_FRAMES))


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same cut in two, while two people are in sight."""
    folder, frames = tmp_path_factory.mktemp("halves"), walkers(N_FRAMES)
    return [
        write(folder / "hour9.mp4", frames[:BORDER]),
        write(folder / "hour10.mp4", frames[BORDER:]),
    ]


def write(path: Path, frames: Sequence[np.ndarray]) -> Path:
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264rgb", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "rgb24"
        stream.options = {"qp": "0", "preset": "ultrafast"}
        for image in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        file.mux(stream.encode(None))
    return path


@pytest.fixture
def run(embedder: TacanEmbedder, detector: BlockDetector) -> Runner:
    def index(gallery: Gallery, files: Sequence[Path], **how: Any) -> IndexReport:
        changes = how.pop("settings", {})
        starts = how.pop("starts", [None] * len(files))
        settings = SETTINGS.model_copy(update=changes)
        sources = [
            VideoSource(file, "door", start, settings)
            for file, start in zip(files, starts, strict=True)
        ]
        return index_videos(gallery, sources, embedder=embedder, batch_frames=16, **how)

    return index


def in_sequence(gallery: Gallery, files: Sequence[int]) -> list[dict[str, Any]]:
    """What is stored of each tracklet, with frames counted over all files; `files` are the frames
    that come before each source."""
    found = []
    for tracklet in gallery.tracklets():
        path = gallery.trajectory(tracklet.id)
        before = files[tracklet.source_id - 1]
        found.append(
            {
                "number": tracklet.number,
                "frames": (path.frames + before).tolist(),
                "boxes": path.boxes.tolist(),
                "clips": (path.clip_frames + before).tolist(),
                "vector": gallery.vector(tracklet.id).tolist(),
                "quality": tracklet.quality,
                "crops": [
                    (crop.frame + before, crop.path.read_bytes())
                    for crop in gallery.crops(tracklet.id)
                ],
                "seconds": (path.seconds + before / FPS).round(6).tolist(),
            }
        )
    return found


@pytest.mark.parametrize("changes", [{}, {"stride": 2}, {"connect": "careful"}])
def test_a_video_cut_in_two_gives_what_the_whole_gives(
    whole: Path, halves: list[Path], make_gallery: Maker, run: Runner, changes: dict[str, Any]
) -> None:
    uncut, cut = make_gallery("uncut"), make_gallery("cut")
    run(uncut, [whole], settings=changes)
    report = run(cut, halves, settings=changes)
    expected = in_sequence(uncut, [0])
    assert in_sequence(cut, [0, BORDER]) == expected
    assert len(expected) == 5
    crossing = [one for one in expected if one["frames"][0] < BORDER <= one["frames"][-1]]
    assert len(crossing) == 2
    stride = changes.get("stride", 1)
    assert [s.n_frames for s in report.sources] == [
        len(range(0, BORDER, stride)),
        len(range(0, N_FRAMES, stride)) - len(range(0, BORDER, stride)),
    ]
    assert sum(source.n_tracklets for source in report.sources) == 5
    again = run(cut, halves, settings=changes)
    assert all(source.was_done for source in again.sources)


def test_apart_they_are_two_videos(halves: list[Path], make_gallery: Maker, run: Runner) -> None:
    """What the border costs where the files are not indexed together."""
    gallery = make_gallery()
    for half in halves:
        run(gallery, [half])
    assert len(list(gallery.tracklets())) == 7


def test_times_go_on_and_gaps_end_walks(
    halves: list[Path], make_gallery: Maker, run: Runner
) -> None:
    seconds = BORDER / FPS
    near, far = make_gallery("near"), make_gallery("far")
    run(near, halves, starts=[START, "after"])
    assert [s.start for s in near.sources()] == [START, START + timedelta(seconds=seconds)]
    assert len(list(near.tracklets())) == 5
    for tracklet in near.tracklets():
        path = near.trajectory(tracklet.id)
        before = 0 if tracklet.source == "hour9.mp4" else seconds
        assert tracklet.start == START + timedelta(seconds=before + path.seconds[0].item())
    run(far, halves, starts=[START, START + timedelta(minutes=5)])
    assert len(list(far.tracklets())) == 7


def test_starts_that_overlap_are_no_sequence(
    halves: list[Path], make_gallery: Maker, run: Runner
) -> None:
    gallery = make_gallery()
    run(gallery, halves, starts=[START, START + timedelta(seconds=1)])
    assert len(list(gallery.tracklets())) == 7


@pytest.mark.parametrize("moment", [20, BORDER + 5, N_FRAMES - 5])
def test_an_interrupted_sequence_goes_on(
    moment: int, halves: list[Path], make_gallery: Maker, run: Runner, monkeypatch: Any
) -> None:
    monkeypatch.setattr("tacan.video.detection_cache.BLOCK_FRAMES", 8)
    left_alone, interrupted = make_gallery("alone"), make_gallery("interrupted")
    run(left_alone, halves)

    def interrupt(done: int, total: int) -> None:
        assert total == N_FRAMES
        if done >= moment:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(interrupted, halves, progress=interrupt)
    assert {source.state for source in interrupted.sources()} == {"indexing"}
    run(interrupted, halves)
    assert contents(interrupted) == contents(left_alone)


def test_files_between_other_files_than_before_are_begun_anew(
    tmp_path: Path,
    halves: list[Path],
    make_gallery: Maker,
    run: Runner,
    detector: BlockDetector,
    monkeypatch: Any,
) -> None:
    """What an interrupted run found in one file is not taken for what is in another; and what was
    detected in a file that is still there isn't detected again."""
    monkeypatch.setattr("tacan.video.detection_cache.BLOCK_FRAMES", 4)
    other = write(tmp_path / "other.mp4", [np.full((HEIGHT, WIDTH, 3), 128, np.uint8)] * 40)
    for number, files in enumerate(([halves[0], other], halves[:1], halves[1:], [other, *halves])):
        expected, gallery = make_gallery(f"expected{number}"), make_gallery(f"{number}")
        run(expected, files)

        def interrupt(done: int, total: int) -> None:
            if done >= N_FRAMES - 5:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run(gallery, halves, progress=interrupt)
        detector.calls = 0
        run(gallery, files)
        assert detector.calls < (80 if other in files else 20)
        walks = [
            {
                (one.source, one.number, gallery.trajectory(one.id).frames.tobytes())
                for one in gallery.tracklets()
                if one.source in {file.name for file in files}
            }
            for gallery in (expected, gallery)
        ]
        assert walks[0] == walks[1]


def failing_after(n_frames: int, path: Path, monkeypatch: Any) -> None:
    """Makes a file unreadable once so many of its frames were read."""
    decoded = VideoFile.frames

    def frames(video: VideoFile, **how: Any) -> Iterator[VideoFrame]:
        for frame in decoded(video, **how):
            if video.path == path and frame.index >= n_frames:
                raise VideoError("a video must be readable to its end", got=str(path))
            yield frame

    monkeypatch.setattr(VideoFile, "frames", frames)


@pytest.mark.parametrize("n_frames", [0, 12])
def test_a_file_that_fails_ends_a_chain_and_the_next_begins_one(
    n_frames: int,
    tmp_path: Path,
    halves: list[Path],
    make_gallery: Maker,
    run: Runner,
    monkeypatch: Any,
) -> None:
    gallery = make_gallery()
    between = write(tmp_path / "hour9b.mp4", walkers(30, n_people=1))
    files = [halves[0], between, halves[1]]
    with monkeypatch.context() as patch:
        failing_after(n_frames, between, patch)
        report = run(gallery, files)
    assert [Path(source.path) for source in report.sources] == halves
    assert [Path(failure.path) for failure in report.failures] == [between]
    done = [source.name for source in gallery.sources() if source.state == "done"]
    assert done == [half.name for half in halves]
    again = run(gallery, files)
    assert [source.was_done for source in again.sources] == [True, False, True]
    assert not again.failures
    alone = make_gallery("alone")
    run(alone, [between])
    assert len(list(alone.tracklets())) == sum(
        one.source == between.name for one in gallery.tracklets()
    )


def test_other_sizes_rates_and_settings_are_no_sequence(
    tmp_path: Path, halves: list[Path], make_gallery: Maker, run: Runner, embedder: TacanEmbedder
) -> None:
    from tacan.indexing.plan_streams import plan_streams

    def streams(*sources: VideoSource) -> list[int]:
        return [len(stream) for stream in plan_streams(sources)[0]]

    one, two = (VideoSource(half, "door", None, SETTINGS) for half in halves)
    small = write_video(
        tmp_path / "small.mp4", [f[::2, ::2] for f in walkers(9)], fps=FPS, size=(80, 48)
    )
    slow = write_video(tmp_path / "slow.mp4", walkers(9), fps=5, size=(WIDTH, HEIGHT))
    assert streams(one, two) == [2]
    assert streams(one, replace(two, camera="yard")) == [1, 1]
    other = SETTINGS.model_copy(update={"stride": 2})
    assert streams(one, replace(two, settings=other)) == [1, 1]
    assert streams(one, replace(two, path=small)) == [1, 1]
    assert streams(one, replace(two, path=slow)) == [1, 1]
    assert streams(one, replace(two, path=tmp_path / "none.mp4"), two) == [1, 1]
    both = [replace(source, camera="yard") for source in (one, two)]
    assert streams(one, both[0], two, both[1]) == [2, 2]


def test_hours_of_one_camera_from_a_folder_a_pattern_and_a_list(
    tmp_path: Path, halves: list[Path]
) -> None:
    folder = halves[0].parent
    listed = tmp_path / "list.yaml"
    listed.write_text(f"- {{path: '{folder}/hour*.mp4', camera: door, start: 2026-11-22T13:00Z}}")
    texts = [str(half) for half in sorted(halves)]
    assert texts == [str(halves[1]), str(halves[0])]  # As a shell puts them.
    for sources in (
        gather_sources([str(folder)], cameras=["door"], starts=["2026-11-22T13:00Z"]),
        gather_sources([f"{folder}/hour*.mp4"], cameras=["door"], starts=["2026-11-22T13:00Z"]),
        gather_sources(texts, cameras=["door"], starts=["2026-11-22T13:00Z"]),
        gather_sources([], source_list=listed),
    ):
        assert [source.path for source in sources] == halves
        assert [source.start for source in sources] == [START, "after"]
        assert {source.camera for source in sources} == {"door"}
    by_start = gather_sources(
        texts, cameras=["door"], starts=["2026-11-22T15:00Z", "2026-11-22T14:00Z"]
    )
    assert [source.path for source in by_start] == halves
    assert [s.camera for s in gather_sources([str(folder)])] == [folder.name] * 2


def test_a_folder_of_pictures_is_a_source(
    tmp_path: Path, make_gallery: Maker, run: Runner, whole: Path
) -> None:
    from PIL import Image

    folder = tmp_path / "frames"
    folder.mkdir()
    for number, image in enumerate(walkers(N_FRAMES)):
        Image.fromarray(image).save(folder / f"{number}.png", compress_level=1)
    pictures, video = make_gallery("pictures"), make_gallery("video")
    report = run(pictures, [folder], settings={"fps": 10.0})
    run(video, [whole])
    assert in_sequence(pictures, [0]) == in_sequence(video, [0])
    assert report.sources[0].n_frames == N_FRAMES
    assert run(pictures, [folder], settings={"fps": 10.0}).sources[0].was_done


def test_tiles_are_chosen_once_for_a_stream(
    halves: list[Path], make_gallery: Maker, run: Runner
) -> None:
    gallery = make_gallery()
    report = run(gallery, halves, settings={"tiles": "auto"})
    told = [any("whole frames" in note for note in source.notes) for source in report.sources]
    assert told == [True, False]
    assert len(list(gallery.tracklets())) == 5
    assert len({str(source.settings["tiles"]) for source in gallery.sources()}) == 1
    again = run(gallery, halves, settings={"tiles": "auto"})
    assert all(source.was_done for source in again.sources)
