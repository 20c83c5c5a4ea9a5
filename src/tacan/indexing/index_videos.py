"""Indexing of video files into a gallery, source after source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tacan.cores import available_cores
from tacan.embeddings.embedder import ClipEmbedder
from tacan.errors import VideoError
from tacan.gallery.gallery import Gallery
from tacan.gallery.record_checks import check_fingerprint
from tacan.indexing.index_report import IndexReport, SourceReport
from tacan.indexing.index_source import index_source
from tacan.indexing.video_sources import VideoSource
from tacan.progress import Progress, silent
from tacan.video.decode import open_video
from tacan.video.detection_source import (
    DetectionSource,
    is_precomputed,
    open_detection_source,
)

__all__ = ["index_videos", "open_detections"]


def index_videos(
    gallery: Gallery,
    sources: Sequence[VideoSource],
    *,
    embedder: ClipEmbedder,
    detections: Sequence[DetectionSource] | None = None,
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
        What `open_detections` gives for the sources; opened here when not given.
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
    A report of each source, in their order. Everything that is reported is in the gallery. After
    an error or an interruption the same call goes on where the work stopped.

    Raises
    ------
    VideoError
        Before anything is indexed, for sources that are not videos; all are named.
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
    if detections is None:
        detections = open_detections(sources, threads=threads, fetch=fetch)
    lengths = _lengths(sources)
    reports: list[SourceReport] = []
    for number, source in enumerate(sources):
        before = sum(lengths[:number])
        reports.append(
            index_source(
                gallery,
                source,
                embedder=embedder,
                detections=detections[number],
                batch_frames=batch_frames,
                progress=lambda done, _, before=before: progress(before + done, sum(lengths)),
            )
        )
        progress(sum(lengths[: number + 1]), sum(lengths))
        if done_with is not None:
            done_with(reports[-1])
    return IndexReport(tuple(reports))


def open_detections(
    sources: Sequence[VideoSource], *, threads: int | None = None, fetch: bool = False
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

    Raises `VideoError` for sources that are not videos and files that hold no boxes, and
    `DetectorError`: all that can be known before a model is loaded.
    """
    _lengths(sources)
    threads = threads or available_cores()
    opened: dict[tuple[Any, ...], DetectionSource] = {}
    keys: list[tuple[Any, ...]] = []
    for source in sources:
        chosen = source.settings
        own = (source.camera, source.path.name) if is_precomputed(chosen.detector) else ()
        keys.append((chosen.detector, chosen.tiles, chosen.detection_threshold, *own))
        if keys[-1] not in opened:
            opened[keys[-1]] = open_detection_source(
                chosen, video=source.path, camera=source.camera, threads=threads, fetch=fetch
            )
    return [opened[key] for key in keys]


def _lengths(sources: Sequence[VideoSource]) -> list[int]:
    """The frames of each source, as well as its head knows. Raises `VideoError`."""
    lengths: list[int] = []
    faults: list[VideoError] = []
    for source in sources:
        try:
            with open_video(source.path) as video:
                lengths.append(video.promised_frames())
        except VideoError as error:
            faults.append(error)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise VideoError(
            faults[0].rule,
            got="\n  " + "\n  ".join(str(fault.got) for fault in faults),
            remedy="Correct the sources or leave these out. Nothing was indexed.",
        )
    return lengths
