from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tacan.gallery.gallery_records import StoredTracklet
from tacan.gallery.person_records import Person
from tacan.linking.people import PersonSeen
from tacan.linking.unsure import UnsureLinks
from tacan.views.people_timeline import LEAST, WIDTH, timeline

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def seen(number: int, first: float, last: float, camera: str = "door") -> StoredTracklet:
    return StoredTracklet(
        id=number, name=f"{camera}/{number}", camera=camera, source_id=1, source="door.mp4",
        number=number, first_seconds=first, last_seconds=last,
        start=NOON + timedelta(seconds=first), end=NOON + timedelta(seconds=last),
        n_frames=5, quality=1, person=None, n_crops=0, person_id=1,
    )  # fmt: skip


def drawn(*tracklets: StoredTracklet, parts: dict[int, int] | None = None):
    person = PersonSeen(Person(1, tuple(t.id for t in tracklets)), tracklets)
    return timeline([person], UnsureLinks((), parts or {}), ["door", "yard"], UTC)


def test_bars_lie_where_their_times_do() -> None:
    line = drawn(seen(1, 0, 10), seen(2, 50, 100, "yard"))
    bars = line.lanes[0].bars
    assert [(bar.x, bar.width, bar.colour) for bar in bars] == [(0, 100, 0), (500, 500, 1)]
    assert [(link.x1, link.x2) for link in line.lanes[0].links] == [(100, 500)]
    assert line.ticks == (
        *((0, "12:00:00"), (200, "12:00:20"), (400, "12:00:40")),
        *((600, "12:01:00"), (800, "12:01:20"), (1000, "12:01:40")),
    )


def test_who_is_seen_at_once_has_several_rows() -> None:
    lane = drawn(seen(1, 0, 50), seen(2, 20, 30, "yard"), seen(3, 40, 100, "yard")).lanes[0]
    assert [bar.level for bar in lane.bars] == [0, 1, 1]
    assert lane.n_levels == 2
    assert all(link.x1 <= link.x2 for link in lane.links)


def test_a_moment_can_be_seen() -> None:
    bars = drawn(seen(1, 0, 0), seen(2, 100_000, 100_000)).lanes[0].bars
    assert all(bar.width == LEAST and 0 <= bar.x <= WIDTH - LEAST for bar in bars)


def test_an_unsure_link_is_one_between_two_parts() -> None:
    lane = drawn(seen(1, 0, 1), seen(2, 3, 4), seen(3, 6, 7), parts={1: 1, 2: 1, 3: 3}).lanes[0]
    assert [link.is_unsure for link in lane.links] == [False, True]


def test_without_any_time_of_day_the_time_in_the_video_stands_for_it() -> None:
    one, other = (replace(t, start=None, end=None) for t in (seen(1, 0, 10), seen(2, 30, 40)))
    line = drawn(one, other)
    assert (line.is_by_day, line.n_left_out) == (False, 0)
    assert line.ticks[1] == (250, "0:10")
    mixed = drawn(one, seen(2, 30, 40))
    assert (mixed.is_by_day, mixed.n_left_out, len(mixed.lanes[0].bars)) == (True, 1, 1)


@pytest.mark.parametrize("length", [0.5, 7, 90, 5000, 86_400, 9e6, 4e8])
def test_an_axis_has_few_ticks(length: float) -> None:
    line = drawn(seen(1, 0, 0), seen(2, length, length))
    assert len(line.ticks) <= 6
    assert all(0 <= x <= WIDTH for x, _ in line.ticks)


def test_nobody_is_no_fault() -> None:
    assert timeline([], UnsureLinks(), []).lanes == ()
