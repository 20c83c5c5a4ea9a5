from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tacan.datasets import load_dataset
from tacan.errors import DatasetLayoutError

from .conftest import PRID_PEOPLE, PRID_SHORT, write_crop


def test_the_published_halves(prid_root: Path) -> None:
    split = load_dataset("prid2011", prid_root)
    assert split.split == "prid-178-test-0"
    assert [(t.tracklet_id, t.pid, t.camid) for t in split] == [
        ("cam_a_person_0001", 1, 1),
        ("cam_a_person_0200", 200, 1),
        ("cam_b_person_0001", 1, 2),
        ("cam_b_person_0200", 200, 2),
    ]
    assert split.is_query == (True, True, False, False)
    assert split.is_gallery == (False, False, True, True)
    assert split.tracklets[0].frames[::26] == ("0001.png", "0027.png")
    assert load_dataset("prid2011", prid_root, "train").pids == (2, 4)
    assert load_dataset("prid2011", prid_root, split_number=1).pids == (2, 4)


def test_all_shared_people_in_seeded_halves(prid_root: Path) -> None:
    tested = set()
    for number in range(10):
        test = load_dataset("prid2011", prid_root, variant="prid-200", split_number=number)
        train = load_dataset(
            "prid2011", prid_root, "train", variant="prid-200", split_number=number
        )
        assert test.split == f"prid-200-test-{number}"
        # Persons 201 and above carry the same number in both cameras and are not the same.
        assert sorted(test.pids + train.pids) == PRID_PEOPLE
        assert len(test.pids) == len(PRID_PEOPLE) // 2
        tested.add(test.pids)
    assert len(tested) > 1
    others = {
        load_dataset("prid2011", prid_root, variant="prid-200", split_seed=seed).pids
        for seed in range(8)
    }
    assert len(others) > 1
    with pytest.raises(DatasetLayoutError, match="from 0 to 9; got 10"):
        load_dataset("prid2011", prid_root, variant="prid-200", split_number=10)


def test_splits_from_elsewhere(prid_root: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    shutil.move(prid_root / "splits_prid2011.json", path)
    assert load_dataset("prid2011", prid_root, splits_file=path).pids == (1, 200)
    with pytest.raises(DatasetLayoutError, match="prid-178 needs its published splits") as caught:
        load_dataset("prid2011", prid_root)
    assert "prid-200" in str(caught.value.remedy)
    load_dataset("prid2011", prid_root, variant="prid-200")


def test_too_few_frames_for_prid_178(prid_root: Path) -> None:
    splits = [{"test": ["person_0001"], "train": [f"person_{PRID_SHORT:04d}"]}]
    (prid_root / "splits_prid2011.json").write_text(json.dumps(splits))
    with pytest.raises(DatasetLayoutError, match="at least 27 frames .* cam_b/person_0003"):
        load_dataset("prid2011", prid_root)


def test_people_missing_from_a_camera(prid_root: Path) -> None:
    shutil.rmtree(prid_root / "prid_2011/multi_shot/cam_b/person_0001")
    with pytest.raises(DatasetLayoutError, match=r"must be seen by both .* no .*person_0001"):
        load_dataset("prid2011", prid_root)
    with pytest.raises(DatasetLayoutError, match="1 by one only, such as person_0001"):
        load_dataset("prid2011", prid_root, variant="prid-200")


@pytest.mark.parametrize("variant", ["prid-178", "prid-200"])
def test_a_picture_beside_the_sequences(prid_root: Path, variant: str) -> None:
    write_crop(prid_root / "prid_2011/multi_shot/cam_a/0001.png")
    with pytest.raises(DatasetLayoutError, match=r"1 image beside these, such as .*0001\.png"):
        load_dataset("prid2011", prid_root, variant=variant)


def test_unknown_variant(prid_root: Path) -> None:
    with pytest.raises(DatasetLayoutError, match="prid-178, prid-200; got 'prid-385'"):
        load_dataset("prid2011", prid_root, variant="prid-385")


def test_options_of_other_data_sets(mars_root: Path, ilids_root: Path) -> None:
    with pytest.raises(DatasetLayoutError, match="'mars' takes no options; got split_number"):
        load_dataset("mars", mars_root, split_number=0)
    with pytest.raises(DatasetLayoutError, match=r"takes split_number, splits_file; got variant"):
        load_dataset("ilids-vid", ilids_root, variant="prid-200")
