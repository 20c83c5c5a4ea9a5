from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import GalleryError
from tacan.gallery import delete_tracklets, open_gallery
from tacan.gallery.cannot_link import seen_at_once
from tacan.gallery.sqlite.people import SqlitePeople
from tacan.linking import confirm, link_gallery, name, reject
from tacan.linking.link import STRANGERS, _share
from tests.gallery.conftest import MODEL, new_source

from .conftest import fill_cameras, of, partition, walk


def test_walks_become_people_without_an_option(folder):
    with open_gallery(folder, write=True) as gallery:
        report = link_gallery(gallery)
        assert (report.n_tracklets, report.n_people, report.n_linked) == (24, 12, 24)
        assert (report.n_pairs, report.n_new, report.n_gone) == (12, 12, 0)
        assert (report.n_strangers, report.n_hidden) == (2 * 66, 2 * 66)
        assert report.expected_false_pairs <= 12
        linking = gallery.store.people().linking()
        assert linking is not None
        assert (linking.n_pairs, linking.expected_false_pairs) == (12, report.expected_false_pairs)
        assert report.share == 0.03
        people = partition(gallery)
        assert sorted(people) == list(range(1, 13))
        assert {f"door/{n}" for n in range(1, 13)} == {min(each) for each in people.values()}
        assert all({"door", "yard"} == {t[:4] for t in each} for each in people.values())
        assert gallery.info().n_persons == 12


def test_nobody_of_many_has_more_than_ten_strangers_within_the_threshold():
    assert [_share(0.03, n) for n in (24, 351, 701)] == [0.03, 0.03, 0.015]


def test_linking_twice_changes_nothing(folder):
    with open_gallery(folder, write=True) as gallery:
        link_gallery(gallery)
        before = partition(gallery)
        again = link_gallery(gallery)
        assert (again.n_new, again.n_gone, partition(gallery)) == (0, 0, before)


def test_people_keep_their_ids_when_more_is_indexed(folder):
    with open_gallery(folder, write=True) as gallery:
        link_gallery(gallery, strangers=0.01)
        before = partition(gallery)
        fill_cameras(gallery, ["car park"], people=[15, 3, 7, 16], second=60)
        report = link_gallery(gallery, strangers=0.01)
        after = partition(gallery)
        assert report.n_new == 2
        assert {number: after[number] & before[number] for number in before} == before
        assert of(gallery, "car park/2") == of(gallery, "door/4")


def test_the_order_of_indexing_changes_nothing_but_ids(tmp_path):
    found = []
    for place, cameras in enumerate([("door", "yard"), ("yard", "door")]):
        with open_gallery(tmp_path / str(place), write=True, create_with=MODEL) as gallery:
            for camera in cameras:
                source = gallery.begin_source(new_source(camera))
                numbers = range(1, 13) if camera == "door" else range(101, 113)
                walks = [walk(n, p, spread=1.2) for p, n in enumerate(numbers)]
                gallery.add(source.id, walks, fingerprint=MODEL.fingerprint)
                gallery.finish_source(source.id)
            link_gallery(gallery)
            found.append({frozenset(each) for each in partition(gallery).values()})
    assert found[0] == found[1]
    assert 12 <= len(found[0]) < 24


def test_strangers_are_never_one_however_much_alike(tmp_path):
    with open_gallery(tmp_path / "alike", write=True, create_with=MODEL) as gallery:
        source = gallery.begin_source(new_source())
        walks = [walk(number, number, spread=0) for number in range(1, 13)]
        same = [
            type(one)(**{f: getattr(one, f) for f in one.__dataclass_fields__} | {"embedding": e})
            for one, e in zip(walks, np.tile(walks[0].embedding, (12, 1)), strict=True)
        ]
        gallery.add(source.id, same, fingerprint=MODEL.fingerprint)
        gallery.finish_source(source.id)
        link_gallery(gallery, strangers=1.0)
        assert len(partition(gallery)) == 12
        assert len(seen_at_once(gallery.index().columns, gallery.store).strangers) == 66


def test_where_little_is_known_everybody_stays_alone_but_for_a_humans_word(tmp_path):
    with open_gallery(tmp_path / "few", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, people=range(3))
        report = link_gallery(gallery)
        assert (report.threshold, report.n_people, len(partition(gallery))) == (None, 0, 6)
        confirm(gallery, "door/1", "yard/1")
        assert len(partition(gallery)) == 5
        link_gallery(gallery)
        assert of(gallery, "door/1") == of(gallery, "yard/1")


def test_an_empty_gallery_links_nobody(tmp_path):
    with open_gallery(tmp_path / "empty", write=True, create_with=MODEL) as gallery:
        assert link_gallery(gallery).n_tracklets == 0


def test_a_share_that_is_larger_links_no_less(folder):
    shares = (STRANGERS / 2, STRANGERS, 2 * STRANGERS, 1.0)
    with open_gallery(folder, write=True) as gallery:
        pairs = [link_gallery(gallery, strangers=share).n_pairs for share in shares]
    assert pairs == sorted(pairs)


def test_a_gallery_that_was_opened_to_be_read_is_not_linked(folder):
    with open_gallery(folder) as gallery, pytest.raises(GalleryError, match="opened for writing"):
        link_gallery(gallery)


def test_an_end_at_any_moment_leaves_the_people_of_before(folder: Path, monkeypatch):
    with open_gallery(folder, write=True) as gallery:
        link_gallery(gallery)
        reject(gallery, "door/1", "yard/1")
        name(gallery, of(gallery, "door/2"), "Ann")
        link_gallery(gallery)
        before = partition(gallery)
        connection, change = gallery.store._connection, SqlitePeople.change
        steps, last = 0, 10**9

        def one_more() -> int:
            nonlocal steps
            steps += 1
            return int(steps == last + 1)  # once: the rollback after it must run

        def changed(*words):
            nonlocal steps
            steps = 0
            connection.set_progress_handler(one_more, 1)
            try:
                change(*words)
            finally:
                connection.set_progress_handler(None, 0)

        monkeypatch.setattr(SqlitePeople, "change", changed)
        link_gallery(gallery, strangers=1e-6)
        n_steps = steps
        assert len(partition(gallery)) > len(before)
        link_gallery(gallery)
        assert partition(gallery) == before
        for moment in range(0, n_steps, n_steps // 12):
            last = moment
            with pytest.raises(GalleryError):
                link_gallery(gallery, strangers=1e-6)
            assert partition(gallery) == before
    with open_gallery(folder) as gallery:
        assert partition(gallery) == before


def test_a_person_is_gone_with_its_last_tracklet_and_its_name_with_it(folder):
    with open_gallery(folder, write=True) as gallery:
        link_gallery(gallery)
        person = of(gallery, "door/3")
        name(gallery, person, "Ann Example", note="seen often")
        reject(gallery, "door/3", "door/4")
        delete_tracklets(gallery, names=["door/3"])
        assert gallery.tracklet("yard/3").person == "Ann Example"
        link_gallery(gallery)
        assert gallery.tracklet("yard/3").person == "Ann Example"
        delete_tracklets(gallery, names=["yard/3"])
        assert person not in partition(gallery)
        assert gallery.store.people().decisions() == ()
        link_gallery(gallery)
        assert max(partition(gallery)) <= 12
        fill_cameras(gallery, ["car park"], people=[15], second=60)
        link_gallery(gallery)
        assert of(gallery, "car park/1") == 13
    assert b"Ann Example" not in (folder / "gallery.sqlite").read_bytes()


def test_who_is_seen_in_the_records(folder):
    with open_gallery(folder, write=True) as gallery:
        assert gallery.tracklet("door/1").person_id is None
        link_gallery(gallery)
        name(gallery, of(gallery, "door/1"), "Bo")
        shown = gallery.tracklet("yard/1")
        assert (shown.person, shown.person_id) == ("Bo", of(gallery, "door/1"))
        log = [(entry.action, entry.detail) for entry in gallery.store.people().log()]
    assert log == [
        ("index", "source 1 of camera door"),
        ("index", "source 2 of camera yard"),
        ("link", "24 tracklets, 12 people"),
        ("name", "person 1"),
    ]


@pytest.mark.parametrize(("n_far", "is_one"), [(10, False), (9, True)])
def test_two_who_met_and_were_far_apart_for_long_are_two(folder, n_far, is_one):
    """They look the same; one stands, the other is before it for five frames, then far off."""
    frames = np.arange(5 + n_far)
    here, there = (np.float32([left, 0, left + 30, 80]) for left in (0, 200))
    times = {"frames": frames, "seconds": 60 + frames / 10, "n_frames": len(frames)}
    ends = {"first_seconds": 60.0, "last_seconds": 60 + frames[-1] / 10}
    with open_gallery(folder, write=True) as gallery:
        source = gallery.begin_source(new_source("gate"))
        standing = replace(walk(500, 0), boxes=np.tile(here, (len(frames), 1)), **times, **ends)
        boxes = np.stack([here] * 5 + [there] * n_far)
        passing = replace(standing, number=501, boxes=boxes)
        gallery.add(source.id, [standing, passing], fingerprint=MODEL.fingerprint)
        gallery.finish_source(source.id)
        link_gallery(gallery)
        assert (of(gallery, "gate/1") == of(gallery, "gate/2")) == is_one
        reject(gallery, "gate/1", "gate/2")
        confirm(gallery, "gate/1", "gate/2")
        assert of(gallery, "gate/1") == of(gallery, "gate/2"), "a human's word stands above"
