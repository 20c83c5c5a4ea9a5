"""Indexing on a cluster: each stream of files is a task of some worker, and this process alone
writes to the gallery.

A stream is what one camera recorded without a break, so that every walk is followed by one worker
as it would be on one machine. What a worker has done is merged as `tacan gallery merge` does it;
streams of one camera are merged in their order, so that tracklets get the names that they would
have got on one machine.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tacan.cluster.index_job import IndexedPart, IndexJob, index_job, unpack
from tacan.cluster.model_choice import ModelChoice, absolute_spec
from tacan.cluster.spread import Outcome, Spread
from tacan.embeddings.embedder import ClipEmbedder
from tacan.gallery.crop_files import erase
from tacan.gallery.gallery import PARTS, Gallery
from tacan.gallery.gallery_records import Source
from tacan.gallery.merge import merge_gallery
from tacan.gallery.opening import open_gallery
from tacan.gallery.record_checks import check_fingerprint
from tacan.indexing.earlier_content import drop_doubles
from tacan.indexing.index_report import (
    IndexReport,
    SourceFailure,
    SourceReport,
    failures_error,
)
from tacan.indexing.index_stream import unfinished_files
from tacan.indexing.plan_streams import StreamFile, plan_streams
from tacan.indexing.stream_run import IndexTools
from tacan.indexing.video_source import VideoSource
from tacan.progress import Progress, silent
from tacan.video.detection_source import DetectionSource
from tacan.video.picture_folder import content_sha256

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["index_on_cluster"]


def index_on_cluster(
    gallery: Gallery,
    sources: Sequence[VideoSource],
    *,
    client: Client,
    model: ModelChoice,
    embedder: ClipEmbedder,
    detections: Sequence[DetectionSource],
    unreadable: Sequence[SourceFailure] = (),
    batch_frames: int = 64,
    threads: int | None = None,
    fetch: bool = False,
    progress: Progress = silent,
) -> IndexReport:
    """Indexes sources as `index_videos` does, on the workers of a cluster.

    Parameters
    ----------
    gallery
        Opened for writing, of the model's fingerprint.
    sources, detections, unreadable, batch_frames, fetch, progress
        As for `index_videos`. Paths must lead to the same files on every machine.
    client
        Of the cluster's scheduler: see `connection.connected`.
    model, embedder
        The model as workers are to open it, and as it was opened here.
    threads
        Threads of each task: a worker's share of its cores when not given.

    Returns
    -------
    The reports and failures of all sources. Everything that is reported is in the gallery. After an
    error or an interruption the same call goes on with the streams that are not.

    Raises what `index_videos` raises, and `ClusterError`, when all others are done.
    """
    check_fingerprint(embedder.fingerprint, gallery.model)
    streams, gone = plan_streams(sources)
    opened = dict(zip(map(id, sources), detections, strict=True))
    run = _Run(gallery, failures=[*unreadable, *gone])
    pieces: list[list[StreamFile]] = []
    for stream in streams:
        tools = IndexTools(gallery, embedder, opened[id(stream[0].source)], batch_frames, silent)
        pieces += run.to_do(tools, stream)
    job = IndexJob((), model.for_others(), gallery.model, batch_frames, threads, fetch)
    jobs = [replace(job, sources=tuple(map(_for_others, piece))) for piece in pieces]
    run.cameras = [piece[0].source.camera for piece in pieces]
    sizes = [sum(file.n_promised for file in piece) for piece in pieces]
    with Spread(client, index_job, jobs, sizes=sizes, progress=progress) as spread:
        try:
            for outcome in spread:
                run.take(outcome)
        except KeyboardInterrupt:
            run.take_all(spread.ended())
            raise
    return run.report(sources)


@dataclass(slots=True)
class _Run:
    """What an indexing on a cluster has got so far. `waiting` are outcomes that come after others
    of their camera which are not there yet; `cameras` are those of the jobs, None once merged."""

    gallery: Gallery
    failures: list[SourceFailure]
    cameras: list[str | None] = field(default_factory=list)
    reports: list[SourceReport] = field(default_factory=list)
    waiting: dict[int, Outcome[IndexedPart]] = field(default_factory=dict)
    error: Exception | None = None

    def to_do(self, tools: IndexTools, stream: Sequence[StreamFile]) -> list[list[StreamFile]]:
        """The files of a stream that are not done, in pieces; the others are reported."""
        cameras = {source.camera for source in self.gallery.sources()}
        known = {source.sha256 for source in self.gallery.sources()}
        if not any(
            file.source.camera in cameras and content_sha256(file.source.path) in known
            for file in stream
        ):
            return [list(stream)]
        pieces, failed = unfinished_files(tools, stream, self.reports)
        self.failures += failed
        return pieces

    def take(self, outcome: Outcome[IndexedPart]) -> None:
        """Merges an outcome, and those of its camera that have waited for it."""
        self.waiting[outcome.number] = outcome
        camera = self.cameras[outcome.number]
        for number, other in enumerate(self.cameras):
            if other == camera:
                if number not in self.waiting:
                    return
                self._merge(number)

    def take_all(self, outcomes: Iterable[Outcome[IndexedPart]]) -> None:
        """Merges all that is there, whatever it would have waited for."""
        self.waiting |= {outcome.number: outcome for outcome in outcomes}
        for number in sorted(self.waiting):
            self._merge(number)

    def _merge(self, number: int) -> None:
        outcome = self.waiting.pop(number)
        self.cameras[number] = None
        if outcome.error is not None:
            self.error = self.error or outcome.error
            return
        part = outcome.result()
        self.failures += part.failures
        notes = {} if part.gallery is None else merge_part(self.gallery, part.gallery)
        self.reports += [
            replace(report, notes=(*report.notes, *notes.get(str(Path(report.path).resolve()), ())))
            for report in part.reports
        ]

    def report(self, sources: Sequence[VideoSource]) -> IndexReport:
        """The reports in the order of the sources, under the paths that were given."""
        if self.error is not None:
            raise self.error
        if not self.reports:
            raise failures_error(self.failures)
        given = {str(source.path.absolute()): str(source.path) for source in sources}
        order = {path: place for place, path in enumerate(given.values())}
        reports = [replace(each, path=given.get(each.path, each.path)) for each in self.reports]
        return IndexReport(
            tuple(sorted(reports, key=lambda each: order.get(each.path, 0))),
            tuple(replace(each, path=given.get(each.path, each.path)) for each in self.failures),
        )


def _for_others(file: StreamFile) -> VideoSource:
    """The source with absolute paths, and with a start that needs no other file to be known."""
    source, settings = file.source, file.source.settings
    paths: dict[str, object] = {"detector": absolute_spec(settings.detector)}
    if settings.mask is not None:
        paths["mask"] = Path(settings.mask).absolute()
    return replace(
        source,
        path=source.path.absolute(),
        start=file.start if source.start == "after" and file.start is not None else source.start,
        settings=settings.model_copy(update=paths),
    )


def merge_part(gallery: Gallery, packed: bytes) -> dict[str, tuple[str, ...]]:
    """Merges a worker's gallery, of which nothing else is left behind; what is worth knowing of its
    sources, by their paths.

    A source that was begun here with other settings or between other files is begun anew. Walks
    that the gallery knows from an earlier content of the file are dropped, as when it is indexed
    here.
    """
    folder = gallery.folder / PARTS / secrets.token_hex(8)
    notes: dict[str, tuple[str, ...]] = {}
    try:
        unpack(packed, folder)
        with open_gallery(folder) as part:
            done = [source for source in part.sources() if source.state == "done"]
            for source in done:
                _forget_unfinished(gallery, source)
            merge_gallery(gallery, part)
        for source in done:
            mine = _same(gallery, source)
            if mine is not None:
                told = drop_doubles(gallery, mine)
                notes[source.path] = () if told is None else (told,)
                gallery.log("index", f"source {mine.id} of camera {mine.camera}")
    finally:
        erase(folder)
    return notes


def _same(gallery: Gallery, source: Source) -> Source | None:
    for mine in gallery.sources():
        if (mine.sha256, mine.camera) == (source.sha256, source.camera):
            return mine
    return None


def _forget_unfinished(gallery: Gallery, source: Source) -> None:
    mine = _same(gallery, source)
    if mine is None or mine.state == "done" or dict(mine.settings) == dict(source.settings):
        return
    columns = gallery.store.columns()
    ids = columns.ids[columns.source_ids == mine.id].tolist()
    gallery.store.maintenance().remove(ids, sources=(mine.id,))
    gallery.complete_deletion()
