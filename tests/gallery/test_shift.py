from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tacan.errors import GalleryError
from tacan.gallery import TrackletFilter, open_gallery, verify_gallery
from tacan.gallery.shift import shift_sources

from .conftest import NOON, fill


@pytest.fixture
def gallery(make_gallery):
    with open_gallery(make_gallery("door"), write=True) as opened:
        fill(opened, "yard", start=None)
        fill(opened, "door", start=NOON + timedelta(hours=1), sha256="b" * 64)
        yield opened


def times(gallery, camera):
    return [(t.start, t.end) for t in gallery.tracklets(TrackletFilter(cameras=(camera,)))]


def sources(gallery, camera):
    return [source for source in gallery.sources() if source.camera == camera]


def test_times_move_with_their_sources(gallery):
    before = times(gallery, "door")
    hour = timedelta(hours=1)
    moved = shift_sources(gallery, sources(gallery, "door"), by=-hour)
    assert [source.start for source in moved] == [NOON - hour, NOON]
    assert list(moved) == sources(gallery, "door")
    assert times(gallery, "door") == [(start - hour, end - hour) for start, end in before]
    found = gallery.tracklets(TrackletFilter(before=NOON - timedelta(minutes=30)))
    assert [tracklet.name for tracklet in found] == ["door/1", "door/2", "door/3"]
    assert verify_gallery(gallery).problems == ()


def test_a_new_start_is_that_of_the_earliest(gallery):
    start = datetime(2025, 1, 1, tzinfo=UTC)
    moved = shift_sources(gallery, sources(gallery, "door")[::-1], start=start)
    assert [source.start for source in moved] == [start + timedelta(hours=1), start]


def test_an_unknown_start_becomes_known(gallery):
    shift_sources(gallery, sources(gallery, "yard"), start=NOON)
    assert times(gallery, "yard")[0] == (
        NOON + timedelta(seconds=1),
        NOON + timedelta(seconds=1.4),
    )


def test_a_shift_is_in_the_log_without_a_files_name(gallery):
    shift_sources(gallery, sources(gallery, "door"), by=timedelta(minutes=-1))
    shift_sources(gallery, sources(gallery, "yard"), start=NOON)
    entries = gallery.store.people().log()[-3:]
    assert [(entry.action, entry.detail) for entry in entries] == [
        ("shift", "source 1 of camera door, by -60 s"),
        ("shift", "source 3 of camera door, by -60 s"),
        ("shift", "source 2 of camera yard, to a start"),
    ]


def test_what_can_not_be_moved_is_told_and_nothing_is_changed(gallery):
    before = gallery.sources()
    with pytest.raises(GalleryError, match="must be known to be moved"):
        shift_sources(gallery, before, by=timedelta(1))
    with pytest.raises(GalleryError, match="must be known to be moved"):
        shift_sources(gallery, before, start=NOON)
    for by in (timedelta(days=-999_999), timedelta(days=365 * 8000)):
        with pytest.raises(GalleryError, match="years 2 to 9966"):
            shift_sources(gallery, sources(gallery, "door"), by=by)
    assert gallery.sources() == before


def test_a_reader_may_not_shift(make_gallery):
    with (
        open_gallery(make_gallery("door", name="read")) as gallery,
        pytest.raises(GalleryError, match="opened for writing"),
    ):
        shift_sources(gallery, gallery.sources(), by=timedelta(1))
