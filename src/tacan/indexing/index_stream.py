"""Indexing of a stream: its sources begun or taken up again, run through, and finished.

Files that are done are passed over, and those around them go on from nobody. A file that can't be
read to its end is a failure and ends a chain of files; the next chain begins behind it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from tacan.errors import VideoError
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import NewSource, NewTracklet, Source
from tacan.indexing.begin_source import begin_sources, describe, known_source
from tacan.indexing.chain_run import ChainJob, ChainOutcome, ChainRunner
from tacan.indexing.earlier_content import drop_doubles
from tacan.indexing.index_notes import RunCounts, followed_notes
from tacan.indexing.index_report import SourceFailure, SourceReport
from tacan.indexing.plan_streams import StreamFile
from tacan.indexing.source_tiles import settle_stream
from tacan.indexing.stream_watch import StreamWatch
from tacan.video.detection_source import DetectionSource, open_tiles, with_tiles
from tacan.video.video_chain import ChainLink, VideoChain

__all__ = ["DescribedFile", "IndexTools", "index_stream", "unfinished_files"]

DescribedFile = tuple[StreamFile, NewSource]


@dataclass(frozen=True, slots=True)
class IndexTools:
    """What a stream is indexed with, and into; see `index_videos`.

    `detections` are opened as the settings of the stream say; `fingerprint` is that of the model
    that `run` embeds with.
    """

    gallery: Gallery
    detections: DetectionSource
    fingerprint: str
    run: ChainRunner
    watch: StreamWatch = field(default_factory=StreamWatch)
    turn: AbstractContextManager[object] = field(default_factory=nullcontext)
    """Held while the gallery is changed, where streams run at the same time."""


def index_stream(
    tools: IndexTools, stream: Sequence[StreamFile]
) -> tuple[list[SourceReport], list[SourceFailure]]:
    """Indexes the files of one stream: their reports in the files' order, and what failed.

    Raises `GalleryError` for a file that the gallery holds with other settings.
    """
    reports: list[SourceReport] = []
    order = {str(file.source.path): place for place, file in enumerate(stream)}
    stream = [_with_stride(file) for file in stream]
    stream, failures = settle_stream(tools.gallery, stream, tools.detections)
    for n_before, chain in _chains(tools.gallery, stream, tools.detections, reports):
        done, rest = n_before, chain
        while rest:
            n_files = _index_chain(tools, rest, reports, failures, n_before=done)
            done += sum(file.n_promised for file, _ in rest[:n_files])
            rest = rest[n_files:]
    return sorted(reports, key=lambda report: order[report.path]), failures


def unfinished_files(
    gallery: Gallery,
    stream: Sequence[StreamFile],
    detections: DetectionSource,
    reports: list[SourceReport],
) -> tuple[list[list[DescribedFile]], list[SourceFailure]]:
    """The files of a stream that the gallery does not hold as done, in chains without any other in
    between, with the tiles that they are to have and as the gallery will know them, and what
    failed; the others are reported.

    Raises `GalleryError` for a file that the gallery holds with other settings.
    """
    settled, failures = settle_stream(gallery, list(map(_with_stride, stream)), detections)
    chains = _chains(gallery, settled, detections, reports)
    return [chain for _, chain in chains], failures


def _chains(
    gallery: Gallery,
    stream: Sequence[StreamFile],
    detections: DetectionSource,
    reports: list[SourceReport],
) -> list[tuple[int, list[DescribedFile]]]:
    """The chains of files that are not done, each with the frames before it; reports the others."""
    chains: list[tuple[int, list[DescribedFile]]] = []
    n_before = 0
    goes_on = False
    for file in stream:
        new = describe(file, _detections_of(file, detections))
        known = known_source(gallery, new)
        if known is not None and known.state == "done":
            reports.append(_done_before(gallery, file, known))
            goes_on = False
        else:
            if not goes_on or chains[-1][1][-1][0].source.settings != file.source.settings:
                chains.append((n_before, []))
            chains[-1][1].append((file, new))
            goes_on = True
        n_before += file.n_promised
    return chains


def _with_stride(file: StreamFile) -> StreamFile:
    """The file with a stride of its rate in its settings, as it is stored."""
    settings = file.source.settings
    told = settings.model_copy(update={"stride": settings.stride_at(file.fps)})
    return replace(file, source=replace(file.source, settings=told))


def _detections_of(file: StreamFile, detections: DetectionSource) -> DetectionSource:
    """The detections with the tiles that were chosen for the file."""
    tiles = file.source.settings.tiles
    if isinstance(tiles, str) or open_tiles(detections) is None:
        return detections
    return with_tiles(detections, tiles)


def _done_before(gallery: Gallery, file: StreamFile, known: Source) -> SourceReport:
    return SourceReport(
        path=str(file.source.path),
        camera=file.source.camera,
        n_tracklets=len(gallery.committed_numbers(known.id)),
        was_done=True,
        damage=known.damage,
    )


def _index_chain(
    tools: IndexTools,
    chain: Sequence[DescribedFile],
    reports: list[SourceReport],
    failures: list[SourceFailure],
    *,
    n_before: int,
) -> int:
    """Indexes files that go on from each other, up to the first that fails: how many were dealt
    with, that one included."""
    try:
        told, failure = _indexed(tools, chain, n_before=n_before)
    except VideoError as error:
        told, failure = [], error
    reports += told
    if failure is None:
        return len(chain)
    failures.append(chain[len(told)][0].failure(failure))
    return len(told) + 1


def _link(file: StreamFile, *, first: bool) -> ChainLink:
    source = file.source
    return ChainLink(source.path, source.settings.fps, 0.0 if first else file.gap)


def _indexed(
    tools: IndexTools, chain: Sequence[DescribedFile], *, n_before: int
) -> tuple[list[SourceReport], VideoError | None]:
    """Indexes the files of a chain, and finishes together the sources of those that were read: the
    reports of these, and why the next one was not. Raises `VideoError` where the first was not."""
    began = time.monotonic()
    gallery = tools.gallery
    first = chain[0][0]
    links = tuple(_link(file, first=not i) for i, (file, _) in enumerate(chain))
    VideoChain(links[:1]).close()  # What can't be opened is not begun.
    with tools.turn:
        known = begin_sources(gallery, [new for _, new in chain])
    committed = [gallery.committed_numbers(source.id) for source in known]
    tools.watch.begins([new.name for _, new in chain], n_before=n_before)
    outcome = tools.run(
        ChainJob(
            first=first.source,
            links=links,
            known=tuple(gallery.read_detections(source.id) for source in known),
            committed=frozenset[int]().union(*committed),
        ),
        detections=_detections_of(first, tools.detections),
        listener=_ToGallery(tools, [source.id for source in known]),
    )
    read = known[: outcome.n_read]
    with tools.turn:
        doubles = [drop_doubles(gallery, source) for source in read]
        gallery.finish_sources({source.id: outcome.damages[i] for i, source in enumerate(read)})
    now = [gallery.committed_numbers(source.id) for source in read]
    told = [
        *outcome.notes_of_detections,
        *followed_notes(
            first.source.settings, outcome.total, fps=outcome.fps, n_tracklets=sum(map(len, now))
        ),
    ]
    seconds = time.monotonic() - began
    return [
        _report(
            chain[place][0],
            outcome,
            place,
            seconds=seconds,
            numbers=(now[place], committed[place]),
            told=[*(told if place == 0 else ()), *filter(None, [doubles[place]])],
        )
        for place in range(len(read))
    ], outcome.failure


@dataclass(frozen=True, slots=True)
class _ToGallery:
    """Stores what a run gives with the sources of its files, by their ids."""

    tools: IndexTools
    sources: Sequence[int]

    @property
    def watch(self) -> StreamWatch:
        return self.tools.watch

    def store(self, place: int, tracklets: list[NewTracklet]) -> None:
        tools = self.tools
        with tools.turn:
            tools.gallery.add(self.sources[place], tracklets, fingerprint=tools.fingerprint)
        tools.watch.found(len(tracklets))

    def save_detections(self, place: int, first: int, block: bytes) -> None:
        with self.tools.turn:
            self.tools.gallery.save_detections(self.sources[place], first, block)


def _report(
    file: StreamFile,
    outcome: ChainOutcome,
    place: int,
    *,
    seconds: float,
    numbers: tuple[frozenset[int], frozenset[int]],
    told: Sequence[str],
) -> SourceReport:
    """The outcome of one file, whose share of the time is that of its frames; `numbers` are its
    tracklets now and before."""
    n_frames = outcome.counts.get(place, RunCounts()).n_frames
    share = n_frames / outcome.total.n_frames
    stride = file.source.settings.stride_at(file.fps)
    return SourceReport(
        path=str(file.source.path),
        camera=file.source.camera,
        n_tracklets=len(numbers[0]),
        n_new=len(numbers[0] - numbers[1]),
        n_frames=n_frames,
        stride=stride,
        video_seconds=outcome.last_seconds.get(place, 0.0) + stride / file.fps,
        seconds=share * seconds,
        stage_seconds={name: share * spent for name, spent in outcome.stage_seconds.items()},
        damage=outcome.damages[place],
        notes=(*file.notes, *outcome.notes[place], *told),
    )
