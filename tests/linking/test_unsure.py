from __future__ import annotations

import numpy as np

from tacan.gallery import open_gallery
from tacan.linking import confirm, link_gallery
from tacan.linking.unsure import find_unsure_links
from tests.gallery.conftest import MODEL

from .conftest import fill_cameras, partition


def pairs_together(gallery) -> set[frozenset[str]]:
    return {
        frozenset((one, other))
        for each in partition(gallery).values()
        for one in each
        for other in each
        if one != other
    }


def test_unsure_is_what_half_or_twice_the_share_would_decide_otherwise(tmp_path):
    with open_gallery(tmp_path / "gallery", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, people=range(18), spread=3)
        found = {}
        for share in (0.005, 0.02, 0.01):
            link_gallery(gallery, strangers=share)
            found[share] = pairs_together(gallery)
        unsure = find_unsure_links(gallery)
        named = {
            linked: {
                frozenset((d.one.name, d.other.name)) for d in unsure.links if d.is_linked == linked
            }
            for linked in (True, False)
        }
        assert found[0.005] < found[0.01] < found[0.02], "or the test tells nothing"
        # Pairs of two, so that every link is a pair of tracklets.
        assert named[True] == found[0.01] - found[0.005]
        assert named[False] <= found[0.02] - found[0.01]
        assert named[False]
        ids = {t.name: t.id for t in gallery.tracklets()}
        for pair in found[0.01]:
            assert unsure.is_unsure(*(ids[name] for name in pair)) == (pair in named[True])
        for doubt in unsure.links:
            # Who is not linked may be within the threshold, where somebody else is closer.
            assert not doubt.is_linked or doubt.distance <= doubt.threshold
        # A human's word is sure.
        doubt = unsure.links[0]
        confirm(gallery, doubt.one.name, doubt.other.name)
        assert not find_unsure_links(gallery).is_unsure(doubt.one.id, doubt.other.id)


def test_a_person_of_several_parts_is_joined_by_a_tree_of_the_closest(tmp_path):
    with open_gallery(tmp_path / "gallery", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, ["a", "b", "c", "d"], people=range(20), spread=2)
        link_gallery(gallery, strangers=0.003)
        unsure = find_unsure_links(gallery)
        people = [set(person.tracklets) for person in gallery.store.people().persons()]
        links = [(d.one.id, d.other.id) for d in unsure.links if d.is_linked]
        for tracklets in people:
            parts = {unsure.part_of[each] for each in tracklets}
            inside = [pair for pair in links if set(pair) <= tracklets]
            assert len(inside) == len(parts) - 1
            assert len({unsure.part_of[each] for pair in inside for each in pair}) in (
                0,
                len(parts),
            )
        assert len(links) > 5


def test_nothing_is_unsure_where_nothing_was_linked(folder):
    with open_gallery(folder, write=True) as gallery:
        assert find_unsure_links(gallery).links == ()
        link_gallery(gallery)
        assert np.isin([each.id for each in gallery.tracklets()],
                       list(find_unsure_links(gallery).part_of)).all()  # fmt: skip
