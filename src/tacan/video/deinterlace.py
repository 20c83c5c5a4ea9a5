"""Whole pictures out of interlaced ones, one for one, with their times unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import av
import av.error
import av.filter

__all__ = ["Deinterlacer"]


class Deinterlacer:
    """Passes frames through until one is marked as interlaced; from then on through a filter.

    The filter (bwdif, one frame for one frame) leaves progressive frames as they are. It is built
    anew where size or pixel format change.
    """

    def __init__(self) -> None:
        self._graph: Any = None
        self._kind: tuple[int, int, str] | None = None

    def frames(self, frames: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
        """`frames` in the same order, each deinterlaced where it has to be."""
        for frame in frames:
            if self._graph is None and not frame.interlaced_frame:
                yield frame
                continue
            kind = (frame.width, frame.height, frame.format.name)
            if self._graph is None or kind != self._kind:
                yield from self._rest()
                self._graph, self._kind = _build(frame), kind
            if self._graph is None:
                yield frame
            else:
                yield from self._pushed(self._graph, frame)
        yield from self._rest()

    def _rest(self) -> Iterator[av.VideoFrame]:
        graph, self._graph = self._graph, None
        if graph is not None:
            yield from self._pushed(graph, None)

    def _pushed(self, graph: Any, frame: av.VideoFrame | None) -> Iterator[av.VideoFrame]:
        graph.push(frame)
        while True:
            try:
                ready = graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            yield ready


def _build(frame: av.VideoFrame) -> Any:
    """The filter for frames like this one; None where it takes none of their pixel format."""
    with suppress(av.error.FFmpegError, ValueError):
        return _graph(frame)
    return None


def _graph(frame: av.VideoFrame) -> Any:
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=frame.time_base,
    )
    graph.link_nodes(
        source,
        graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced"),
        graph.add("buffersink"),
    ).configure()
    return graph
