"""Decodes crops, all of them or a sample, and takes their digests on the way."""

from __future__ import annotations

import hashlib
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from tacan.datasets.doctor.journal import ChunkResult, Journal, chunk_key
from tacan.errors import CropError
from tacan.images.read import decode_crop, read_crop_bytes
from tacan.progress import Progress, silent

__all__ = ["CHUNK", "SAMPLE", "check_all", "check_chunk", "sample"]

SAMPLE = 1000
"""A quick check decodes this many crops, or all if there are no more."""

CHUNK = 256
"""Crops that are checked, and noted in the journal, together."""

CHUNKS_PER_WORKER = 8
"""A process takes a second to start: with less work than this for each, fewer are started."""


def sample(paths: Sequence[str], size: int = SAMPLE) -> list[str]:
    """At most `size` of the paths, evenly spaced, the first and the last among them.

    >>> sample(["a", "b", "c", "d", "e"], 3)
    ['a', 'c', 'e']
    """
    if len(paths) <= size:
        return list(paths)
    places = np.linspace(0, len(paths) - 1, size).round()
    return [paths[int(place)] for place in places]


def check_chunk(root: Path, paths: Sequence[str]) -> ChunkResult:
    """Reads and decodes the crops of one chunk."""
    damaged: dict[int, str] = {}
    digests = np.zeros(len(paths), dtype=np.uint64)
    for place, path in enumerate(paths):
        try:
            data = read_crop_bytes(root / path)
            digests[place] = _digest(data)
            decode_crop(Path(path), data)
        except CropError as error:
            damaged[place] = f"{path}: {str(error.got).removeprefix(f'{path}: ')}"
    return ChunkResult(damaged, digests)


def check_all(
    root: Path,
    paths: Sequence[str],
    *,
    journal: Journal | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> ChunkResult:
    """Decodes all crops in chunks; chunks that stand in the journal are not done again.

    `progress` counts crops. The result is that of one chunk of all paths.
    """
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    keys = [chunk_key(root, chunk) for chunk in chunks] if journal else [""] * len(chunks)
    done = journal.done if journal else {}
    waiting = [i for i, key in enumerate(keys) if key not in done]
    results = {i: done[key] for i, key in enumerate(keys) if key in done}
    checked = sum(len(chunks[i]) for i in results)
    progress(checked, len(paths))
    fresh = _in_turn(root, [chunks[i] for i in waiting], workers)
    for i, result in zip(waiting, fresh, strict=True):
        results[i] = result
        if journal:
            journal.add(keys[i], result)
        checked += len(chunks[i])
        progress(checked, len(paths))
    damaged = {
        i * CHUNK + place: problem
        for i in range(len(chunks))
        for place, problem in results[i].damaged.items()
    }
    digests = [results[i].digests for i in range(len(chunks))]
    return ChunkResult(damaged, np.concatenate(digests) if digests else np.zeros(0, np.uint64))


def _in_turn(root: Path, chunks: Sequence[Sequence[str]], workers: int) -> Iterator[ChunkResult]:
    work = partial(check_chunk, root)
    workers = min(workers, len(chunks) // CHUNKS_PER_WORKER)
    if workers <= 1:
        yield from map(work, chunks)
        return
    # Spawned, not forked: the caller may hold threads, which a fork would break.
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_ignore_interrupt,
    )
    try:
        yield from pool.map(work, chunks)
    finally:
        pool.shutdown(cancel_futures=True)


def _ignore_interrupt() -> None:
    """Ctrl-C is the parent's to answer; the workers end with it, without a word."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _digest(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")
