"""Indexing of video files into a gallery, stream after stream."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tacan.cores import available_cores
from tacan.embeddings.embedder import ClipEmbedder
from tacan.errors import VideoError
from tacan.gallery.gallery import Gallery
from tacan.gallery.record_checks import check_fingerprint
from tacan.indexing.index_report import (
    IndexReport,
    SourceFailure,
    SourceReport,
    failures_error,
)
from tacan.indexing.index_status import IndexWatch
from tacan.indexing.index_stream import index_stream
from tacan.indexing.plan_streams import plan_streams
from tacan.indexing.settle_detectors import settle_detectors
from tacan.indexing.stream_run import IndexTools
from tacan.indexing.video_source import VideoSource
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
    done_with: Callable[[SourceReport], None] | None = None,
) -> IndexReport:
    """Indexes each source in turn; those of one camera that follow each other as one stream.

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
    done_with
        Told of each source when it is finished.

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
    watch = watch or IndexWatch()

    def told_of(done: int) -> None:
        progress(done, total)
        watch.progress(done, total)

    before = 0
    reports: dict[int, SourceReport] = {}
    for stream in streams:
        tools = IndexTools(
            gallery,
            embedder,
            opened[id(stream[0].source)],
            batch_frames,
            lambda done, _, before=before: told_of(before + done),
            watch=watch,
        )
        told, failed = index_stream(tools, stream)
        failures += failed
        before += sum(file.n_promised for file in stream)
        told_of(before)
        sources_of = {str(file.source.path): file.source for file in stream}
        for report in told:
            reports[id(sources_of[report.path])] = report
            if done_with is not None:
                done_with(report)
    if not reports:
        raise failures_error(failures)
    in_order = [reports[id(source)] for source in readable if id(source) in reports]
    return IndexReport(tuple(in_order), tuple(failures))


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
