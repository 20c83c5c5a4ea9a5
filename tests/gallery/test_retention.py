from __future__ import annotations

from datetime import timedelta

import pytest

from tacan.errors import ConfigError, GalleryError
from tacan.gallery import apply_retention, open_gallery, set_retention

from .conftest import NOON


def names(gallery):
    return [tracklet.name for tracklet in gallery.tracklets()]


def test_the_rule_is_remembered_and_deletes_who_was_seen_before(make_gallery):
    folder = make_gallery("door")  # three tracklets, from 1, 2 and 3 seconds after noon on
    with open_gallery(folder, write=True) as gallery:
        assert apply_retention(gallery) is None
        set_retention(gallery, 30)
    with open_gallery(folder, write=True) as gallery:
        assert gallery.store.people().retention_days() == 30
        done = apply_retention(gallery, now=NOON + timedelta(days=30, seconds=2.5))
        assert done is not None
        assert (done.names, names(gallery)) == (("door/1", "door/2"), ["door/3"])
        set_retention(gallery, None)
        assert apply_retention(gallery) is None
        assert [e.action for e in gallery.store.people().log()] == [
            *("index", "retain", "delete", "retain"),
        ]


@pytest.mark.parametrize("days", [0, -1, 36_501])
def test_a_rule_is_of_a_day_or_more(make_gallery, days):
    with (
        open_gallery(make_gallery("door"), write=True) as gallery,
        pytest.raises(ConfigError, match="must be kept for 1 to 36,500 days"),
    ):
        set_retention(gallery, days)


def test_a_reader_sets_no_rule_but_may_log(make_gallery):
    with open_gallery(make_gallery("door")) as gallery:
        with pytest.raises(GalleryError, match="opened for writing"):
            set_retention(gallery, 30)
        assert gallery.log("search", "door/1")
        assert gallery.store.people().log()[-1].detail == "door/1"
