from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import Dataset

from tacan.clips.identity_sampler import SampledTracklet
from tacan.errors import ConfigError, CropError, TrainingError
from tacan.records import Tracklet, TrackletSplit
from tacan.training import training_data
from tacan.training.training_data import TrainingBatches, dead_workers_explained, divide


def split_of(pids: list[int]) -> TrackletSplit:
    tracklets = tuple(
        Tracklet(f"{i:04d}", pid=pid, camid=1 + i % 2, directory=Path("x"), frames=("a.jpg",))
        for i, pid in enumerate(pids)
    )
    nothing = (False,) * len(tracklets)
    return TrackletSplit("folder", "train", tracklets, nothing, nothing)


def test_identities_are_held_out_whole_and_junk_and_distractors_are_left_out() -> None:
    split = split_of([-1, 0, *range(1, 21), *range(1, 21)])
    data = divide(split, validation_share=0.25, seed=3)
    held_out = {tracklet.pid for tracklet in data.validation}
    assert len(held_out) == 5
    assert len(data.validation) == 10
    assert len(data.training) == 30
    assert sorted(held_out | set(data.pids)) == list(range(1, 21))
    assert [data.pids[label] for label in data.labels] == [t.pid for t in data.training]


def test_the_seed_chooses_who_is_held_out() -> None:
    split = split_of([*range(1, 101)])
    chosen = [divide(split, validation_share=0.1, seed=seed).pids for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2]


def test_a_share_of_nothing_trains_on_all() -> None:
    data = divide(split_of([5, 9]), validation_share=0.0, seed=0)
    assert data.pids == (5, 9)
    assert data.validation == ()


def test_two_identities_must_be_left() -> None:
    with pytest.raises(ConfigError, match=r"holds out 2"):
        divide(split_of([1, 2, 3]), validation_share=0.01, seed=0)


class Items(Dataset[Any]):
    def __init__(self, fault: str = "") -> None:
        self.fault = fault

    def __getitem__(self, sample: SampledTracklet) -> Any:
        if sample.index == 5 and self.fault == "crop":
            raise CropError("a crop must be a whole image", got="bad.jpg", remedy="Delete it.")
        if self.fault == "slow":
            time.sleep(0.2)
        return torch.full((2, 1, 3, 2, 2), sample.index, dtype=torch.uint8), sample.index


DRAWS = [[SampledTracklet(i, 0), SampledTracklet(i + 1, 0)] for i in range(8)]


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_batches_come_in_the_samplers_order(workers: int) -> None:
    batches = TrainingBatches(Items(), DRAWS, workers=workers)
    assert len(batches) == 8
    for (frames, labels), samples in zip(batches, DRAWS, strict=True):
        assert labels.tolist() == [sample.index for sample in samples]
        assert frames.shape == (2, 2, 1, 3, 2, 2)
        assert frames.dtype == torch.uint8


@pytest.mark.parametrize("fault", ["", "crop"])
def test_without_shared_memory_batches_come_through_a_pipe(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("unable to allocate shared memory (shm)")

    monkeypatch.setattr(training_data, "_free_shared_memory", lambda: 100)
    monkeypatch.setattr("torch.multiprocessing.reductions.reduce_tensor", refuse)
    monkeypatch.setattr("torch.multiprocessing.reductions.reduce_storage", refuse)
    torch.multiprocessing.reductions.init_reductions()
    batches = TrainingBatches(Items(fault), DRAWS, workers=1, batch_bytes=101)
    try:
        if fault:
            with pytest.raises(CropError):
                list(batches)
            return
        for (frames, labels), samples in zip(batches, DRAWS, strict=True):
            assert labels.tolist() == [sample.index for sample in samples]
            assert frames.dtype == torch.uint8
    finally:
        monkeypatch.undo()
        torch.multiprocessing.reductions.init_reductions()


@pytest.fixture
def deep_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files lie so deep that a socket's path would pass 107 letters."""
    folder = tmp_path / ("d" * 120)
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.delitem(multiprocessing.current_process()._config, "tempdir", raising=False)
    return folder


@pytest.mark.timeout(60)  # it waited for ever
def test_batches_come_where_temporary_files_lie_deep(deep_temporary_folder: Path) -> None:
    batches = TrainingBatches(Items(), DRAWS, workers=1)
    assert [labels.tolist() for _, labels in batches] == [[d.index for d in ds] for ds in DRAWS]
    assert list(deep_temporary_folder.iterdir()) == []


IN_A_CONTAINER = """
import subprocess
import torch
from torch.utils.data import Dataset
from tacan.clips.identity_sampler import SampledTracklet
from tacan.errors import TrainingError
from tacan.training.training_data import TrainingBatches

class Large(Dataset):
    def __getitem__(self, sampled):
        return torch.full((2, 1, 3, 1000, 1000), 7, dtype=torch.uint8), sampled.index

def run():
    batches = TrainingBatches(
        Large(), [[SampledTracklet(0, 0)]] * 2, workers=1, batch_bytes=6_000_000
    )
    print([int(frames.min()) for frames, _ in batches])

run()
subprocess.run(["mount", "-o", "remount,ro", "/dev/shm"], check=True)
try:
    run()
except TrainingError as error:
    print(error)
"""


@pytest.mark.slow
def test_batches_come_where_shared_memory_is_small() -> None:
    """As in a container: /dev/shm is a file system of its own, first of 4 MB, then of none."""
    small = "mount -t tmpfs -o size=4m tmpfs /dev/shm"
    alone = ["unshare", "-r", "-m", "sh", "-c"]
    if shutil.which("unshare") is None or subprocess.run([*alone, small], check=False).returncode:
        pytest.skip("file systems can't be mounted here")
    done = subprocess.run(
        [*alone, f'{small} && exec "$0" -c "$1"', sys.executable, IN_A_CONTAINER],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    batches, refused = done.stdout.splitlines()
    assert batches == "[7, 7]"
    assert refused.startswith("the system must let processes start that read crops")
    assert "data.workers to 0" in refused


@pytest.mark.parametrize(("trainings", "is_shared"), [(1, True), (2, False)])
def test_trainings_on_one_machine_divide_its_shared_memory(
    trainings: int, is_shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_data, "_free_shared_memory", lambda: 3 * 100)
    collated: list[object] = []
    monkeypatch.setattr(
        training_data, "DataLoader", lambda *_, collate_fn, **__: collated.append(collate_fn)
    )
    TrainingBatches(Items(), DRAWS, workers=1, batch_bytes=100, trainings=trainings)
    assert collated == [training_data._collate if is_shared else training_data._collate_arrays]


def test_a_worker_that_had_no_shared_memory_is_explained() -> None:
    told = f"DataLoader worker (pid 1) is killed by signal: Bus error. {'x' * 3000}"
    caught = pytest.raises(TrainingError, match=r"/dev/shm.*--shm-size")
    with caught as info, dead_workers_explained():
        raise RuntimeError(told)
    assert len(str(info.value)) < 800


@pytest.mark.parametrize("workers", [0, 1])
def test_an_unreadable_crop_is_its_own_message(workers: int) -> None:
    with pytest.raises(CropError) as caught:
        list(TrainingBatches(Items("crop"), DRAWS, workers=workers))
    assert str(caught.value) == "a crop must be a whole image; got bad.jpg. Delete it."


def test_ctrl_c_does_not_reach_the_workers() -> None:
    """A terminal sends it to all processes of the group; the training goes on to its checkpoint."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        seen = 0
        for _ in TrainingBatches(Items("slow"), DRAWS, workers=1):
            seen += 1
            if seen == 2:
                children = multiprocessing.active_children()
                for child in children:
                    os.kill(child.pid, signal.SIGINT)
        assert children
        assert seen == 8
    finally:
        signal.signal(signal.SIGINT, before)
