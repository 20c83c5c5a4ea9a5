"""Merging galleries: the same as if all had been indexed into one; kills, conflicts, refusals."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacan.errors import GalleryError, GalleryModelError
from tacan.gallery import (
    delete_tracklets,
    merge_gallery,
    open_gallery,
    set_retention,
    verify_gallery,
)
from tacan.gallery.audit_log import log_entry
from tacan.gallery.merge import TRACKLETS_AT_ONCE
from tacan.gallery.person_records import PeopleChange
from tacan.linking import decide
from tacan.linking.link import link_gallery
from tests.indexing.galleries import contents
from tests.linking.conftest import fill_cameras

from .conftest import MODEL, fill


def made(folder, *cameras, **how):
    """A gallery with the given cameras, each with its own numbers."""
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        for camera, numbers in cameras:
            fill(gallery, camera, numbers, **how)
    return folder


def merged(into, *others):
    with open_gallery(into, write=True, create_with=MODEL) as gallery:
        reports = []
        for path in others:
            with open_gallery(path) as other:
                reports.append(merge_gallery(gallery, other))
        assert verify_gallery(gallery).problems == ()
    return reports


def unchanged_files(folder):
    return {
        file.relative_to(folder): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and not file.name.endswith(("-wal", "-shm"))
    }


numbers = st.lists(st.integers(1, 400), min_size=0, max_size=6, unique=True)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), numbers), min_size=1, max_size=4))
def test_a_merger_is_the_gallery_that_indexing_into_one_gives(tmp_path_factory, filled):
    folder = tmp_path_factory.mktemp("merge")
    videos = [
        (camera, given, {"sha256": f"{place:0>64}", "path": f"/videos/{place}.mp4"})
        for place, (camera, given) in enumerate(filled)
    ]
    parts = []
    with open_gallery(folder / "one", write=True, create_with=MODEL) as one:
        for place, (camera, given, how) in enumerate(videos):
            fill(one, camera, given, **how)
            with open_gallery(folder / str(place), write=True, create_with=MODEL) as part:
                fill(part, camera, given, **how)
            parts.append(folder / str(place))
    reports = merged(folder / "merged", *parts)
    assert contents(folder / "merged") == contents(folder / "one")
    assert [report.n_tracklets for report in reports] == [len(given) for _, given in filled]
    again = merged(folder / "merged", *parts)
    assert [(report.n_sources, report.n_tracklets, report.conflicts) for report in again] == [
        (0, 0, ())
    ] * len(parts)
    assert contents(folder / "merged") == contents(folder / "one")


def test_the_other_gallery_is_not_changed_by_one_byte(tmp_path):
    other = made(tmp_path / "other", ("door", range(1, 4)))
    shutil.rmtree(other / "vectors")  # a reader would make them anew
    before = unchanged_files(other)
    merged(tmp_path / "into", other)
    assert unchanged_files(other) == before


class KilledError(BaseException):
    pass


@pytest.mark.parametrize("moment", range(1, 12))
def test_a_killed_merge_goes_on_and_ends_as_one_that_was_left_alone(tmp_path, monkeypatch, moment):
    other = tmp_path / "other"
    with open_gallery(other, write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, people=range(6))
        link_gallery(gallery)
        decide.name(gallery, gallery.store.people().persons()[0].id, "Anna", note="tall")
        decide.reject(gallery, "door/2", "yard/3")
        decide.confirm(gallery, "door/4", "yard/4")
    monkeypatch.setattr("tacan.gallery.merge.TRACKLETS_AT_ONCE", 5)
    merged(tmp_path / "alone", other)
    calls = 0

    def counting(method):
        def call(*arguments, **options):
            nonlocal calls
            calls += 1
            if calls == moment:
                raise KilledError
            return method(*arguments, **options)

        return call

    with open_gallery(tmp_path / "killed", write=True, create_with=MODEL) as into:
        people = into.store.people()
        for name in ("begin_source", "add", "finish_sources"):
            monkeypatch.setattr(into.store, name, counting(getattr(into.store, name)))
        monkeypatch.setattr(people, "change", counting(people.change))
        monkeypatch.setattr(into.store, "people", lambda: people)
        with open_gallery(other) as opened:
            try:
                merge_gallery(into, opened)
            except KilledError:
                pass
            else:
                assert calls < moment
    merged(tmp_path / "killed", other)
    assert contents(tmp_path / "killed") == contents(tmp_path / "alone")
    assert people_of(tmp_path / "killed") == people_of(tmp_path / "alone") == people_of(other)


def people_of(folder):
    """People, names and decisions, by the names of tracklets."""
    with open_gallery(folder) as gallery:
        store = gallery.store

        def names(ids):
            return tuple(sorted(store.names(list(ids))))

        people = store.people()
        return (
            {(names(p.tracklets), p.name, p.note, p.anchor and names([p.anchor]))
             for p in people.persons()},
            [
                (d.time, d.who, d.kind, {(*names((j.one, j.other)), j.same) for j in d.judgements})
                for d in people.decisions()
            ],
            people.linking(),
        )  # fmt: skip


def linked(folder, *cameras, travel=None, name=None):
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, cameras)
        link_gallery(gallery, travel=travel)
        if name is not None:
            decide.name(gallery, gallery.store.people().persons()[0].id, name)
    return folder


def test_people_come_as_they_are_and_what_was_decided_holds_when_all_are_linked(tmp_path):
    one = linked(tmp_path / "one", "door", "yard", name="Anna")
    with open_gallery(one, write=True) as gallery:
        decide.reject(gallery, "door/3", "yard/3")
    into = linked(tmp_path / "into", "hall")
    (report,) = merged(into, one)
    assert (report.n_people, report.n_decisions) == (13, 2)
    with open_gallery(into, write=True) as gallery:
        link_gallery(gallery)
        by_tracklet = {
            name: person
            for person in gallery.store.people().persons()
            for name in gallery.store.names(person.tracklets)
        }
        assert by_tracklet["door/1"] == by_tracklet["hall/1"] == by_tracklet["yard/1"]
        assert by_tracklet["hall/1"].name == "Anna"
        assert by_tracklet["door/3"] != by_tracklet["yard/3"]
        assert decide.undo(gallery)[0].kind == "reject"


def test_a_name_that_somebody_has_gets_a_number_and_ways_of_both_count(tmp_path):
    one = linked(
        tmp_path / "one", "door", "yard", name="Anna", travel={"door -> yard": "0 s to 1 h"}
    )
    into = linked(
        tmp_path / "into", "hall", "roof", name="Anna", travel={"hall -> roof": "0 s to 2 h"}
    )
    (report,) = merged(into, one)
    assert any("Anna (2)" in conflict for conflict in report.conflicts)
    with open_gallery(into) as gallery:
        people = gallery.store.people()
        assert [p.name for p in people.persons() if p.name] == ["Anna", "Anna (2)"]
        assert set(people.linking().travel) == {"door -> yard", "hall -> roof"}
    before = people_of(into)
    (again,) = merged(into, one)
    assert (again.n_people, again.conflicts) == (0, ())
    assert people_of(into) == before


def test_rules_on_ways_that_contradict_each_other_are_said_and_links_still_work(tmp_path):
    rules = {"door <-> yard": "at least 1 s", "all cameras": "never at once"}
    one = linked(tmp_path / "one", "door", "yard", travel=rules)
    into = linked(tmp_path / "into", "hall")
    (report,) = merged(into, one)
    assert "all cameras are said to see nobody at once" in report.conflicts[0]
    rules = {"yard -> roof": "at least 1 s", "door -> yard": "at most 9 s"}
    other = linked(tmp_path / "other", "door", "yard", "roof", travel=rules)
    (report,) = merged(into, other)
    assert "door <-> yard: at least 1 s is the rule here" in report.conflicts[0]
    with open_gallery(into, write=True) as gallery:
        assert dict(gallery.store.people().linking().travel) == {
            "door <-> yard": "at least 1 s",
            "yard -> roof": "at least 1 s",
        }
        link_gallery(gallery)


def test_what_is_here_stays_also_where_the_other_gallery_says_otherwise(tmp_path):
    one = linked(tmp_path / "one", "door", "yard", name="Anna")
    into = linked(tmp_path / "into", "door", name="Berta")
    (report,) = merged(into, one)
    assert (report.n_sources, report.n_known) == (1, 1)
    assert "called Berta here and Anna there" in report.conflicts[0]
    with open_gallery(into) as gallery:
        people = gallery.store.people().persons()
        assert len(people) == 12  # each from the yard joined whom the other gallery linked it to
        assert people[0].name == "Berta"


def test_two_people_of_the_other_gallery_never_become_one(tmp_path):
    one = linked(tmp_path / "one", "door", "yard")
    into = linked(tmp_path / "into", "door")
    with open_gallery(into, write=True) as gallery:
        first, second = gallery.store.people().persons()[:2]
        ids = (*first.tracklets, *second.tracklets)
        gallery.store.people().change(
            PeopleChange(groups=((first.id, ids),)), log_entry("merge", "by force")
        )
    (report,) = merged(into, one)
    assert "became a person of its own" in report.conflicts[0]
    with open_gallery(into) as gallery:
        of = {
            name: person.id
            for person in gallery.store.people().persons()
            for name in gallery.store.names(person.tracklets)
        }
        assert of["yard/1"] != of["yard/2"]


def test_a_source_that_is_not_finished_or_has_other_settings_is_left_and_said(tmp_path):
    other = tmp_path / "other"
    with open_gallery(other, write=True, create_with=MODEL) as gallery:
        fill(gallery, "door")
        fill(gallery, "yard", done=False)
    into = made(tmp_path / "into", ("door", range(1, 3)), settings={"stride": 9})
    (report,) = merged(into, other)
    assert report.n_sources == 0
    assert "other settings: this one stays" in report.conflicts[0]
    assert "is not finished" in report.conflicts[1]
    with open_gallery(other, write=True) as gallery:
        gallery.finish_source(2, damage="cut short")
    (report,) = merged(into, other)
    assert report.n_tracklets == 3
    with open_gallery(into) as gallery:
        assert [source.damage for source in gallery.sources()] == [None, "cut short"]


def test_numbers_of_a_camera_that_is_here_go_on_and_are_told(tmp_path):
    into = made(tmp_path / "into", ("door", range(1, 4)))
    other = made(tmp_path / "other", ("door", range(1, 3)), sha256="9" * 64)
    (report,) = merged(into, other)
    assert report.renamed == {"door/1": "door/4", "door/2": "door/5"}


def test_a_deleted_tracklet_does_not_come_back(tmp_path):
    other = made(tmp_path / "other", ("door", range(1, 4)))
    into = tmp_path / "into"
    merged(into, other)
    with open_gallery(into, write=True) as gallery:
        delete_tracklets(gallery, names=["door/2"])
    merged(into, other)
    with open_gallery(into) as gallery:
        assert [tracklet.name for tracklet in gallery.tracklets()] == ["door/1", "door/3"]


def test_crops_that_are_lost_are_counted_and_the_rest_comes(tmp_path):
    other = made(tmp_path / "other", ("door", range(1, 4)))
    files = sorted((other / "crops").rglob("*.jpg"))
    files[0].unlink()
    files[1].write_bytes(b"another")
    (report,) = merged(tmp_path / "into", other)
    assert (report.n_lost_crops, report.n_tracklets) == (2, 3)


def test_another_model_and_the_same_gallery_are_refused_before_anything_changes(tmp_path):
    into = made(tmp_path / "into", ("door", range(1, 4)))
    model = replace(MODEL, name="other", fingerprint="e" * 16)
    open_gallery(tmp_path / "other", write=True, create_with=model).close()
    before = contents(into)
    with pytest.raises(GalleryModelError, match="must be of the same model"):
        merged(into, tmp_path / "other")
    with (
        open_gallery(into, write=True) as gallery,
        open_gallery(into) as same,
        pytest.raises(GalleryError, match="into itself"),
    ):
        merge_gallery(gallery, same)
    assert contents(into) == before


def test_the_log_says_what_was_taken_and_a_stricter_rule_there_is_told(tmp_path):
    other = made(tmp_path / "other", ("door", range(1, 4)))
    with open_gallery(other, write=True) as gallery:
        set_retention(gallery, 30)
    into = made(tmp_path / "into", ("yard", range(1, 4)))
    (report,) = merged(into, other)
    assert "kept for 30 days there" in report.conflicts[0]
    with open_gallery(into) as gallery:
        last = gallery.store.people().log()[-1]
    assert last.action == "merge"
    assert last.detail.startswith("1 source, 3 tracklets of the gallery ")


def test_many_tracklets_are_read_in_parts(tmp_path):
    many = range(1, TRACKLETS_AT_ONCE + 30)
    other = made(tmp_path / "other", ("door", many), n_crops=0)
    told = []
    with (
        open_gallery(tmp_path / "into", write=True, create_with=MODEL) as into,
        open_gallery(other) as opened,
    ):
        merge_gallery(into, opened, progress=lambda done, total: told.append((done, total)))
    assert told == [(TRACKLETS_AT_ONCE, len(many)), (len(many), len(many))]
    assert contents(tmp_path / "into") == contents(other)
