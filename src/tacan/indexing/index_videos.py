"""Indexing of video files into a gallery, source after source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
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
from tacan.indexing.index_source import index_source
from tacan.indexing.settle_detectors import settle_detectors
from tacan.indexing.video_sources import VideoSource
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
    done_with: Callable[[SourceReport], None] | None = None,
) -> IndexReport:
    """Indexes each source in turn.

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
    failures = [*unreadable, *failures]
    if detections is None:
        readable, _ = settle_detectors(readable, before=gallery.sources, fetch=fetch)
        detections = open_detections(readable, threads=threads, fetch=fetch)
    else:
        given = zip(sources, detections, strict=True)
        detections = [found for source, found in given if source in readable]
    lengths = [_length(source) for source in readable]
    reports: list[SourceReport] = []
    for number, source in enumerate(readable):
        before = sum(lengths[:number])
        try:
            report = index_source(
                gallery,
                source,
                embedder=embedder,
                detections=detections[number],
                batch_frames=batch_frames,
                progress=lambda done, _, before=before: progress(before + done, sum(lengths)),
            )
        except VideoError as error:
            if len(readable) + len(failures) == 1:
                raise
            failures.append(SourceFailure(str(source.path), source.camera, error))
            continue
        reports.append(report)
        progress(sum(lengths[: number + 1]), sum(lengths))
        if done_with is not None:
            done_with(report)
    if not reports:
        raise failures_error(failures)
    return IndexReport(tuple(reports), tuple(failures))


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
        own = (source.camera, source.path.name) if is_precomputed(chosen.detector) else ()
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
    """The sources that are videos, and what is wrong with the others.

    Raises `VideoError`, naming all, where none of them is a video.
    """
    readable: list[VideoSource] = []
    failures: list[SourceFailure] = []
    for source in sources:
        try:
            with open_video(source.path, fps=source.settings.fps):
                readable.append(source)
        except VideoError as error:
            failures.append(SourceFailure(str(source.path), source.camera, error))
    if failures and not readable:
        raise failures_error(failures)
    return readable, failures


def _length(source: VideoSource) -> int:
    """The frames of a source, as well as its head knows; 0 where it can't be read any more."""
    with suppress(VideoError), open_video(source.path, fps=source.settings.fps) as video:
        return video.promised_frames()
    return 0
