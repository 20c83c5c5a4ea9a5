from __future__ import annotations

from pathlib import Path

import pytest

from tacan.datasets import DATASETS, load_dataset
from tacan.errors import DatasetLayoutError

from .conftest import write_crop


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "Käufer und Gäste 人"
    for number in (10, 9, 100):
        write_crop(root / "0002" / f"0002C1T0001F{number}.jpg")
    write_crop(root / "0002" / "0002C3T0007F0001.PNG")
    write_crop(root / "0002" / "0002C3T0007F0002.webp")
    write_crop(root / "0000" / "0000C2T1F1.bmp")
    write_crop(root / "-1" / "-1C2T1F1.jpeg")
    return root


def test_tracklets_are_sorted_by_number(root: Path) -> None:
    split = load_dataset("folder", root, "all")
    assert [(t.tracklet_id, t.pid, t.camid, len(t)) for t in split] == [
        ("-1C2T1", -1, 2, 1),
        ("0000C2T1", 0, 2, 1),
        ("0002C1T0001", 2, 1, 3),
        ("0002C3T0007", 2, 3, 2),
    ]
    assert split.tracklets[2].frames == tuple(f"0002C1T0001F{n}.jpg" for n in (9, 10, 100))
    assert all(split.is_query)
    assert all(split.is_gallery)
    assert all(t.path(i).is_file() for t in split for i in range(len(t)))


def test_tracklet_numbers_are_sorted_as_numbers(tmp_path: Path) -> None:
    for number in (10, 9, 1):
        write_crop(tmp_path / "7" / f"7C1T{number}F1.jpg")
    split = load_dataset("folder", tmp_path)
    assert [t.tracklet_id for t in split] == ["7C1T1", "7C1T9", "7C1T10"]


def test_mars_name_for_junk(tmp_path: Path) -> None:
    write_crop(tmp_path / "00-1" / "00-1C1T0001F001.jpg")
    assert load_dataset("folder", tmp_path).tracklets[0].is_junk


@pytest.mark.parametrize("split", DATASETS["folder"].splits)
def test_every_split_is_everything(root: Path, split: str) -> None:
    assert len(load_dataset("folder", root, split)) == 4


def test_what_is_ignored(root: Path) -> None:
    (root / "index.csv").write_text("a,b")
    (root / "0002" / "notes.txt").write_text("seen twice")
    (root / "0002" / ".DS_Store").write_bytes(b"x")
    write_crop(root / "0002" / "._0002C1T0001F1.jpg")
    write_crop(root / ".thumbnails" / "1.jpg")
    (root / "truth").mkdir()
    (root / "truth" / "visibility.npz").write_bytes(b"x")
    assert len(load_dataset("folder", root)) == 4


@pytest.mark.parametrize(
    ("stray", "said"),
    [
        ("0002/portrait.jpg", "must be named <pid>/<pid>C"),
        ("0002/0003C1T0001F001.jpg", "with its folder's pid"),
        ("0002C1T0001F001.jpg", "must lie in their person's folder"),
        ("0002 (copy)/0002C1T0001F001.jpg", "named by its person's number"),
        ("2/2C9T0001F001.jpg", "a person must have one folder"),
        ("0002/0002C1T0001F009.jpg", "each frame once"),
        ("0002/0002C1T0001F9.png", "each frame once"),
        ("-2/-2C1T0001F9.png", "named by its person's number"),
    ],
)
def test_stray_images_are_refused(root: Path, stray: str, said: str) -> None:
    write_crop(root / stray)
    with pytest.raises(DatasetLayoutError, match=said) as caught:
        load_dataset("folder", root)
    assert caught.value.remedy


def test_an_empty_person_folder(root: Path) -> None:
    (root / "0005").mkdir()
    with pytest.raises(DatasetLayoutError, match=r"must hold crops; got .*0005 with none"):
        load_dataset("folder", root)


def test_no_person_at_all(tmp_path: Path) -> None:
    with pytest.raises(DatasetLayoutError, match="no person folder"):
        load_dataset("folder", tmp_path)


def test_another_layout(mars_root: Path) -> None:
    with pytest.raises(DatasetLayoutError, match="the layout of 'mars'"):
        load_dataset("folder", mars_root)


def test_unknown_names(tmp_path: Path) -> None:
    with pytest.raises(DatasetLayoutError, match=r"must be one of mars, .*folder; got 'marz'"):
        load_dataset("marz", tmp_path)
    with pytest.raises(DatasetLayoutError, match="splits train, test; got 'all'"):
        load_dataset("mars", tmp_path, "all")


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "tracklets", "crops", "people"), [("campus", 96, 3297, 32), ("room", 17, 2055, 3)]
)
def test_real_tracklets(
    shared_data: Path, name: str, tracklets: int, crops: int, people: int
) -> None:
    split = load_dataset("folder", shared_data / "tracklets" / name)
    assert (len(split), split.n_frames, len(split.pids)) == (tracklets, crops, people)
    assert split.camids == (1, 2)
