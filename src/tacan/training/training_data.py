"""Tracklets to train on and to validate with, and the batches of a training."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, default_collate

from tacan.clips.identity_sampler import SampledTracklet
from tacan.errors import ConfigError, TacanError, TrainingError
from tacan.records import Tracklet, TrackletSplit

__all__ = ["TrainingBatches", "TrainingData", "dead_workers_explained", "divide"]

Batch = tuple[Tensor, Tensor]

_DEAD_WORKER = "DataLoader worker"
# A forked worker starts at once, and notices when the training process is killed: its parent is
# that process, and no server in between. Elsewhere than on Linux forking is not safe.
_FORK = "fork" if sys.platform == "linux" else None
_PREFETCH = 2  # batches that each worker reads ahead
_SHARED_MEMORY = "/dev/shm"  # noqa: S108  # looked at, nothing is written there by name
_HELD_OUT = 4  # what the seed is for, as in `tacan.clips.identity_sampler`


@dataclass(frozen=True, slots=True)
class TrainingData:
    """A training split, divided by identities into what is learnt and what is held out.

    `labels[i]` is the class of `training[i]`, and `pids[label]` the identity behind it.
    """

    training: tuple[Tracklet, ...]
    labels: tuple[int, ...]
    pids: tuple[int, ...]
    validation: tuple[Tracklet, ...]


def divide(split: TrackletSplit, *, validation_share: float, seed: int) -> TrainingData:
    """Holds out `validation_share` of the identities of `split`, chosen by `seed`.

    Junk and distractors are left out. A share above 0 holds out two identities at least, for one
    alone can be mistaken for nobody. Raises `ConfigError` where fewer than two are left to learn.
    """
    pids = np.array(split.pids, dtype=np.int64)
    n_held_out = max(2, round(validation_share * len(pids))) if validation_share > 0 else 0
    if len(pids) - n_held_out < 2:
        raise ConfigError(
            [
                f"training needs at least 2 identities; data.root has {len(pids)}, of which "
                f"data.validation_share {validation_share} holds out {n_held_out}"
            ],
            source="the training data",
        )
    order = np.random.default_rng([seed, _HELD_OUT]).permutation(len(pids))
    held_out = set(pids[order[:n_held_out]].tolist())
    kept = tuple(pid for pid in split.pids if pid not in held_out)
    label_of = {pid: label for label, pid in enumerate(kept)}
    training = tuple(tracklet for tracklet in split if tracklet.pid in label_of)
    return TrainingData(
        training=training,
        labels=tuple(label_of[tracklet.pid] for tracklet in training),
        pids=kept,
        validation=tuple(tracklet for tracklet in split if tracklet.pid in held_out),
    )


class TrainingBatches:
    """Batches (frames uint8 [B, m, T, 3, H, W], labels int64 [B]), one for each of the sampler's.

    Parameters
    ----------
    clips
        A `TrainingClips`, or any data set that is indexed by samples.
    batch_sampler
        Lists of samples; its length is the number of batches.
    workers
        Processes that read ahead. 0 reads when asked.
    pin_memory
        Put batches where a GPU can fetch them faster.
    batch_bytes
        Bytes of a batch. Workers hand batches over in shared memory, or through a pipe, a copy
        slower, where the system has too little of that, as containers do (64 MB), or where
        temporary files lie so deep that a socket there would have too long a name.
    trainings
        Processes on this machine that train together, and have the shared memory in common.
    """

    def __init__(
        self,
        clips: Dataset[Any],
        batch_sampler: Any,
        *,
        workers: int,
        pin_memory: bool = False,
        batch_bytes: int = 0,
        trainings: int = 1,
    ) -> None:
        needed = trainings * workers * (_PREFETCH + 1) * batch_bytes
        share = workers == 0 or (needed <= _free_shared_memory() and _sockets_can_be_made())
        self._batch_sampler = batch_sampler
        self._workers = workers
        self._loader = DataLoader(
            _Guarded(clips),
            batch_sampler=batch_sampler,
            num_workers=workers,
            collate_fn=_collate if share else _collate_arrays,
            worker_init_fn=_start_worker,
            pin_memory=pin_memory and share,
            prefetch_factor=_PREFETCH if workers else None,
            multiprocessing_context=_FORK if workers else None,
        )

    def __len__(self) -> int:
        return len(self._batch_sampler)

    def __iter__(self) -> Iterator[Batch]:
        """Raises `CropError` for a crop that can't be read, `TrainingError` for a dead worker."""
        batches = self._begin()
        while True:
            with dead_workers_explained():
                try:
                    batch = next(batches, None)
                except (ConnectionError, EOFError, FileNotFoundError) as error:
                    # Met in the middle of a handover; that a worker died is announced only later.
                    raise RuntimeError(f"{_DEAD_WORKER} gave no whole batch ({error})") from error
            if batch is None:
                return
            if isinstance(batch, TacanError):
                raise batch
            frames, labels = batch
            yield torch.as_tensor(frames), torch.as_tensor(labels)

    def _begin(self) -> Iterator[Any]:
        try:
            return iter(self._loader)
        except OSError as error:  # without shared memory there are no locks between processes
            raise TrainingError(
                "the system must let processes start that read crops, and share locks with them in "
                f"{_SHARED_MEMORY}",
                got=str(error),
                remedy="Set data.workers to 0: then the training process reads them itself.",
            ) from error


@contextmanager
def dead_workers_explained() -> Iterator[None]:
    """A block in which the death of a worker is a `TrainingError`.

    torch announces it by a signal, and so in the middle of whatever the process is doing.
    """
    try:
        yield
    except RuntimeError as error:
        if _DEAD_WORKER not in str(error):
            raise
        raise TrainingError(
            "the processes that read crops must live as long as the training",
            got=" ".join(str(error).split())[:300],
            remedy="They may have run out of memory: set data.workers to 0 and resume. In a "
            "container, /dev/shm may be too small: start it with --shm-size 2g (docker, podman).",
        ) from error


class _Guarded(Dataset[Any]):
    """Items, or the expected fault in their place: the loader would make a traceback of it."""

    def __init__(self, clips: Dataset[Any]) -> None:
        self.clips = clips

    def __getitem__(self, sample: SampledTracklet) -> Any:
        try:
            return self.clips[sample]
        except TacanError as error:
            return error


def _collate(items: Sequence[Any]) -> Any:
    for item in items:
        if isinstance(item, TacanError):
            return item
    return tuple(default_collate(list(items)))


def _collate_arrays(items: Sequence[Any]) -> Any:
    """As arrays, which the loader pickles; tensors it collates in shared memory."""
    for item in items:
        if isinstance(item, TacanError):
            return item
    frames, labels = zip(*items, strict=True)
    return np.stack(frames), np.array(labels)


def _free_shared_memory() -> int:
    """Bytes; endless where it is no file system of its own."""
    try:
        found = os.statvfs(_SHARED_MEMORY)
    except (OSError, AttributeError):  # macOS, Windows
        return sys.maxsize
    return found.f_bavail * found.f_frsize


def _sockets_can_be_made() -> bool:
    """Whether a socket can be made where torch makes those that hand shared memory over.

    A socket's path has 107 letters at most on Linux; a worker whose socket can't be made says so
    on standard error, and its batch never comes.
    """
    if not hasattr(socket, "AF_UNIX"):  # Windows, whose pipes have short names
        return True
    try:
        with (
            TemporaryDirectory(prefix="pymp-") as folder,
            socket.socket(socket.AF_UNIX) as listener,
        ):
            listener.bind(str(Path(folder, "listener-12345678")))
    except OSError:
        return False
    return True


def _start_worker(number: int) -> None:
    """Ctrl-C is for the training process, which ends its workers itself, and by SIGTERM."""
    del number
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    torch.set_num_threads(1)
