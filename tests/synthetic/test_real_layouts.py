"""The layouts of the two-camera data sets and of Duke, read by the readers of the real ones."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat

from tacan.datasets import load_dataset
from tacan.errors import ConfigError
from tacan.synthetic import DatasetSettings, generate, read_manifest, read_visibility

SIZE = {"seed": 5, "height": 32, "width": 16, "min_frames": 22, "median_frames": 29}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("generated")

    def make(layout, identities=6, cameras=2):
        return generate(
            root / layout,
            DatasetSettings(
                layout=layout, identities=identities, cameras=cameras, max_frames=32, **SIZE
            ),
        )

    layouts = ("ilids-vid", "prid2011")
    return {layout: make(layout) for layout in layouts} | {
        "duke-video": make("duke-video", identities=8, cameras=4)
    }


def truths_match(root, split):
    seen = read_visibility(root)
    return all(len(seen[t.tracklet_id]) == len(t) for t in split)


def test_ilids_vid(made):
    root = made["ilids-vid"].root
    ranks = loadmat(root / "train-test people splits/train_test_splits_ilidsvid.mat")["ls_set"]
    assert ranks.shape == (10, 6)
    tested = []
    for number in range(10):
        test = load_dataset("ilids-vid", root, split_number=number)
        train = load_dataset("ilids-vid", root, "train", split_number=number)
        assert len(test.pids) == len(train.pids) == 3
        assert set(test.pids) | set(train.pids) == {1, 2, 3, 4, 5, 7}
        assert truths_match(root, test)
        assert sum(test.is_query) == sum(test.is_gallery) == 3
        tested.append(test.pids)
    assert len(set(tested)) > 3
    with Image.open(test.tracklets[0].path(0)) as crop:
        assert (crop.format, crop.size) == ("PNG", (16, 32))


def test_prid2011(made):
    root = made["prid2011"].root
    for number in range(10):
        test = load_dataset("prid2011", root, split_number=number)
        train = load_dataset("prid2011", root, "train", split_number=number)
        assert all(len(t) >= 27 for t in (*test, *train))
        assert not set(test.pids) & set(train.pids)
        assert truths_match(root, test)
    both = load_dataset("prid2011", root, variant="prid-200")
    rest = load_dataset("prid2011", root, "train", variant="prid-200")
    assert sorted(both.pids + rest.pids) == [1, 2, 3, 4, 5, 6]
    splits = json.loads((root / "splits_prid2011.json").read_text())
    assert 2 <= len(splits[0]["test"] + splits[0]["train"]) < 6
    alone = sorted(p.name for p in (root / "prid_2011/multi_shot").glob("cam_*/person_02*"))
    assert len(alone) == made["prid2011"].counts["all"]["distractors"] > 0


def test_prid2011_needs_people_for_its_splits(tmp_path):
    sizes = {**SIZE, "min_frames": 2, "median_frames": 5, "max_frames": 26}
    with pytest.raises(ConfigError, match="got 0: raise min_frames or median_frames"):
        generate(
            tmp_path / "out", DatasetSettings(layout="prid2011", identities=3, cameras=2, **sizes)
        )
    assert not (tmp_path / "out").exists()


def test_duke_video(made):
    data = made["duke-video"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        test = load_dataset("duke-video", data.root)
        train = load_dataset("duke-video", data.root, "train")
    gallery = [t for t, shown in zip(test, test.is_gallery, strict=True) if shown]
    queries = [t for t, asked in zip(test, test.is_query, strict=True) if asked]
    counts = data.counts
    assert len(gallery) == counts["test"]["tracklets"]
    assert len(train) == counts["train"]["tracklets"]
    assert len(queries) == len({t.pid for t in queries}) == counts["test"]["identities"]
    assert truths_match(data.root, gallery)
    distractors = {t.pid for t in gallery if "_D" in t.frames[0]}
    assert len(distractors) == counts["test"]["distractors"] > 0
    assert min(distractors) > 5000
    firsts = {t.frames[0].split("_")[2] for t in test}
    assert firsts == {"F0001", "F0002"}
    for query in queries:
        copies = [t for t in gallery if t.frames == query.frames]
        assert len(copies) == 1
        assert copies[0].path(0).read_bytes() == query.path(0).read_bytes()
        assert any(t.pid == query.pid and t.camid != query.camid for t in gallery)


@pytest.mark.parametrize("layout", ["ilids-vid", "prid2011", "duke-video"])
def test_the_manifest_holds_the_settings_that_were_followed(made, layout):
    settings = read_manifest(made[layout].root)["settings"]
    assert settings["junk_share"] == 0
    assert all(counts["junk"] == 0 for counts in made[layout].counts.values())
    assert (settings["tracklets_per_camera"] == 1) == (layout != "duke-video")


@pytest.mark.parametrize("layout", ["ilids-vid", "prid2011"])
def test_there_are_two_cameras(tmp_path, layout):
    with pytest.raises(ConfigError, match="room for 2 cameras; got 3"):
        generate(tmp_path / "out", DatasetSettings(layout=layout, identities=6, cameras=3, **SIZE))


def test_the_same_seed_gives_the_same_pngs(tmp_path):
    data = {"layout": "ilids-vid", "identities": 2, "cameras": 2, **SIZE, "max_frames": 32}
    first = generate(tmp_path / "a", DatasetSettings(**data)).root
    second = generate(tmp_path / "b", DatasetSettings(**data)).root
    paths = sorted(p.relative_to(first) for p in first.rglob("*.png"))
    assert len(paths) > 50
    assert all((first / p).read_bytes() == (second / p).read_bytes() for p in paths)
    pictures = [np.asarray(Image.open(first / p)) for p in paths[:10]]
    assert len({picture.tobytes() for picture in pictures}) == 10
