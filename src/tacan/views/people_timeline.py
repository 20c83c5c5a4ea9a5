"""When who was where: a lane for each person, with a bar for each tracklet, to be drawn in a page.

Where times of day are known, those are the lanes'. Where none is, the time in each video stands for
it, as if all had begun at once; the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import pairwise

from tacan.gallery.gallery_records import StoredTracklet
from tacan.linking.people import PersonSeen
from tacan.linking.unsure import UnsureLinks
from tacan.views.search_text import when
from tacan.views.times import clock, local_time

__all__ = ["WIDTH", "Bar", "Lane", "Link", "Timeline", "timeline"]

WIDTH = 1000.0
"""Units across a lane, from the first to the last moment."""
LEAST = 4.0
"""Units that a bar has at least, so that it can be seen."""
STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200)
DAY = 86_400
MOST_TICKS = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """A tracklet: from `x` on, `width` wide, in the row `level` of its lane; `colour` counts the
    cameras, and `text` says what it is."""

    x: float
    width: float
    level: int
    colour: int
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """From one bar to the next."""

    x1: float
    level1: int
    x2: float
    level2: int
    is_unsure: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """One person."""

    seen: PersonSeen
    bars: tuple[Bar, ...]
    links: tuple[Link, ...]

    @property
    def n_levels(self) -> int:
        """Rows, of which several are needed where cameras saw the person at once."""
        return 1 + max((bar.level for bar in self.bars), default=0)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Lanes over one axis.

    ticks
        Moments at round times: where in `WIDTH`, and in words.
    is_by_day
        Whether times of day are known.
    n_left_out
        Tracklets of unknown time, which are in no lane.
    """

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    is_by_day: bool
    n_left_out: int


def timeline(
    people: Sequence[PersonSeen],
    unsure: UnsureLinks,
    cameras: Sequence[str],
    zone: tzinfo | None = None,
) -> Timeline:
    """The lanes of `people`; bars have the colour of their camera's place in `cameras`."""
    every = [tracklet for seen in people for tracklet in seen.tracklets]
    is_by_day = any(tracklet.start is not None for tracklet in every)
    shown = [tracklet for tracklet in every if not is_by_day or tracklet.start is not None]
    spans = {tracklet.id: _seconds(tracklet, by_day=is_by_day) for tracklet in shown}
    first = min((start for start, _ in spans.values()), default=0.0)
    length = max((end for _, end in spans.values()), default=0.0) - first or 1.0
    places = {
        number: (WIDTH * (start - first) / length, WIDTH * (end - first) / length)
        for number, (start, end) in spans.items()
    }
    return Timeline(
        tuple(_lane(seen, places, unsure, cameras, zone) for seen in people),
        _ticks(first, length, zone, is_by_day=is_by_day),
        is_by_day,
        len(every) - len(shown),
    )


def _lane(
    seen: PersonSeen,
    places: Mapping[int, tuple[float, float]],
    unsure: UnsureLinks,
    cameras: Sequence[str],
    zone: tzinfo | None,
) -> Lane:
    kept = sorted((t for t in seen.tracklets if t.id in places), key=lambda t: places[t.id])
    bars: list[Bar] = []
    for tracklet in kept:
        start, end = places[tracklet.id]
        x = min(start, WIDTH - LEAST)
        level = _free_level(bars, x)
        text = f"{tracklet.name}, {when(tracklet, zone)}"
        bars.append(Bar(x, max(end - start, LEAST), level, cameras.index(tracklet.camera), text))
    ids = [tracklet.id for tracklet in kept]
    links = [
        _link(one, other, is_unsure=unsure.is_unsure(*pair))
        for (one, other), pair in zip(pairwise(bars), pairwise(ids), strict=True)
    ]
    return Lane(seen, tuple(bars), tuple(links))


def _seconds(tracklet: StoredTracklet, *, by_day: bool) -> tuple[float, float]:
    if by_day and tracklet.start is not None and tracklet.end is not None:
        return tracklet.start.timestamp(), tracklet.end.timestamp()
    return tracklet.first_seconds, tracklet.last_seconds


def _free_level(bars: Sequence[Bar], x: float) -> int:
    """The lowest row in which nothing is drawn from `x` on."""
    taken = {bar.level for bar in bars if bar.x + bar.width > x}
    return next(level for level in range(len(bars) + 1) if level not in taken)


def _link(one: Bar, other: Bar, *, is_unsure: bool) -> Link:
    return Link(min(one.x + one.width, other.x), one.level, other.x, other.level, is_unsure)


def _ticks(
    first: float, length: float, zone: tzinfo | None, *, is_by_day: bool
) -> tuple[tuple[float, str], ...]:
    step = next((step for step in STEPS if length / step <= MOST_TICKS), None)
    step = step or DAY * max(1, -(-int(length) // (DAY * MOST_TICKS)))
    offset = 0.0
    if is_by_day:
        local = datetime.fromtimestamp(first).astimezone(zone)
        shift = local.utcoffset()
        offset = 0.0 if shift is None else shift.total_seconds()
    number = -(-(first + offset) // step)
    found = []
    while (moment := number * step - offset) <= first + length:
        found.append((WIDTH * (moment - first) / length, _tick(moment, step, zone, is_by_day)))
        number += 1
    return tuple(found)


def _tick(moment: float, step: float, zone: tzinfo | None, is_by_day: bool) -> str:  # noqa: FBT001
    if not is_by_day:
        return clock(moment).removesuffix(".0")
    text = local_time(datetime.fromtimestamp(moment).astimezone(), zone)
    return text[:10] if step >= DAY else text[11:19] if step < 60 else text[11:16]
