from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tacan.errors import GalleryError
from tacan.gallery import open_gallery
from tacan.gallery.cannot_link import seen_at_once
from tacan.linking import confirm, link_gallery, merge, name, reject, split, undo
from tacan.linking.words import Groups, standing_judgements

from .conftest import of, partition


@pytest.fixture
def gallery(folder):
    with open_gallery(folder, write=True) as opened:
        link_gallery(opened)
        yield opened


def test_reject_and_undo(gallery):
    before = partition(gallery)
    concerned = reject(gallery, "door/1", "yard/1")
    assert of(gallery, "door/1") != of(gallery, "yard/1")
    assert {person.id for person in concerned} == {of(gallery, "door/1"), of(gallery, "yard/1")}
    link_gallery(gallery)
    assert of(gallery, "door/1") != of(gallery, "yard/1")
    decision, _ = undo(gallery)
    assert (decision.kind, partition(gallery)) == ("reject", before)
    with pytest.raises(GalleryError, match="must be a decision to be taken back"):
        undo(gallery)


def test_confirm_holds_against_looks_and_against_what_the_camera_saw(gallery):
    confirm(gallery, "door/1", "yard/2")
    confirm(gallery, "door/5", "door/6")
    link_gallery(gallery)
    assert of(gallery, "door/1") == of(gallery, "yard/2")
    assert of(gallery, "door/5") == of(gallery, "door/6")


def test_a_merger_keeps_the_first_ones_id_and_either_name(gallery):
    before = partition(gallery)
    name(gallery, 9, "Bo")
    merge(gallery, 2, 9)
    assert partition(gallery)[2] == before[2] | before[9]
    assert gallery.tracklet("door/9").person == "Bo"
    link_gallery(gallery)
    assert partition(gallery)[2] == before[2] | before[9]
    undo(gallery)
    assert partition(gallery) == before
    assert (gallery.tracklet("door/9").person, gallery.tracklet("door/2").person) == ("Bo", None)


def test_a_split_leaves_name_and_id_with_those_that_stay(gallery):
    name(gallery, 4, "Ann")
    anchor = next(p.anchor for p in gallery.store.people().persons() if p.id == 4)
    (of_name,) = gallery.store.names([anchor])
    other = next(each for each in partition(gallery)[4] if each != of_name)
    split(gallery, 4, [of_name])
    assert (of(gallery, other), gallery.tracklet(other).person) == (4, "Ann")
    assert gallery.tracklet(of_name).person is None
    link_gallery(gallery)
    assert (of(gallery, other), gallery.tracklet(other).person) == (4, "Ann")


def test_names_keep_people_apart_and_stay_with_their_anchor(gallery):
    name(gallery, 1, "Ann")
    name(gallery, 2, "Bo")
    link_gallery(gallery, strangers=1.0)
    assert {gallery.tracklet(t).person for t in ("door/1", "door/2")} == {"Ann", "Bo"}
    with pytest.raises(GalleryError, match=r"merge \S+ 2 1"):
        name(gallery, 1, "Bo")
    name(gallery, 1, None)
    assert gallery.tracklet("door/1").person is None
    undo(gallery)
    assert gallery.tracklet("door/1").person == "Ann"


@pytest.mark.parametrize("called", ["", " ", "a ", "a\nb", "a\x1b[31m", "x" * 201])
def test_a_name_is_plain_text(gallery, called):
    with pytest.raises(GalleryError, match="a name must be plain text"):
        name(gallery, 1, called)


def test_what_is_not_there_is_refused(gallery):
    with pytest.raises(GalleryError, match="person 99"):
        merge(gallery, 1, 99)
    with pytest.raises(GalleryError, match="two must be named"):
        merge(gallery, 1, 1)
    with pytest.raises(GalleryError, match="two must be named"):
        confirm(gallery, "door/1", "door/1")
    with pytest.raises(GalleryError, match="CAMERA/NUMBER"):
        reject(gallery, "door/1", "door/99")
    with pytest.raises(GalleryError, match="only tracklets of person 1"):
        split(gallery, 1, ["door/2"])
    with pytest.raises(GalleryError, match="some be left"):
        split(gallery, 1, sorted(partition(gallery)[1]))


def test_a_gallery_must_be_linked_first(folder):
    with (
        open_gallery(folder, write=True) as opened,
        pytest.raises(GalleryError, match="tacan link"),
    ):
        confirm(opened, "door/1", "yard/1")


TRACKLETS = st.sampled_from([f"{camera}/{n}" for camera in ("door", "yard") for n in range(1, 13)])
STEP = st.one_of(
    st.tuples(st.sampled_from([confirm, reject]), TRACKLETS, TRACKLETS),
    st.tuples(st.just(merge), st.integers(1, 14), st.integers(1, 14)),
    st.tuples(st.just(split), st.integers(1, 14), st.lists(TRACKLETS, min_size=1, max_size=2)),
    st.tuples(st.just(link_gallery)),
    st.tuples(st.just(undo)),
)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STEP, min_size=1, max_size=8))
def test_a_humans_word_is_never_overruled_and_every_decision_can_be_undone(tmp_path_factory, steps):
    from tests.gallery.conftest import MODEL

    from .conftest import fill_cameras

    folder = tmp_path_factory.mktemp("words") / "gallery"
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, spread=1.5)
        link_gallery(gallery)
        for function, *words in steps:
            before = partition(gallery)
            try:
                function(gallery, *words)
            except GalleryError:
                assert partition(gallery) == before
                continue
            check(gallery)
            if function not in (undo, link_gallery):
                after = partition(gallery)
                undo(gallery)
                assert partition(gallery) == before
                function(gallery, *words)
                assert {frozenset(each) for each in partition(gallery).values()} == {
                    frozenset(each) for each in after.values()
                }


def check(gallery) -> None:
    """Everybody is one person, all that was said holds, and so do the strangers elsewhere."""
    decisions = gallery.store.people().decisions()
    standing = standing_judgements([said for d in decisions for said in d.judgements])
    person = {t.id: t.person_id for t in gallery.tracklets()}
    assert None not in person.values()
    together = Groups((said.one, said.other) for said in standing if said.same)
    for said in standing:
        assert (person[said.one] == person[said.other]) == said.same
    index = gallery.index()
    for one, other in index.columns.ids[
        seen_at_once(index.columns, gallery.store).strangers
    ].tolist():
        assert person[one] != person[other] or together.of(one) == together.of(other)
