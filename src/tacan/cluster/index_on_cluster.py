"""Indexing on a cluster: each stream of files is a task of some worker, and this process alone
writes to the gallery.

A stream is what one camera recorded without a break, so that every walk is followed by one worker
as it would be on one machine. In a long stream people are looked for first, in pieces by several
workers; what they find is kept in the gallery, as after an interruption, and goes to the worker
that follows people through the whole. What a worker has done is merged as `tacan gallery merge`
does it; streams of one camera are merged in their order, so that tracklets get the names that they
would have got on one machine.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tacan.cluster.detect_job import DetectedPiece, DetectJob, detect_job
from tacan.cluster.index_job import IndexedPart, IndexJob, index_job, unpack
from tacan.cluster.pieces import Piece, is_long, known_frames, pieces_of
from tacan.cluster.spread import Outcome, Spread
from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.model_choice import ModelChoice, absolute_spec
from tacan.gallery.crop_files import erase
from tacan.gallery.gallery import PARTS, Gallery
from tacan.gallery.gallery_records import Source
from tacan.gallery.merge import merge_gallery
from tacan.gallery.opening import open_gallery
from tacan.gallery.record_checks import check_fingerprint
from tacan.indexing.begin_source import begin_sources
from tacan.indexing.earlier_content import drop_doubles
from tacan.indexing.index_report import (
    IndexReport,
    SourceFailure,
    SourceReport,
    failures_error,
)
from tacan.indexing.index_stream import DescribedFile, unfinished_files
from tacan.indexing.plan_streams import StreamFile, plan_streams
from tacan.indexing.video_source import VideoSource
from tacan.progress import Progress, silent
from tacan.video.detection_source import DetectionSource
from tacan.video.picture_folder import content_sha256

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["index_on_cluster"]

DETECTION_SHARE = 0.75
"""Of the work on a stream, about: detection is most of it (`python benchmarks/index.py`)."""

_Job = IndexJob | DetectJob
_Done = IndexedPart | DetectedPiece


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
    job = IndexJob((), model.for_others(), gallery.model, batch_frames, threads, fetch)
    run = _Run(gallery, job, failures=[*unreadable, *gone])
    for stream in streams:
        run.chains += run.to_do(stream, opened[id(stream[0].source)])
    total = sum(chain.size for chain in run.chains)
    with Spread(client, _task, total=total, progress=progress) as spread:
        run.submit(spread)
        try:
            for outcome in spread:
                run.take(outcome, spread)
        except KeyboardInterrupt:
            run.take_all(spread.ended())
            raise
    return run.report(sources)


def _task(job: _Job, progress: Progress) -> _Done:
    """The work of a job, whose progress is in frames of video: where people are looked for first,
    that is so much of the work."""
    if isinstance(job, DetectJob):
        return detect_job(job, lambda done, total: progress(_looked_at(done), total))
    if not job.begun:
        return index_job(job, progress)
    return index_job(job, lambda done, total: progress(done - _looked_at(done), total))


def _looked_at(n_frames: int) -> int:
    return int(DETECTION_SHARE * n_frames)


@dataclass(slots=True)
class _Chain:
    """Files that one worker is to follow people through.

    Where people are looked for first, `begun` are the files as the gallery knows them, `left` the
    pieces that are still to come, `unsound` the files in which a piece could not be read, and
    `looked` the time that was spent on each. `rest` is the share of the following in its size.
    """

    files: Sequence[StreamFile]
    begun: list[Source] = field(default_factory=list)
    left: list[Piece] = field(default_factory=list)
    unsound: set[int] = field(default_factory=set)
    looked: dict[str, list[DetectedPiece]] = field(default_factory=dict)
    rest: int = 0
    merged: bool = False

    @property
    def size(self) -> int:
        return sum(file.n_promised for file in self.files)


@dataclass(slots=True)
class _Run:
    """What an indexing on a cluster has got so far. `job` is what all jobs have in common, `jobs`
    what each is of by its number: a chain, and a piece of it or the whole. `waiting` are outcomes
    of chains that come after others of their camera which are not there yet."""

    gallery: Gallery
    job: IndexJob
    failures: list[SourceFailure]
    chains: list[_Chain] = field(default_factory=list)
    jobs: dict[int, tuple[int, Piece | None]] = field(default_factory=dict)
    reports: list[SourceReport] = field(default_factory=list)
    waiting: dict[int, Outcome[_Done]] = field(default_factory=dict)
    error: Exception | None = None

    def to_do(self, stream: Sequence[StreamFile], detections: DetectionSource) -> list[_Chain]:
        """The files of a stream that are not done, in chains; the others are reported."""
        cameras = {source.camera for source in self.gallery.sources()}
        known = {source.sha256 for source in self.gallery.sources()}
        if not is_long(stream) and not any(
            file.source.camera in cameras and content_sha256(file.source.path) in known
            for file in stream
        ):
            return [_Chain(stream)]
        chains, failed = unfinished_files(self.gallery, stream, detections, self.reports)
        self.failures += failed
        return [self._planned(chain) for chain in chains]

    def _planned(self, described: Sequence[DescribedFile]) -> _Chain:
        """The chain, begun in the gallery and cut into pieces where it is long."""
        chain = _Chain([file for file, _ in described])
        if is_long(chain.files):
            chain.begun = begin_sources(self.gallery, [new for _, new in described])
            known = [known_frames(self.gallery.read_detections(each.id)) for each in chain.begun]
            strides = [file.source.settings.stride_at(file.fps) for file in chain.files]
            chain.left = [
                piece
                for piece in pieces_of(chain.files)
                if not known[piece.place].issuperset(
                    range(piece.first, piece.first + piece.size, strides[piece.place])
                )
            ]
        return chain

    def submit(self, spread: Spread[_Job, _Done]) -> None:
        """Submits all that can be begun."""
        for number, chain in enumerate(self.chains):
            chain.rest = chain.size - sum(_looked_at(piece.size) for piece in chain.left)
            for piece in chain.left:
                job = DetectJob(
                    source=_for_others(chain.files[piece.place]),
                    fingerprint=str(chain.begun[piece.place].settings["detector_fingerprint"]),
                    first=piece.first,
                    end=piece.end,
                    threads=self.job.threads,
                    fetch=self.job.fetch,
                )
                added = spread.add(job, size=_looked_at(piece.size), order=number)
                self.jobs[added] = number, piece
            if not chain.left:
                self._follow(number, spread)

    def _follow(self, number: int, spread: Spread[_Job, _Done]) -> None:
        """Submits the following of people through a chain."""
        chain = self.chains[number]
        job = replace(
            self.job,
            sources=tuple(map(_for_others, chain.files)),
            begun=tuple((each, self.gallery.read_detections(each.id)) for each in chain.begun),
        )
        added = spread.add(job, size=chain.rest, order=number)
        self.jobs[added] = number, None

    def take(self, outcome: Outcome[_Done], spread: Spread[_Job, _Done]) -> None:
        """Keeps what was found in a piece; merges a chain, and those of its camera that have waited
        for it."""
        number, piece = self.jobs[outcome.number]
        if piece is not None:
            self._keep(number, piece, outcome)
            if not self.chains[number].left:
                self._follow(number, spread)
            return
        self.waiting[number] = outcome
        self._merge_in_order(self.chains[number].files[0].source.camera)

    def take_all(self, outcomes: Iterable[Outcome[_Done]]) -> None:
        """Keeps and merges all that is there, whatever it would have waited for."""
        for outcome in outcomes:
            number, piece = self.jobs[outcome.number]
            if piece is None:
                self.waiting[number] = outcome
            else:
                self._keep(number, piece, outcome)
        for number in sorted(self.waiting):
            self._merge(number)

    def _keep(self, number: int, piece: Piece, outcome: Outcome[_Done]) -> None:
        """Keeps the detections of a piece. Those of a file in which any piece can't be read are
        given up: frames are counted from its beginning then, by whoever follows people."""
        chain = self.chains[number]
        if outcome.error is not None:
            # The chain is not followed; what is found in its other pieces is kept.
            self.waiting[number] = Outcome(outcome.number, None, outcome.error)
            self._merge_in_order(chain.files[0].source.camera)
            return
        chain.left.remove(piece)
        done = outcome.result()
        if not isinstance(done, DetectedPiece) or piece.place in chain.unsound:
            return
        source = chain.begun[piece.place]
        if done.block is None:
            chain.unsound.add(piece.place)
            _forget(self.gallery, source)
            chain.begun[piece.place] = self.gallery.begin_source(source)
            return
        self.gallery.save_detections(source.id, piece.first, done.block)
        chain.looked.setdefault(_path(chain.files[piece.place]), []).append(done)

    def _merge_in_order(self, camera: str) -> None:
        for number, chain in enumerate(self.chains):
            if chain.files[0].source.camera == camera and not chain.merged:
                if number not in self.waiting:
                    return
                self._merge(number)

    def _merge(self, number: int) -> None:
        outcome = self.waiting.pop(number)
        chain = self.chains[number]
        chain.merged = True
        if outcome.error is not None:
            self.error = self.error or outcome.error
            return
        part = outcome.result()
        if not isinstance(part, IndexedPart):
            return
        self.failures += part.failures
        notes = {} if part.gallery is None else merge_part(self.gallery, part.gallery)
        self.reports += [
            _with_pieces(
                replace(
                    report, notes=(*report.notes, *notes.get(str(Path(report.path).resolve()), ()))
                ),
                chain,
            )
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


def _with_pieces(report: SourceReport, chain: _Chain) -> SourceReport:
    """The report with what was done and told of a file before people were followed through it."""
    stages = dict(report.stage_seconds)
    pieces = chain.looked.get(report.path, [])
    for piece in pieces:
        for name, spent in piece.stage_seconds.items():
            stages[name] = stages.get(name, 0.0) + spent
    notes = [note for file in chain.files if _path(file) == report.path for note in file.notes]
    return replace(
        report,
        seconds=report.seconds + sum(piece.seconds for piece in pieces),
        stage_seconds=stages,
        notes=tuple(dict.fromkeys([*notes, *report.notes])),
    )


def _path(file: StreamFile) -> str:
    return str(file.source.path.absolute())


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
    _forget(gallery, mine)


def _forget(gallery: Gallery, source: Source) -> None:
    columns = gallery.store.columns()
    ids = columns.ids[columns.source_ids == source.id].tolist()
    gallery.store.maintenance().remove(ids, sources=(source.id,))
    gallery.complete_deletion()
