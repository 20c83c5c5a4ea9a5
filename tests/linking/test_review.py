from __future__ import annotations

from tacan.gallery import open_gallery
from tacan.linking import confirm, link_gallery, reject
from tacan.linking.review import WIDEST, review
from tests.gallery.conftest import MODEL

from .conftest import fill_cameras, of


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
            assert doubt.is_linked == (doubt.distance <= doubt.threshold)
            assert doubt.settles >= 1
        # No question whose answer is certain: one camera saw both at once.
        assert all(doubt.one.camera != doubt.other.camera for doubt in doubts)
        for doubt in doubts[:3]:
            (confirm if doubt.is_linked else reject)(gallery, doubt.one.name, doubt.other.name)
        answered = {frozenset((d.one.name, d.other.name)) for d in doubts[:3]}
        left = {frozenset((d.one.name, d.other.name)) for d in review(gallery)}
        assert not answered & left
