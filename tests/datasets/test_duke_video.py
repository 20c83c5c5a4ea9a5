from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import pytest

from tacan.datasets import DATASETS, WithdrawnDataWarning, load_dataset
from tacan.datasets.duke_video import parse_frame_name
from tacan.errors import DatasetLayoutError
from tacan.records import TrackletSplit

from .conftest import DUKE_TRACKLETS, write_crop, write_duke_video


def load(root: Path, split: str = "test") -> TrackletSplit:
    with pytest.warns(WithdrawnDataWarning, match="withdrawn by its authors in 2019"):
        return load_dataset("duke-video", root, split)


@pytest.mark.parametrize("underscores", [True, False])
def test_both_naming_schemes(tmp_path: Path, underscores: bool) -> None:
    root = write_duke_video(tmp_path / "duke", underscores=underscores)
    split = load(root)
    listed = [("query", *t[:3]) for t in DUKE_TRACKLETS["query"]]
    listed += [("gallery", *t[:3]) for t in DUKE_TRACKLETS["gallery"]]
    assert [(t.tracklet_id, t.pid, t.camid) for t in split] == [
        (f"{part}/{pid}/{tracklet}", int(pid), camera) for part, pid, tracklet, camera in listed
    ]
    assert split.is_query == (True, True, False, False, False, False, False)
    assert split.is_gallery == tuple(not query for query in split.is_query)
    assert all(t.path(i).is_file() for t in split for i in range(len(t)))
    train = load(root, "train")
    assert [(t.pid, t.camid, len(t)) for t in train] == [(1, 2, 3), (1, 5, 3)]
    assert not any(train.is_query + train.is_gallery)


def test_no_frame_is_lost_when_a_tracklet_begins_at_2(duke_root: Path) -> None:
    tracklet = load(duke_root).tracklets[0]
    frames = [parse_frame_name(name) for name in tracklet.frames]
    assert [frame.frame for frame in frames if frame] == [2, 3, 4]


def test_the_notice_stands_in_the_table_of_data_sets() -> None:
    assert "withdrawn" in str(DATASETS["duke-video"].notice)
    assert all(DATASETS[name].notice is None for name in DATASETS if name != "duke-video")


def test_distractors_keep_their_pid_and_are_marked_by_name() -> None:
    frame = parse_frame_name("5388_C8_F0001_D30823.jpg")
    assert frame is not None
    assert (frame.pid, frame.camid, frame.frame) == (5388, 8, 1)
    assert (frame.is_distractor, frame.video_frame) == (True, 30823)


@pytest.mark.parametrize(
    "name", ["0001C1T0001F001.jpg", "0001_C6_F0099_Y1.jpg", "0001_C6_F0099_X1.png", "1.jpg"]
)
def test_what_is_no_frame_name(name: str) -> None:
    assert parse_frame_name(name) is None


@pytest.mark.parametrize(
    ("stray", "said"),
    [
        ("query/0004/0001/portrait.jpg", "must be named like"),
        ("query/0004/0001/0005_C1_F0009_X9.jpg", "with its folder's pid"),
        ("query/0004/0001/0004_C1_F0003_X9.jpg", "each frame number once"),
        ("query/0004/0001/0004_C2_F0009_X9.jpg", r"\[\(4, 1\), \(4, 2\)\]"),
        ("query/0004/0004_C1_F0009_X9.jpg", "must lie in the folders of their tracklets"),
        ("query/0004_C1_F0009_X9.jpg", "must lie in the folders of their tracklets"),
    ],
)
def test_stray_crops(duke_root: Path, stray: str, said: str) -> None:
    write_crop(duke_root / stray)
    with pytest.warns(WithdrawnDataWarning), pytest.raises(DatasetLayoutError, match=said):
        load_dataset("duke-video", duke_root)


@pytest.mark.parametrize("folder", ["gallery/0004/0009", "gallery/0009"])
def test_empty_folders(duke_root: Path, folder: str) -> None:
    (duke_root / folder).mkdir(parents=True)
    with pytest.warns(WithdrawnDataWarning), pytest.raises(DatasetLayoutError, match=folder):
        load_dataset("duke-video", duke_root)


def test_a_missing_part(duke_root: Path) -> None:
    shutil.rmtree(duke_root / "query")
    with pytest.raises(DatasetLayoutError, match="lacks query"):
        load_dataset("duke-video", duke_root)


def test_generated_people_were_never_withdrawn(tmp_path: Path) -> None:
    root = write_duke_video(tmp_path / "duke")
    (root / "ground_truth").mkdir()
    (root / "ground_truth" / "manifest.json").write_text("{}", encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load_dataset("duke-video", root, "test")) == 7
