"""Video files into a gallery: what is there already is left alone, what is new goes through the
pipeline, and what an interrupted run has done is taken over."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from tacan.embeddings.embedder import ClipEmbedder
from tacan.errors import VideoError
from tacan.gallery.gallery import Gallery
from tacan.indexing.finding import Choice, choose_finder
from tacan.indexing.one_source import index_source
from tacan.indexing.report import IndexReport, SourceReport
from tacan.indexing.sources import READY, VideoSource
from tacan.progress import Progress, silent
from tacan.video.decode import open_video

__all__ = ["index_sources"]


def index_sources(
    gallery: Gallery,
    sources: Sequence[VideoSource],
    *,
    embedder: ClipEmbedder,
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
        What to index: see `sources.gather_sources`.
    embedder
        The model.
    batch_frames
        Frames that the model sees at once. Vectors of two batch sizes differ in their last bits.
    threads
        Threads of the detector; as many as there are cores when not given.
    fetch
        Whether weights of a detector may be downloaded.
    progress
        Told of frames of video, over all sources.
    done_with
        Told of each source when it is finished.

    Returns
    -------
    What came of each source, in their order. Everything that is reported is in the gallery. After
    an error or an interruption the same call goes on where the work stopped.

    Raises
    ------
    VideoError
        Before anything is indexed, for sources that are not videos; all are named.
    GalleryError
        For a source that the gallery holds with other settings.
    DetectorError, StorageError
        As their rooms raise them.
    """
    gallery.require_model(embedder.fingerprint)
    lengths = _lengths(sources)
    choices = _choices(sources, threads=threads or os.cpu_count() or 1, fetch=fetch)
    reports: list[SourceReport] = []
    for number, source in enumerate(sources):
        before = sum(lengths[:number])
        reports.append(
            index_source(
                gallery,
                source,
                embedder=embedder,
                choice=choices[number],
                batch_frames=batch_frames,
                progress=lambda done, _, before=before: progress(before + done, sum(lengths)),
            )
        )
        progress(sum(lengths[: number + 1]), sum(lengths))
        if done_with is not None:
            done_with(reports[-1])
    return IndexReport(tuple(reports))


def _choices(sources: Sequence[VideoSource], *, threads: int, fetch: bool) -> list[Choice]:
    """Who finds people in each source; sources that ask for the same detector share it."""
    opened: dict[tuple[Any, ...], Choice] = {}
    keys: list[tuple[Any, ...]] = []
    for source in sources:
        chosen = source.settings
        is_ready = chosen.detector.startswith(f"{READY}:")
        own = (source.camera, source.path.name) if is_ready else ()
        keys.append((chosen.detector, chosen.tiles, chosen.threshold, *own))
        if keys[-1] not in opened:
            opened[keys[-1]] = choose_finder(source, threads=threads, fetch=fetch)
    return [opened[key] for key in keys]


def _lengths(sources: Sequence[VideoSource]) -> list[int]:
    """The frames of each source, as well as its head knows. Raises `VideoError`."""
    lengths: list[int] = []
    faults: list[VideoError] = []
    for source in sources:
        try:
            with open_video(source.path) as video:
                lengths.append(video.n_frames or round((video.duration or 0) * video.fps))
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
