"""Indexing of a stream: its sources begun or taken up again, run through, and finished.

Files that are done are passed over, and those around them go on from nobody. A file that can't be
read to its end is a failure and ends a chain of files; the next chain begins behind it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from tacan.errors import VideoError
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import NewSource, NewTracklet, Source
from tacan.indexing.begin_source import begin_sources, describe, known_source
from tacan.indexing.earlier_content import drop_doubles
from tacan.indexing.index_notes import followed_notes
from tacan.indexing.index_report import SourceFailure, SourceReport
from tacan.indexing.plan_streams import StreamFile
from tacan.indexing.source_tiles import settle_stream
from tacan.indexing.stream_run import IndexTools, StreamRun, run_stream
from tacan.video.chain_detections import ChainDetections
from tacan.video.detection_cache import DetectionCache
from tacan.video.detection_source import open_tiles, with_tiles
from tacan.video.video_chain import ChainLink, VideoChain

__all__ = ["DescribedFile", "index_stream", "unfinished_files"]

DescribedFile = tuple[StreamFile, NewSource]


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
    for n_before, chain in _chains(tools, stream, reports):
        done, rest = n_before, chain
        while rest:
            n_files = _index_chain(tools, rest, reports, failures, n_before=done)
            done += sum(file.n_promised for file, _ in rest[:n_files])
            rest = rest[n_files:]
    return sorted(reports, key=lambda report: order[report.path]), failures


def unfinished_files(
    tools: IndexTools, stream: Sequence[StreamFile], reports: list[SourceReport]
) -> tuple[list[list[DescribedFile]], list[SourceFailure]]:
    """The files of a stream that the gallery does not hold as done, in chains without any other in
    between, with the tiles that they are to have and as the gallery will know them, and what
    failed; the others are reported.

    Raises `GalleryError` for a file that the gallery holds with other settings.
    """
    settled, failures = settle_stream(
        tools.gallery, list(map(_with_stride, stream)), tools.detections
    )
    return [chain for _, chain in _chains(tools, settled, reports)], failures


def _chains(
    tools: IndexTools, stream: Sequence[StreamFile], reports: list[SourceReport]
) -> list[tuple[int, list[DescribedFile]]]:
    """The chains of files that are not done, each with the frames before it; reports the others."""
    chains: list[tuple[int, list[DescribedFile]]] = []
    n_before = 0
    goes_on = False
    for file in stream:
        new = describe(file, _tools_for(file, tools).detections)
        known = known_source(tools.gallery, new)
        if known is not None and known.state == "done":
            reports.append(_done_before(tools.gallery, file, known))
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


def _tools_for(file: StreamFile, tools: IndexTools) -> IndexTools:
    """The tools with detections of the tiles that were chosen for the file."""
    tiles = file.source.settings.tiles
    if isinstance(tiles, str) or open_tiles(tools.detections) is None:
        return tools
    return replace(tools, detections=with_tiles(tools.detections, tiles))


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
    tools = _tools_for(chain[0][0], tools)
    links = [_link(file, first=not i) for i, (file, _) in enumerate(chain)]
    try:
        with closing(VideoChain(links)) as video:
            reports += _indexed(tools, chain, video, n_before=n_before)
            failure, place = video.failure, video.current
    except VideoError as error:
        failure, place = error, 0
    if failure is None:
        return len(chain)
    failures.append(chain[place][0].failure(failure))
    return place + 1


def _link(file: StreamFile, *, first: bool) -> ChainLink:
    source = file.source
    return ChainLink(source.path, source.settings.fps, 0.0 if first else file.gap)


def _indexed(
    tools: IndexTools, chain: Sequence[DescribedFile], video: VideoChain, *, n_before: int
) -> list[SourceReport]:
    """Indexes the files of a chain, and finishes together the sources of those that were read."""
    began = time.monotonic()
    gallery = tools.gallery
    known = begin_sources(gallery, [new for _, new in chain])
    committed = [gallery.committed_numbers(source.id) for source in known]
    settings = chain[0][0].source.settings
    tools.watch.begins([new.name for _, new in chain])

    def store(place: int, some: list[NewTracklet]) -> None:
        gallery.add(known[place].id, some, fingerprint=tools.embedder.fingerprint)

    run = run_stream(
        tools,
        video,
        settings,
        store=store,
        cache=ChainDetections(video, [_cache(gallery, each.id) for each in known]),
        committed=frozenset[int]().union(*committed),
        n_before=n_before,
    )
    if run.total.n_frames == 0:
        raise _nothing_decoded(video)
    read = known if video.failure is None else known[: video.current]
    doubles = [drop_doubles(gallery, source) for source in read]
    gallery.finish_sources({source.id: video.damages[i] for i, source in enumerate(read)})
    now = [gallery.committed_numbers(source.id) for source in read]
    told = [
        *tools.detections.notes(),
        *followed_notes(settings, run.total, fps=video.fps, n_tracklets=sum(map(len, now))),
    ]
    seconds = time.monotonic() - began
    return [
        _report(
            chain[place][0],
            run,
            video,
            place,
            seconds=seconds,
            numbers=(now[place], committed[place]),
            told=[*(told if place == 0 else ()), *filter(None, [doubles[place]])],
        )
        for place in range(len(read))
    ]


def _cache(gallery: Gallery, source_id: int) -> DetectionCache:
    return DetectionCache(
        gallery.read_detections(source_id),
        lambda first, data: gallery.save_detections(source_id, first, data),
    )


def _report(
    file: StreamFile,
    run: StreamRun,
    video: VideoChain,
    place: int,
    *,
    seconds: float,
    numbers: tuple[frozenset[int], frozenset[int]],
    told: Sequence[str],
) -> SourceReport:
    """The outcome of one file, whose share of the time is that of its frames; `numbers` are its
    tracklets now and before."""
    counts = run.of(place)
    share = counts.n_frames / run.total.n_frames
    stride = file.source.settings.stride_at(file.fps)
    return SourceReport(
        path=str(file.source.path),
        camera=file.source.camera,
        n_tracklets=len(numbers[0]),
        n_new=len(numbers[0] - numbers[1]),
        n_frames=counts.n_frames,
        stride=stride,
        video_seconds=run.last_seconds.get(place, 0.0) + stride / file.fps,
        seconds=share * seconds,
        stage_seconds={name: share * spent for name, spent in run.stage_seconds.items()},
        damage=video.damages[place],
        notes=(*file.notes, *video.notes_of[place], *told),
    )


def _nothing_decoded(video: VideoChain) -> VideoError:
    return VideoError(
        "a video must have pictures that can be decoded",
        got=f"{video.path}: {video.damage or 'none'}",
        remedy="Check that it was copied to its end.",
    )
