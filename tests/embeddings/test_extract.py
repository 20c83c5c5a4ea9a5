from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from tacan.embeddings import reading
from tacan.embeddings.embedder import TacanEmbedder
from tacan.embeddings.extract import embed, embed_to_file
from tacan.errors import ConfigError, CropError, DataError, StorageError
from tacan.features.features_file import load_features
from tacan.images.resize import load_frames
from tacan.model import Tacan
from tacan.records import Tracklet, TrackletSplit

Make = Callable[..., Tracklet]
MakeSplit = Callable[..., TrackletSplit]
Oracle = Callable[[Tacan, torch.Tensor, int], np.ndarray]

LENGTHS = (1, 4, 10, 3, 41)


class Spy:
    """A `ClipEmbedder` that counts, and breaks off before batch number `breaks_at`."""

    def __init__(self, embedder: TacanEmbedder, *, breaks_at: int | None = None) -> None:
        self._embedder = embedder
        self._breaks_at = breaks_at
        self.clip_len = embedder.clip_len
        self.input_size = embedder.input_size
        self.embedding_dim = embedder.embedding_dim
        self.fingerprint = embedder.fingerprint
        self.metric = embedder.metric
        self.precision = embedder.precision
        self.finish = embedder.finish
        self.batches: list[int] = []

    def embed_clips(self, frames: torch.Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        if len(self.batches) == self._breaks_at:
            raise KeyboardInterrupt
        self.batches.append(len(frames))
        return self._embedder.embed_clips(frames)


@pytest.fixture
def embedder(make_embedder: Callable[..., TacanEmbedder]) -> TacanEmbedder:
    return make_embedder()


@pytest.fixture
def split(make_tracklet: Make, make_split: MakeSplit) -> TrackletSplit:
    return make_split(*(make_tracklet(f"t{i}", n, pid=i) for i, n in enumerate(LENGTHS)))


def pixels(tracklet: Tracklet, numbers: range | list[int] | None = None) -> torch.Tensor:
    chosen = range(len(tracklet)) if numbers is None else numbers
    return load_frames(tracklet, list(chosen), height=32, width=16)


@pytest.mark.parametrize("batch_frames", [1, 12, 64])
@pytest.mark.parametrize("clip_len", [1, 4])
def test_each_tracklet_gets_what_one_batch_of_all_its_clips_gives(
    make_model: Callable[..., Tacan],
    in_one_batch: Oracle,
    split: TrackletSplit,
    batch_frames: int,
    clip_len: int,
) -> None:
    model = make_model(clip_len=clip_len, neck=True)
    spy = Spy(TacanEmbedder(model, clip_len=clip_len, input_size=(32, 16)))
    features, report = embed(split, spy, batch_frames=batch_frames)
    for row, tracklet in zip(features.embeddings, split, strict=True):
        expected = in_one_batch(model, pixels(tracklet), clip_len)
        np.testing.assert_allclose(row, expected, rtol=1e-5, atol=1e-5)
    n_clips = [-(-n // clip_len) for n in LENGTHS]
    assert features.clip_offsets is not None
    assert np.diff(features.clip_offsets).tolist() == n_clips
    size = max(1, batch_frames // clip_len)
    assert spy.batches[:-1] == [size] * (len(spy.batches) - 1)
    assert sum(spy.batches) == report.n_clips == sum(n_clips)
    assert (report.n_tracklets, report.n_frames) == (5, sum(LENGTHS))


def test_features_say_whose_they_are(embedder: TacanEmbedder, split: TrackletSplit) -> None:
    features, _ = embed(split, embedder)
    assert features.pids.tolist() == [0, 1, 2, 3, 4]
    assert features.camids.tolist() == [1] * 5
    assert features.is_query.all()
    assert features.tracklet_ids is not None
    assert features.tracklet_ids.tolist() == ["t0", "t1", "t2", "t3", "t4"]
    assert features.meta["model_fingerprint"] == "one"
    assert (features.meta["dataset"], features.meta["split"]) == ("folder", "test")
    assert features.meta["metric"] == "euclidean"
    assert features.meta["settings"]["clip_len"] == 4


def test_the_number_of_readers_changes_nothing(
    embedder: TacanEmbedder, split: TrackletSplit
) -> None:
    one, _ = embed(split, embedder, workers=1)
    many, _ = embed(split, embedder, workers=5)
    np.testing.assert_array_equal(one.embeddings, many.embeddings)


def test_reading_stays_a_bounded_way_ahead(
    embedder: TacanEmbedder,
    make_tracklet: Make,
    make_split: MakeSplit,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    n_read = 0

    def counting(tracklet: Tracklet, numbers: range, *, height: int, width: int) -> torch.Tensor:
        nonlocal n_read
        n_read += len(numbers)
        return torch.zeros(len(numbers), 3, height, width, dtype=torch.uint8)

    monkeypatch.setattr(reading, "load_frames", counting)
    names = tuple(map(str, range(5000)))
    long = Tracklet("long", pid=1, camid=1, directory=Path("nowhere"), frames=names)
    lead = []

    class Slow(Spy):
        def embed_clips(
            self, frames: torch.Tensor
        ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            lead.append(n_read - 4 * sum(self.batches))
            return super().embed_clips(frames)

    embed(make_split(long), Slow(embedder), batch_frames=64, workers=2)
    assert n_read == 5000
    assert max(lead) <= 64 + (2 + 4 + 2) * reading.FRAMES_AT_ONCE


BROKEN = {2: b"", 5: b"\x89PNG\r\n\x1a\n cut", 9: b"no image"}


@pytest.mark.parametrize("batch_frames", [4, 64])
def test_unreadable_crops_are_passed_over_and_reported(
    batch_frames: int,
    make_model: Callable[..., Tacan],
    in_one_batch: Oracle,
    make_tracklet: Make,
    make_split: MakeSplit,
) -> None:
    model = make_model()
    embedder = TacanEmbedder(model, clip_len=4, input_size=(32, 16))
    some = make_tracklet("some", 12, broken=BROKEN)
    none = make_tracklet("none", 2, broken={0: b"", 1: b""})
    whole = make_tracklet("whole", 5)
    features, report = embed(make_split(some, none, whole), embedder, batch_frames=batch_frames)
    assert features.tracklet_ids is not None
    assert features.tracklet_ids.tolist() == ["some", "whole"]
    readable = [number for number in range(12) if number not in BROKEN]
    expected = in_one_batch(model, pixels(some, readable), 4)
    np.testing.assert_allclose(features.embeddings[0], expected, rtol=1e-5, atol=1e-5)
    expected = in_one_batch(model, pixels(whole), 4)
    np.testing.assert_allclose(features.embeddings[1], expected, rtol=1e-5, atol=1e-5)
    assert [Path(crop.path).name for crop in report.unreadable] == [
        "0002.png", "0005.png", "0009.png", "0000.png", "0001.png",
    ]  # fmt: skip
    assert "0 bytes" in report.unreadable[0].reason
    assert report.left_out == ("none",)
    assert (report.n_tracklets, report.n_frames, report.n_clips) == (2, 14, 5)
    lines = report.faults(at_most=2)
    assert len(lines) == 4
    assert "and 3 more crops" in lines[2]
    assert "tracklet none" in lines[3]


def test_strict_stops_at_the_first_bad_crop(
    embedder: TacanEmbedder, make_tracklet: Make, make_split: MakeSplit
) -> None:
    bad = make_split(make_tracklet("bad", 12, broken=BROKEN))
    with pytest.raises(CropError, match=r"0002\.png"):
        embed(bad, embedder, strict=True)


def test_nothing_readable_at_all(
    embedder: TacanEmbedder, make_tracklet: Make, make_split: MakeSplit
) -> None:
    with pytest.raises(DataError, match="a crop that can be read"):
        embed(make_split(make_tracklet("none", 1, broken={0: b""})), embedder)


def test_an_interrupted_extraction_goes_on_where_it_stopped(
    embedder: TacanEmbedder, split: TrackletSplit, tmp_path: Path
) -> None:
    expected, _ = embed(split, embedder)
    out = tmp_path / "features.npz"
    with pytest.raises(KeyboardInterrupt):
        embed_to_file(split, Spy(embedder, breaks_at=3), out, batch_frames=8)
    assert not out.exists()
    again = Spy(embedder)
    report = embed_to_file(split, again, out, batch_frames=8, notes={"model": "it"})
    # Six clips were embedded: t0 (1 clip), t1 (1) and t2 (3) whole, t3 (1) as well.
    assert report.n_resumed == 4
    assert sum(again.batches) == 11
    features = load_features(out)
    np.testing.assert_allclose(features.embeddings, expected.embeddings, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(features.clip_weights, expected.clip_weights, rtol=1e-5)
    assert features.meta["model"] == "it"
    assert not list(tmp_path.glob("*.partial"))


def test_what_was_unreadable_before_the_interruption_is_still_reported(
    embedder: TacanEmbedder, make_tracklet: Make, make_split: MakeSplit, tmp_path: Path
) -> None:
    tracklets = make_split(
        make_tracklet("none", 1, broken={0: b""}),
        make_tracklet("some", 5, broken={1: b""}),
        make_tracklet("whole", 9),
    )
    partial = tmp_path / "parts"
    with pytest.raises(KeyboardInterrupt):
        embed(tracklets, Spy(embedder, breaks_at=1), batch_frames=4, partial=partial)
    _, report = embed(tracklets, embedder, partial=partial)
    assert report.n_resumed == 2
    assert report.left_out == ("none",)
    assert [crop.tracklet_id for crop in report.unreadable] == ["none", "some"]


def interrupted(split: TrackletSplit, embedder: TacanEmbedder, partial: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        embed(split, Spy(embedder, breaks_at=3), batch_frames=8, partial=partial)


@pytest.mark.parametrize("change", ["model", "strict", "frames"])
def test_parts_of_another_extraction_are_not_used(
    embedder: TacanEmbedder, split: TrackletSplit, tmp_path: Path, change: str
) -> None:
    partial = tmp_path / "parts"
    interrupted(split, embedder, partial)
    spy = Spy(embedder)
    if change == "model":
        spy.fingerprint = "another"
    if change == "frames":
        first = split.tracklets[0]
        renamed = first.directory / "renamed.png"
        first.path(0).rename(renamed)
        changed = Tracklet("t0", pid=0, camid=1, directory=first.directory, frames=("renamed.png",))
        split = TrackletSplit(
            "folder", "test", (changed, *split.tracklets[1:]), split.is_query, split.is_gallery
        )
    _, report = embed(split, spy, partial=partial, strict=change == "strict")
    assert report.n_resumed == 0
    assert sum(spy.batches) == report.n_clips


@pytest.mark.parametrize("change", ["mended", "other pixels", "put back", "removed"])
def test_crops_that_changed_after_an_interruption_get_new_vectors(
    embedder: TacanEmbedder,
    make_tracklet: Make,
    make_split: MakeSplit,
    tmp_path: Path,
    change: str,
) -> None:
    """Whatever the change leaves as it was: the name, the size, the time of the last write."""
    broken = {1: b""} if change == "mended" else None
    split = make_split(
        make_tracklet("first", 4), make_tracklet("second", 5, broken=broken), make_tracklet("c", 41)
    )
    partial = tmp_path / "parts"
    interrupted(split, embedder, partial)
    file = split.tracklets[1].path(1)
    before = file.stat()
    if change == "removed":
        file.unlink()
    elif change == "put back":
        whole = file.read_bytes()
        file.with_name("copy").write_bytes(whole[:60] + bytes([whole[60] ^ 1]) + whole[61:])
        file.with_name("copy").replace(file)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert file.stat().st_size == before.st_size
    else:
        Image.new("RGB", (16, 32), "red").save(file)
    features, report = embed(split, embedder, partial=partial)
    expected, anew = embed(split, embedder)
    assert report.n_resumed == 1
    assert report.unreadable == anew.unreadable
    np.testing.assert_allclose(features.embeddings, expected.embeddings, rtol=1e-5, atol=1e-6)


def test_a_damaged_part_is_done_again(
    embedder: TacanEmbedder, split: TrackletSplit, tmp_path: Path
) -> None:
    expected, _ = embed(split, embedder)
    partial = tmp_path / "parts"
    interrupted(split, embedder, partial)
    (part,) = partial.glob("part-*.npz")
    part.write_bytes(part.read_bytes()[:100])
    features, report = embed(split, embedder, partial=partial)
    assert report.n_resumed == 0
    np.testing.assert_allclose(features.embeddings, expected.embeddings, rtol=1e-6)


def test_a_folder_with_other_things_in_it_is_not_removed(
    embedder: TacanEmbedder, split: TrackletSplit, tmp_path: Path
) -> None:
    partial = tmp_path / "mine"
    partial.mkdir()
    (partial / "thesis.txt").write_text("years of work")
    with pytest.raises(StorageError, match=r"thesis\.txt"):
        embed(split, embedder, partial=partial)
    assert (partial / "thesis.txt").exists()


def test_progress_counts_frames_to_the_end(embedder: TacanEmbedder, split: TrackletSplit) -> None:
    told: list[tuple[int, int]] = []
    embed(split, embedder, progress=lambda done, total: told.append((done, total)))
    done = [step for step, _ in told]
    assert done == sorted(done)
    assert told[0] == (0, sum(LENGTHS))
    assert told[-1] == (sum(LENGTHS), sum(LENGTHS))


def test_sizes_below_one_are_refused_together(
    embedder: TacanEmbedder, split: TrackletSplit
) -> None:
    with pytest.raises(ConfigError) as caught:
        embed(split, embedder, batch_frames=0, workers=-1)
    assert len(caught.value.faults) == 2


class MeanColour:
    """The cheapest `ClipEmbedder` there is."""

    clip_len, input_size, embedding_dim = 4, (128, 64), 3
    fingerprint, metric, precision = "", "euclidean", "32"

    def embed_clips(self, frames: torch.Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return frames.float().mean((1, 3, 4)).numpy(), np.ones(len(frames), np.float32)

    def finish(
        self, weighted_sum: NDArray[np.float64], weight_sum: float, n_clips: int
    ) -> NDArray[np.float32]:
        return (weighted_sum / n_clips).astype(np.float32)


def peak_memory(work: Callable[[], object]) -> float:
    """MiB that this process holds at most while it works."""
    Path("/proc/self/clear_refs").write_text("5")
    work()
    (line,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(line) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's count of peak memory")
def test_memory_does_not_grow_with_the_tracklet(tmp_path: Path, make_split: MakeSplit) -> None:
    """A frame takes 24 kB when it is decoded: 10,000 of them would fill 234 MiB."""
    Image.new("RGB", (64, 128), (90, 120, 30)).save(tmp_path / "0.jpg")
    for number in range(1, 10_000):
        (tmp_path / f"{number}.jpg").hardlink_to(tmp_path / "0.jpg")
    peaks = []
    for n_frames in (100, 10_000):
        names = tuple(f"{number}.jpg" for number in range(n_frames))
        walk = make_split(Tracklet("w", pid=1, camid=1, directory=tmp_path, frames=names))
        peaks.append(peak_memory(lambda walk=walk: embed(walk, MeanColour())))
    assert peaks[1] - peaks[0] < 100


def test_a_place_that_cannot_be_written_is_found_before_the_work(
    embedder: TacanEmbedder, split: TrackletSplit, tmp_path: Path
) -> None:
    spy = Spy(embedder)
    (tmp_path / "file").write_text("not a folder")
    for out in (tmp_path, tmp_path / "file" / "features.npz"):
        with pytest.raises(StorageError):
            embed_to_file(split, spy, out)
    assert not spy.batches
