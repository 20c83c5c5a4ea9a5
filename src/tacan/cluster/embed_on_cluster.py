"""Embedding a data set on a cluster: each lot of tracklets is a task of some worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from tacan.cluster.spread import Spread
from tacan.cluster.worker_threads import worker_threads
from tacan.embeddings.extract import MOST_READERS, Elsewhere, embed_tracklets
from tacan.embeddings.model_choice import ModelChoice
from tacan.embeddings.parts import EmbeddedTracklet
from tacan.progress import Progress
from tacan.records import Tracklet, TrackletSplit

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["EmbedJob", "embed_job", "embed_on_cluster"]

FRAMES_IN_A_JOB = 4096
"""Some seconds of work: little is done again where a worker is lost."""


@dataclass(frozen=True, slots=True)
class EmbedJob:
    """Tracklets with their numbers, and what they are embedded with; see `embeddings.embed`."""

    model: ModelChoice
    fingerprint: str
    batch_frames: int = 64
    workers: int | None = None
    strict: bool = False
    threads: int | None = None
    numbers: tuple[int, ...] = ()
    tracklets: tuple[Tracklet, ...] = ()


def embed_on_cluster(split: TrackletSplit, job: EmbedJob, *, client: Client) -> Elsewhere:
    """For `embed(elsewhere=...)`: embeds tracklets of `split` on the workers of a cluster.

    `job` says how; its tracklets are filled in. Crops must be under the same paths everywhere.
    The first error of a worker is raised, when what the others have done was given.
    """

    def embedded(todo: Sequence[int], progress: Progress) -> Iterator[EmbeddedTracklet]:
        lots = _lots(split.tracklets, todo)
        jobs = [
            replace(
                job,
                numbers=tuple(lot),
                tracklets=tuple(_for_others(split.tracklets[number]) for number in lot),
            )
            for lot in lots
        ]
        sizes = [sum(map(len, each.tracklets)) for each in jobs]
        error = None
        with Spread(client, embed_job, total=sum(sizes), progress=progress) as spread:
            for each, size in zip(jobs, sizes, strict=True):
                spread.add(each, size=size)
            for outcome in spread:
                if outcome.error is not None:
                    error = error or outcome.error
                    continue
                yield from outcome.result()
        if error is not None:
            raise error

    return embedded


def _lots(tracklets: Sequence[Tracklet], todo: Sequence[int]) -> list[list[int]]:
    lots: list[list[int]] = []
    n_frames = FRAMES_IN_A_JOB
    for number in todo:
        if n_frames >= FRAMES_IN_A_JOB:
            lots.append([])
            n_frames = 0
        lots[-1].append(number)
        n_frames += len(tracklets[number])
    return lots


def _for_others(tracklet: Tracklet) -> Tracklet:
    return replace(tracklet, directory=tracklet.directory.absolute())


def embed_job(job: EmbedJob, progress: Progress) -> tuple[EmbeddedTracklet, ...]:
    """Embeds the tracklets of a job on a worker."""
    threads = worker_threads(job.threads)
    torch.set_num_threads(threads)
    embedder = job.model.open_same(job.fingerprint, threads=threads)
    done = embed_tracklets(
        job.tracklets,
        range(len(job.tracklets)),
        embedder,
        batch_frames=job.batch_frames,
        workers=job.workers or min(threads, MOST_READERS),
        strict=job.strict,
        progress=progress,
    )
    return tuple(replace(each, index=job.numbers[each.index]) for each in done)
