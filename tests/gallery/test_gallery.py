from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from tacan.errors import DataError, GalleryError, GalleryModelError
from tacan.gallery import TrackletFilter, open_gallery

from .conftest import MODEL, NOON, crop_bytes, fill, new_source, new_tracklet


@pytest.fixture
def gallery(tmp_path):
    with open_gallery(tmp_path / "g", write=True, create_with=MODEL) as opened:
        yield opened


def add(gallery, source_id, *tracklets):
    return gallery.add(source_id, tracklets, fingerprint=MODEL.fingerprint)


def test_a_tracklet_comes_back_as_it_went_in(gallery):
    source = gallery.begin_source(new_source())
    new = replace(new_tracklet(4, n=7, n_crops=3), person="Ann")
    assert add(gallery, source.id, new) == 1
    stored = gallery.tracklet("door/1")
    assert (stored.number, stored.n_frames, stored.quality, stored.person) == (4, 7, 0.5, "Ann")
    assert stored.start == NOON + timedelta(seconds=4)
    assert stored.end == NOON + timedelta(seconds=4.6)
    assert stored.n_crops == 3
    path = gallery.trajectory(stored.id)
    for name in ("frames", "seconds", "boxes", "clip_weights", "clip_frames"):
        np.testing.assert_array_equal(getattr(path, name), getattr(new, name))
        assert getattr(path, name).dtype == getattr(new, name).dtype
    np.testing.assert_array_equal(gallery.vector(stored.id), new.embedding)
    for position, (crop, given) in enumerate(zip(gallery.crops(stored.id), new.crops, strict=True)):
        assert crop.path.read_bytes() == given.jpeg == crop_bytes(4, position)
        assert (crop.frame, crop.seconds, crop.sharpness) == (
            given.frame,
            given.seconds,
            given.sharpness,
        )
        np.testing.assert_array_equal(np.float32(crop.box), given.box)


def test_a_source_comes_back_as_it_went_in_and_is_begun_once(gallery):
    new = new_source(fps=25.0, width=640, height=480, duration=60.0)
    source = gallery.begin_source(new)
    for name in new.__dataclass_fields__:
        assert getattr(source, name) == getattr(new, name)
    assert source.state == "indexing"
    assert gallery.begin_source(replace(new, path="/elsewhere.mp4")) == source
    gallery.finish_source(source.id)
    assert gallery.begin_source(new).state == "done"
    assert gallery.begin_source(replace(new, settings={"stride": 3})).id != source.id
    assert gallery.begin_source(replace(new, camera="yard")).id != source.id
    assert gallery.begin_source(replace(new, sha256="0" * 64)).id != source.id
    assert len(gallery.sources()) == 4


def test_the_order_of_settings_is_no_difference(gallery):
    one = gallery.begin_source(new_source(settings={"a": 1, "b": 2}))
    assert gallery.begin_source(new_source(settings={"b": 2, "a": 1})) == one


def test_adding_a_number_again_changes_nothing(gallery):
    source = gallery.begin_source(new_source())
    assert add(gallery, source.id, new_tracklet(1), new_tracklet(2)) == 2
    other = replace(new_tracklet(9), number=2)
    assert add(gallery, source.id, new_tracklet(1), other, new_tracklet(3), new_tracklet(3)) == 1
    assert gallery.committed_numbers(source.id) == {1, 2, 3}
    assert [t.name for t in gallery.tracklets()] == ["door/1", "door/2", "door/3"]
    np.testing.assert_array_equal(gallery.vector(2), new_tracklet(2).embedding)
    assert gallery.crops(2)[0].path.read_bytes() == crop_bytes(2, 0)
    gallery.finish_source(source.id)
    assert add(gallery, source.id, new_tracklet(1)) == 0


def test_a_source_that_is_done_gets_no_more(gallery):
    source_id = fill(gallery)
    with pytest.raises(GalleryError, match="must not get new tracklets"):
        add(gallery, source_id, new_tracklet(50))


def test_names_count_through_the_sources_of_a_camera(gallery):
    fill(gallery, "door", [5, 6])
    fill(gallery, "door", [5], sha256="1" * 64)
    fill(gallery, "yard", [5])
    assert [t.name for t in gallery.tracklets()] == ["door/1", "door/2", "door/3", "yard/1"]
    assert gallery.tracklet("door/3").number == 5


@pytest.mark.parametrize(
    "name", ["door/9", "door", "yard/1", "door/-1", "door/1x", "", "door/" + "9" * 30]
)
def test_an_unknown_name_is_an_expected_error(gallery, name):
    fill(gallery)
    with pytest.raises(GalleryError, match="named CAMERA/NUMBER"):
        gallery.tracklet(name)
    with pytest.raises(GalleryError):
        gallery.vector(77)
    with pytest.raises(GalleryError):
        gallery.trajectory(77)


@pytest.mark.parametrize("camera", ["", " door", "a/b", "a\nb", "a\0b"])
def test_a_camera_must_have_a_plain_name(gallery, camera):
    with pytest.raises(GalleryError, match="plain text"):
        gallery.begin_source(new_source(camera))
    assert gallery.begin_source(new_source("Eingang Süd 2")).camera == "Eingang Süd 2"


def test_a_start_without_time_zone_is_refused(gallery):
    with pytest.raises(GalleryError, match="must have a time zone"):
        gallery.begin_source(new_source(start=datetime(2026, 11, 22)))
    assert gallery.sources() == ()


def test_timestamps_are_unknown_where_the_start_is(gallery):
    fill(gallery, start=None)
    assert {(t.start, t.end) for t in gallery.tracklets()} == {(None, None)}
    assert gallery.info().first is None


def test_vectors_of_another_model_are_refused(gallery):
    source = gallery.begin_source(new_source())
    with pytest.raises(GalleryModelError, match="gallery's model"):
        gallery.add(source.id, [new_tracklet(1)], fingerprint="other")
    wide = replace(new_tracklet(1), embedding=np.ones(9, np.float32))
    with pytest.raises(GalleryModelError, match="must have 8 numbers"):
        add(gallery, source.id, wide)
    assert gallery.info().n_tracklets == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"embedding": np.full(8, np.nan, np.float32)},
        {"embedding": np.full(8, 1e39)},
        {"boxes": np.zeros((4, 4), np.float32)},
        {"clip_weights": np.ones(3, np.float32)},
        {"quality": 1.5},
        {"quality": float("nan")},
        {"number": -1},
        {"last_seconds": 0.0},
    ],
)
def test_a_tracklet_that_contradicts_itself_is_refused_and_none_is_added(gallery, wrong):
    source = gallery.begin_source(new_source())
    with pytest.raises(DataError):
        add(gallery, source.id, new_tracklet(1), replace(new_tracklet(2), **wrong))
    assert gallery.committed_numbers(source.id) == frozenset()
    assert not (gallery.folder / "crops").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/videos/\udcff.mp4"},
        {"name": "\udcff.mp4"},
        {"settings": {"detector": ["a", {"file": "\udcff"}]}},
    ],
)
def test_a_name_that_is_not_utf_8_is_refused(gallery, changes):
    with pytest.raises(GalleryError, match="must be text in UTF-8"):
        gallery.begin_source(new_source(**changes))


def test_an_unknown_source_is_an_expected_error(gallery):
    for call in (
        lambda: add(gallery, 9, replace(new_tracklet(1), crops=())),
        lambda: gallery.finish_source(9),
        lambda: gallery.save_detections(9, 0, b""),
    ):
        with pytest.raises(GalleryError, match="must be begun"):
            call()


def test_the_journal_of_detections_lasts_until_the_source_is_done(gallery):
    source = gallery.begin_source(new_source())
    gallery.save_detections(source.id, 64, b"later")
    gallery.save_detections(source.id, 0, b"first")
    gallery.save_detections(source.id, 64, b"again")
    assert gallery.read_detections(source.id) == ((0, b"first"), (64, b"again"))
    gallery.finish_source(source.id)
    assert gallery.read_detections(source.id) == ()


def test_filters_choose_tracklets(gallery):
    fill(gallery, "door", [1, 2, 3])  # seen at 1.0 to 1.4 s, 2.0 to 2.4 s, ...
    fill(gallery, "yard", [4], start=None)

    def names(**conditions):
        return [t.name for t in gallery.tracklets(TrackletFilter(**conditions))]

    def at(seconds):
        return NOON + timedelta(seconds=seconds)

    assert names() == ["door/1", "door/2", "door/3", "yard/1"]
    assert names(cameras=("yard",)) == names(exclude_cameras=("door",)) == ["yard/1"]
    assert names(cameras=()) == []
    assert names(after=at(2.4)) == ["door/2", "door/3"]
    assert names(after=at(2.5)) == ["door/3"]
    assert names(before=at(2)) == ["door/1"]
    assert names(before=at(2.1)) == ["door/1", "door/2"]
    assert names(min_quality=0.5) == names()
    assert names(min_quality=0.6) == []
    assert names(exclude=frozenset({1, 3})) == ["door/2", "yard/1"]
    with pytest.raises(GalleryError, match=r"got 'roof'\. Known are door, yard"):
        names(cameras=("door", "roof"))
    with pytest.raises(GalleryError, match="time zone"):
        names(after=datetime(2026, 11, 22))


def test_the_numbers_of_a_gallery(gallery):
    fill(gallery, "door", [1, 2])
    fill(gallery, "yard", [], done=False)
    source = gallery.begin_source(new_source("yard"))
    add(gallery, source.id, replace(new_tracklet(1), person="Ann", crops=()))
    add(gallery, source.id, replace(new_tracklet(2), person="Ann", crops=()))
    info = gallery.info()
    assert (info.n_tracklets, info.n_cameras, info.n_persons) == (4, 2, 1)
    assert (info.n_sources, info.n_sources_done, info.n_crops) == (2, 1, 4)
    assert info.cameras == ("door", "yard")
    assert info.first == NOON + timedelta(seconds=1)
    assert info.last == NOON + timedelta(seconds=2.4)
    assert info.n_bytes > 4 * 300


def test_an_empty_gallery_answers(gallery):
    assert gallery.info().n_tracklets == 0
    assert list(gallery.tracklets()) == []
    ids, matrix = gallery.vectors()
    assert ids.shape == (0,)
    assert matrix.shape == (0, 8)
