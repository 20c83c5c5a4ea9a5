from __future__ import annotations

from dataclasses import replace

import pytest

from tacan.gallery import delete_tracklets, open_gallery
from tacan.linking import cannot_tell, confirm, link_gallery, reject, undo
from tacan.linking.review import WIDEST, review
from tacan.linking.unsure import find_unsure_links
from tests.gallery.conftest import MODEL, new_source

from .conftest import fill_cameras, of, partition, walk


def test_the_nearest_to_the_border_is_asked_first_and_what_was_answered_no_more(tmp_path):
    with open_gallery(tmp_path / "gallery", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, spread=1.5)
        assert review(gallery) == ()
        link_gallery(gallery)
        doubts = review(gallery)
        assert 2 < len(doubts) <= 10
        margins = [abs(doubt.distance**2 - doubt.threshold**2) for doubt in doubts]
        assert margins == sorted(margins)
        assert margins[-1] <= WIDEST * doubts[0].threshold ** 2
        for doubt in doubts:
            same = of(gallery, doubt.one.name) == of(gallery, doubt.other.name)
            assert same == doubt.is_linked
            assert doubt.is_linked <= (doubt.distance <= doubt.threshold)
            assert doubt.settles >= 1
        # No question whose answer is certain: one camera saw both at once.
        assert all(doubt.one.camera != doubt.other.camera for doubt in doubts)
        for doubt in doubts[:3]:
            (confirm if doubt.is_linked else reject)(gallery, doubt.one.name, doubt.other.name)
        answered = {frozenset((d.one.name, d.other.name)) for d in doubts[:3]}
        left = {frozenset((d.one.name, d.other.name)) for d in review(gallery)}
        assert not answered & left


def test_who_was_not_linked_because_a_certain_stranger_is_closer_is_asked(tmp_path):
    with open_gallery(tmp_path / "gallery", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, spread=4)
        link_gallery(gallery, strangers=0.2)
        doubts = review(gallery, top=100)
        contested = [doubt for doubt in doubts if doubt.is_contested]
        assert contested
        for doubt in contested:
            assert of(gallery, doubt.one.name) != of(gallery, doubt.other.name)
        confirm(gallery, contested[0].one.name, contested[0].other.name)
        assert of(gallery, contested[0].one.name) == of(gallery, contested[0].other.name)


@pytest.mark.parametrize("spread", [1.5, 2, 4])
def test_fewer_questions_are_the_first_of_more(tmp_path, spread):
    with open_gallery(tmp_path / "gallery", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, people=range(20), spread=spread)
        link_gallery(gallery, strangers=0.2)
        most = review(gallery, top=1000)
        for top in (1, 2, 3, 10):
            # Who can't be one is no question, and takes no question's place.
            assert review(gallery, top=top) == most[:top]


def test_whoever_is_deleted_meanwhile_is_not_asked_about(tmp_path, monkeypatch):
    with open_gallery(tmp_path / "gallery", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, spread=1.5)
        link_gallery(gallery)
        doubts = review(gallery)
        gone = doubts[0].one.id
        read = type(gallery.store).tracklets

        def without(self, ids):
            return tuple(found for found in read(self, ids) if found.id != gone)

        monkeypatch.setattr(type(gallery.store), "tracklets", without)
        assert review(gallery) == tuple(d for d in doubts if gone not in (d.one.id, d.other.id))
        assert all(gone not in (d.one.id, d.other.id) for d in find_unsure_links(gallery).links)


def asked(gallery) -> set[frozenset[str]]:
    return {frozenset((doubt.one.name, doubt.other.name)) for doubt in review(gallery, top=100)}


def test_what_cant_be_told_is_asked_again_only_when_there_is_more_of_the_two(tmp_path):
    with open_gallery(tmp_path / "gallery", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, spread=1.5)
        link_gallery(gallery)
        before, people = asked(gallery), partition(gallery)
        two = next(doubt for doubt in review(gallery, top=100) if not doubt.is_linked)
        one = next(doubt for doubt in review(gallery, top=100) if doubt.is_linked)
        for doubt in (two, one):
            cannot_tell(gallery, doubt.other.name, doubt.one.name)
            assert partition(gallery) == people
            assert frozenset((doubt.one.name, doubt.other.name)) not in asked(gallery)
        assert len(asked(gallery)) >= len(before) - 2
        link_gallery(gallery)
        assert frozenset((two.one.name, two.other.name)) not in asked(gallery)
        decision, _ = undo(gallery)
        assert decision.kind == "unsure"
        assert frozenset((one.one.name, one.other.name)) in asked(gallery)

        # A third camera sees one of the two: that is more than they could tell by.
        source = gallery.begin_source(new_source("gate"))
        again = replace(walk(500, 0), embedding=gallery.vector(two.one.id).copy())
        gallery.add(source.id, [again], fingerprint=MODEL.fingerprint)
        gallery.finish_source(source.id)
        link_gallery(gallery)
        confirm(gallery, two.one.name, "gate/1")
        (kept,) = gallery.store.people().decisions()[0].unsure
        assert kept == (two.other.id, two.one.id)
        sides = {of(gallery, name) for name in ("gate/1", two.other.name)}
        assert len(sides) == 2
        assert sides in [{of(gallery, name) for name in pair} for pair in asked(gallery)]


def test_what_cant_be_told_goes_with_its_tracklets(tmp_path):
    with open_gallery(tmp_path / "gallery", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, spread=1.5)
        link_gallery(gallery)
        doubt = review(gallery)[0]
        cannot_tell(gallery, doubt.one.name, doubt.other.name)
        delete_tracklets(gallery, names=[doubt.one.name])
        assert gallery.store.people().decisions() == ()
