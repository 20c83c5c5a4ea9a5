"""What a worker does of an indexing: a stream of files into a gallery of its own, sent back whole.

The worker's gallery lies in the worker's own folder and is removed when the task ends; what a
worker that was killed has left is removed when one is started there again. So a task that is done
again, by the same worker or by another, begins from nothing and ends with the same bytes.
"""

from __future__ import annotations

import io
import socket
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from tacan.cluster.worker_threads import worker_threads
from tacan.embeddings.model_choice import ModelChoice
from tacan.errors import VideoError
from tacan.files import GALLERY_DATABASE
from tacan.gallery import ModelInfo, Source, open_gallery
from tacan.indexing.index_report import SourceFailure, SourceReport
from tacan.indexing.index_videos import index_videos
from tacan.indexing.video_source import VideoSource
from tacan.progress import Progress

__all__ = ["IndexJob", "IndexedPart", "index_job", "pack", "unpack"]

PACKED = (GALLERY_DATABASE, "crops")

Detected = tuple[tuple[int, bytes], ...]
"""Detections of a file as a gallery keeps them: see `Gallery.read_detections`."""


@dataclass(frozen=True, slots=True)
class IndexJob:
    """Files of one stream, and what they are indexed with. All paths are absolute.

    `begun` are those of them in which people were found before: each as the gallery knows it, with
    its detections.
    """

    sources: tuple[VideoSource, ...]
    model: ModelChoice
    card: ModelInfo
    batch_frames: int = 64
    threads: int | None = None
    fetch: bool = False
    begun: tuple[tuple[Source, Detected], ...] = ()


@dataclass(frozen=True, slots=True)
class IndexedPart:
    """The outcome of a job: reports and failures, and the gallery; None where nothing was read."""

    reports: tuple[SourceReport, ...]
    failures: tuple[SourceFailure, ...]
    gallery: bytes | None


def index_job(job: IndexJob, progress: Progress) -> IndexedPart:
    """Indexes the files of a job on a worker. Raises as `index_videos` does, but for videos that
    can't be read: those are failures, which name the worker's machine."""
    from distributed import get_worker

    threads = worker_threads(job.threads)
    torch.set_num_threads(threads)
    embedder = job.model.open_same(job.card.fingerprint, threads=threads)
    with TemporaryDirectory(dir=get_worker().local_directory, prefix="part-") as folder:
        part = Path(folder, "part")
        with open_gallery(part, write=True, create_with=job.card) as gallery:
            for source, detected in job.begun:
                begun = gallery.begin_source(source)
                for first, data in detected:
                    gallery.save_detections(begun.id, first, data)
            try:
                report = index_videos(
                    gallery,
                    job.sources,
                    embedder=embedder,
                    batch_frames=job.batch_frames,
                    threads=threads,
                    fetch=job.fetch,
                    progress=progress,
                )
            except VideoError as error:
                first = job.sources[0]
                failure = SourceFailure(str(first.path), first.camera, error)
                return IndexedPart((), (_located(failure),), None)
        return IndexedPart(report.sources, tuple(map(_located, report.failures)), pack(part))


def _located(failure: SourceFailure) -> SourceFailure:
    """The failure, with the name of this machine in it."""
    error = failure.error
    told = VideoError(
        error.rule, got=f"{error.got} on the machine {socket.gethostname()}", remedy=error.remedy
    )
    return replace(failure, error=told)


def pack(folder: Path) -> bytes:
    """The database and the crops of a gallery that is closed, as an archive."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in PACKED:
            if (folder / name).exists():
                archive.add(folder / name, arcname=name)
    return packed.getvalue()


def unpack(packed: bytes, folder: Path) -> None:
    """Puts such an archive into a new folder. Files and folders alone are taken from it."""
    folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
