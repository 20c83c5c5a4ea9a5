"""Indexing of video files into a gallery, stream by stream, some at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from tacan.cores import available_cores
from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.model_choice import ModelChoice
from tacan.errors import VideoError
from tacan.gallery.gallery import Gallery
from tacan.gallery.record_checks import check_fingerprint
from tacan.indexing.chain_run import ChainRunner, RunHere
from tacan.indexing.index_report import (
    IndexReport,
    SourceFailure,
    SourceReport,
    failures_error,
)
from tacan.indexing.index_status import IndexWatch
from tacan.indexing.index_stream import IndexTools, index_stream
from tacan.indexing.plan_streams import StreamFile, plan_streams
from tacan.indexing.settle_detectors import settle_detectors
from tacan.indexing.stream_watch import WatchedStreams
from tacan.indexing.streams_at_once import by_camera, run_at_once, usual_streams
from tacan.indexing.video_source import VideoSource
from tacan.indexing.worker_process import WorkerProcess, WorkerTask
from tacan.progress import Progress, silent
from tacan.video.decode import open_video
from tacan.video.detection_source import (
    DetectionSource,
    is_precomputed,
    open_detection_source,
)

__all__ = ["index_videos", "open_detections", "readable_sources"]


def index_videos(
    gallery: Gallery,
    sources: Sequence[VideoSource],
    *,
    embedder: ClipEmbedder,
    detections: Sequence[DetectionSource] | None = None,
    unreadable: Sequence[SourceFailure] = (),
    batch_frames: int = 64,
    threads: int | None = None,
    fetch: bool = False,
    progress: Progress = silent,
    watch: IndexWatch | None = None,
    model: ModelChoice | None = None,
    at_once: int | None = None,
) -> IndexReport:
    """Indexes each source; those of one camera that follow each other as one stream.

    Parameters
    ----------
    gallery
        Opened for writing, of the embedder's model.
    sources
        What to index: see `video_sources.gather_sources`.
    embedder
        The model.
    detections
        What `open_detections` gives for the sources; opened here, for those that can be read, when
        not given.
    unreadable
        Failures of other sources that were found before; the report names them first.
    batch_frames
        Frames that the model sees at once. Vectors of two batch sizes differ in their last bits.
    threads, fetch
        As for `open_detections`.
    progress
        Told of frames of video, over all sources.
    watch
        Told of more than that; see `index_status`.
    model
        How `embedder` was opened, so that other processes can open it, too.
    at_once
        Cameras whose streams are indexed at the same time, each by a process of its own, if
        `model` is given; when not given, one for each two of `threads`. What comes out is the same.

    Returns
    -------
    A report of each source, in their order, and the failures of those that can't be read.
    Everything that is reported is in the gallery. After an error or an interruption the same call
    goes on where the work stopped.

    Raises
    ------
    VideoError
        Where no source can be read; all are named.
    GalleryError
        For a source that the gallery holds with other settings.
    DetectorError, StorageError
        As their rooms raise them.

    >>> model = tacan.open_model("street")  # doctest: +SKIP
    >>> info = ModelInfo("street", model.fingerprint, model.embedding_dim, model.metric)
    ... # doctest: +SKIP
    >>> folder, door = Path("people.gallery"), VideoSource(Path("door.mp4"), "door")
    ... # doctest: +SKIP
    >>> with open_gallery(folder, write=True, create_with=info) as gallery:  # doctest: +SKIP
    ...     print(index_videos(gallery, [door], embedder=model).sources[0].text())
    """
    check_fingerprint(embedder.fingerprint, gallery.model)
    readable, failures = readable_sources(sources)
    if detections is None:
        readable, _ = settle_detectors(readable, before=gallery.sources, fetch=fetch)
        found = open_detections(readable, threads=threads, fetch=fetch)
        opened = dict(zip(map(id, readable), found, strict=True))
    else:
        opened = dict(zip(map(id, sources), detections, strict=True))
    streams, gone = plan_streams(readable)
    failures = [*unreadable, *failures, *gone]
    total = sum(file.n_promised for stream in streams for file in stream)
    watched = WatchedStreams(watch or IndexWatch(), progress, total=total)
    turn = threading.Lock()
    outcomes: dict[int, tuple[list[SourceReport], list[SourceFailure]]] = {}

    def index(stream: Sequence[StreamFile], run: ChainRunner) -> None:
        own = watched.stream()
        detections = opened[id(stream[0].source)]
        tools = IndexTools(gallery, detections, embedder.fingerprint, run, own, turn)
        outcomes[id(stream)] = index_stream(tools, stream)
        own.ends(sum(file.n_promised for file in stream))

    elapsed: float | None = None
    groups = by_camera(streams)
    threads = threads or available_cores()
    n_workers = min(len(groups), at_once or usual_streams(threads))
    if model is None or n_workers <= 1:
        for stream in streams:
            index(stream, RunHere(embedder, batch_frames))
    else:
        task = WorkerTask(
            model,
            embedder.fingerprint,
            batch_frames,
            threads=max(1, threads // n_workers),
            wants_frames=watched.watch.wants_frames,
        )
        began = time.monotonic()
        run_at_once(groups, [WorkerProcess(task) for _ in range(n_workers)], index)
        elapsed = time.monotonic() - began
    reports: dict[int, SourceReport] = {}
    for stream in streams:
        told, failed = outcomes[id(stream)]
        failures += failed
        sources_of = {str(file.source.path): file.source for file in stream}
        reports |= {id(sources_of[report.path]): report for report in told}
    if not reports:
        raise failures_error(failures)
    in_order = [reports[id(source)] for source in readable if id(source) in reports]
    return IndexReport(tuple(in_order), tuple(failures), elapsed)


def open_detections(
    sources: Sequence[VideoSource],
    *,
    threads: int | None = None,
    fetch: bool = False,
    progress: Progress = silent,
) -> list[DetectionSource]:
    """The detections of each source; sources that ask for the same detector share it.

    Parameters
    ----------
    sources
        What is to be indexed.
    threads
        Threads of each detector; as many as there are cores when not given.
    fetch
        Whether weights of a detector may be downloaded.
    progress
        Told of the bytes of such a download.

    Raises `VideoError` for files that hold no boxes, and `DetectorError`.
    """
    threads = threads or available_cores()
    opened: dict[tuple[Any, ...], DetectionSource] = {}
    keys: list[tuple[Any, ...]] = []
    for source in sources:
        chosen = source.settings
        # Live cameras are looked at at the same time.
        is_own = source.live is not None or is_precomputed(chosen.detector)
        own = (source.camera, source.path.name) if is_own else ()
        limits = (chosen.tiles, chosen.detection_threshold, chosen.mask)
        keys.append((chosen.detector, *limits, *own))
        if keys[-1] not in opened:
            opened[keys[-1]] = open_detection_source(
                chosen,
                video=source.path,
                camera=source.camera,
                threads=threads,
                fetch=fetch,
                progress=progress,
            )
    return [opened[key] for key in keys]


def readable_sources(
    sources: Sequence[VideoSource],
) -> tuple[list[VideoSource], list[SourceFailure]]:
    """The sources that are videos, and what is wrong with the others. Live cameras are not tried.

    Raises `VideoError`, naming all, where none of them is a video.
    """
    readable: list[VideoSource] = []
    failures: list[SourceFailure] = []
    for source in sources:
        if source.live is not None:
            readable.append(source)
            continue
        try:
            with open_video(source.path, fps=source.settings.fps):
                readable.append(source)
        except VideoError as error:
            failures.append(SourceFailure(str(source.path), source.camera, error))
    if failures and not readable:
        raise failures_error(failures)
    return readable, failures
