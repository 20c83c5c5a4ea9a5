from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

from tacan.datasets import load_dataset
from tacan.errors import GalleryError, StorageError
from tacan.features.features_file import load_features
from tacan.gallery import export_csv, export_features, export_folder, open_gallery
from tacan.gallery.export import person_pids
from tacan.linking import link_gallery, name
from tacan.views.gallery_text import pids_note
from tests.gallery.conftest import MODEL, NOON, all_bytes, crop_bytes, new_source, new_tracklet
from tests.linking.conftest import fill_cameras, of


@pytest.fixture
def gallery(tmp_path):
    with open_gallery(tmp_path / "g", write=True, create_with=MODEL) as opened:
        for camera, people in (("door", ("7", None)), ("yard, left", ("12", "7"))):
            source = opened.begin_source(new_source(camera))
            tracklets = [
                replace(new_tracklet(number), person=person)
                for number, person in enumerate(people, start=1)
            ]
            opened.add(source.id, tracklets, fingerprint=MODEL.fingerprint)
        yield opened


def test_features_hold_every_tracklet(gallery, tmp_path):
    features = load_features(export_features(gallery, tmp_path / "f.npz"))
    np.testing.assert_array_equal(features.embeddings, gallery.vectors()[1])
    assert features.pids.tolist() == [7, -1, 12, 7]
    assert features.camids.tolist() == [1, 1, 2, 2]
    assert features.tracklet_ids.tolist() == ["door/1", "door/2", "yard, left/1", "yard, left/2"]
    assert features.is_query.all()
    assert features.is_gallery.all()
    assert features.clip_offsets.tolist() == [0, 2, 4, 6, 8]
    assert features.clip_weights.tolist() == [0.25, 0.75] * 4
    assert features.meta["model_fingerprint"] == MODEL.fingerprint
    assert features.meta["cameras"] == {"1": "door", "2": "yard, left"}


def test_the_folder_is_a_data_set(gallery, tmp_path):
    seen = []
    root = export_folder(gallery, tmp_path / "out", progress=lambda *at: seen.append(at))
    split = load_dataset("folder", root)
    assert [(t.pid, t.camid, len(t)) for t in split] == [
        (-1, 1, 2),
        (7, 1, 2),
        (7, 2, 2),
        (12, 2, 2),
    ]
    assert split.tracklets[2].path(1).read_bytes() == crop_bytes(2, 1)
    assert split.tracklets[2].tracklet_id == "0007C2T000004"
    assert seen[-1] == (4, 4)
    assert (root / "tracklets.csv").is_file()
    assert not any(path.name.startswith("-") for path in root.rglob("*")), "no option to anybody"


def test_pids_are_the_people_of_a_linked_gallery(tmp_path):
    with open_gallery(tmp_path / "g", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery)
        link_gallery(gallery)
        person = of(gallery, "door/3")
        name(gallery, person, "Bo's aunt")
        late = replace(new_tracklet(99), person="Al")
        source = gallery.begin_source(new_source("late"))
        gallery.add(source.id, [late, new_tracklet(100)], fingerprint=MODEL.fingerprint)
        features = load_features(export_features(gallery, tmp_path / "f.npz"))
        tracklets = list(gallery.tracklets())
        split = load_dataset("folder", export_folder(gallery, tmp_path / "out"))
        with export_csv(gallery, tmp_path / "t.csv").open(newline="", encoding="utf-8") as stream:
            lines = list(csv.DictReader(stream))
        note = pids_note(gallery)
    people = [each.person_id for each in tracklets]
    assert people[-2:] == [None, None]
    assert features.pids.tolist() == [*people[:-2], max(people[:-2]) + 1, -1]
    assert len({pid for pid in features.pids.tolist() if pid > 0}) < len(people), "some are linked"
    assert features.meta["people"] == {
        str(person): "Bo's aunt",
        str(features.pids[-2]): "Al",
    }
    # The walks of `fill_cameras` have no pictures.
    assert [t.pid for t in split] == [-1, features.pids[-2]]
    assert not any("aunt" in path.name for path in (tmp_path / "out").rglob("*"))
    assert [line["person_id"] for line in lines] == [str(each or "") for each in people]
    assert note is not None
    assert "agrees with itself" in note
    assert "1 of 26 tracklets" in note


def test_a_missing_crop_is_left_out_of_the_folder(gallery, tmp_path):
    gallery.crops(1)[0].path.unlink()
    split = load_dataset("folder", export_folder(gallery, tmp_path / "out"))
    assert [len(tracklet) for tracklet in split] == [2, 1, 2, 2]


def test_the_table_has_a_line_for_each(gallery, tmp_path):
    with export_csv(gallery, tmp_path / "t.csv").open(newline="", encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    assert [line["name"] for line in lines] == [t.name for t in gallery.tracklets()]
    assert lines[2]["camera"] == "yard, left"
    assert lines[1]["person"] == ""
    assert lines[0]["start"] == NOON.replace(second=1).isoformat()


def test_nothing_is_overwritten_and_nothing_empty_is_exported(gallery, make_gallery, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(GalleryError, match="new or empty folder"):
        export_folder(gallery, tmp_path / "mine")
    with open_gallery(make_gallery(name="empty")) as empty:
        for export in (export_features, export_folder):
            with pytest.raises(GalleryError, match="must have a tracklet"):
                export(empty, tmp_path / "out")
        assert export_csv(empty, tmp_path / "t.csv").read_text().count("\n") == 1


def test_a_person_whose_number_is_too_long_gets_another():
    names = ["9" * 5000, "7"]
    assert person_pids(names) == {"7": 1, "9" * 5000: 2}
    assert person_pids([str(2**63), None]) == {str(2**63): 1}
    assert person_pids([str(10**18 - 1)]) == {str(10**18 - 1): 10**18 - 1}


@pytest.mark.parametrize("export", [export_csv, export_features, export_folder])
@pytest.mark.parametrize("name", ["gallery.sqlite", "new", "crops/new", "deep/er/new"])
def test_nothing_is_exported_into_a_gallery(gallery, export, name):
    before = all_bytes(gallery.folder)
    with pytest.raises((GalleryError, StorageError), match="in a gallery|new or empty folder"):
        export(gallery, gallery.folder / name)
    assert all_bytes(gallery.folder) == before


def test_no_name_in_the_table_is_a_formula(gallery, tmp_path):
    source = gallery.begin_source(new_source("=cmd", name="+1.mp4"))
    person = replace(new_tracklet(9), person="@SUM(A1)")
    gallery.add(source.id, [person], fingerprint=MODEL.fingerprint)
    last = export_csv(gallery, tmp_path / "t.csv").read_text().splitlines()[-1]
    assert last.startswith("5,'=cmd/1,'=cmd,'+1.mp4,9,'@SUM(A1),")


def test_a_full_disk_is_an_expected_error(gallery, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(StorageError, match="No space left"):
        export_folder(gallery, tmp_path / "out")
