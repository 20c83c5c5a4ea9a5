from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from tacan.datasets import DATASETS, UncountedQueryWarning, load_dataset
from tacan.errors import DataError, DatasetLayoutError

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


def move_people_deeper(root: Path) -> None:
    (root / "everybody").mkdir()
    for name in ("0002", "0000", "-1"):
        (root / name).rename(root / "everybody" / name)


def move_a_person_deeper(root: Path) -> None:
    (root / "day 1").mkdir()
    (root / "0002").rename(root / "day 1" / "0002")


def move_crops_deeper(root: Path) -> None:
    (root / "0002" / "camera 1").mkdir()
    for path in list((root / "0002").glob("*C1T*")):
        path.rename(path.parent / "camera 1" / path.name)


def link_a_person_to_nothing(root: Path) -> None:
    (root / "0003").symlink_to("/where/the/disk/was/0003")


def link_a_crop_in_a_circle(root: Path) -> None:
    (root / "0002" / "0002C1T0001F11.jpg").symlink_to("0002C1T0001F11.jpg")


def lead_a_person_back(root: Path) -> None:
    (root / "0002" / "0002").symlink_to("../0002")


@pytest.mark.parametrize(
    ("spoil", "got", "remedy"),
    [
        (move_people_deeper, "no person folder in", r"Did you mean .*everybody\?"),
        (move_a_person_deeper, "'day 1' in .*day 1/0002/0002C1T0001F10.jpg", "Rename it, or move"),
        (move_crops_deeper, "0002/camera 1/0002C1T0001F10.jpg", "Move what is deeper up"),
        (link_a_person_to_nothing, r"0003 \(a link to .*: nothing is there", "Restore it"),
        (link_a_crop_in_a_circle, "F11.jpg .*it leads in a circle", "Restore it"),
        (lead_a_person_back, "0002/0002 .*a link to the folder", "Move what is deeper up"),
    ],
)
def test_nobody_vanishes_without_a_word(
    root: Path, spoil: Callable[[Path], None], got: str, remedy: str
) -> None:
    spoil(root)
    with pytest.raises(DatasetLayoutError, match=f"must .*; got .*{got}.* {remedy}"):
        load_dataset("folder", root)


def test_a_level_too_deep_names_the_root(root: Path) -> None:
    with pytest.raises(DatasetLayoutError, match="5 images directly in") as caught:
        load_dataset("folder", root / "0002")
    assert caught.value.remedy == f"Did you mean {root}?"


def test_a_person_in_another_place_is_followed(root: Path, tmp_path: Path) -> None:
    (root / "0002").rename(tmp_path / "elsewhere")
    (root / "0002").symlink_to(tmp_path / "elsewhere")
    assert len(load_dataset("folder", root)) == 4


@pytest.mark.parametrize("where", ["root", "person"])
def test_a_folder_that_cannot_be_read(
    root: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = root if where == "root" else root / "0002"
    plain = os.scandir

    def refuse(folder: Path) -> object:
        if Path(folder) == closed:
            raise PermissionError(13, "Permission denied")
        return plain(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DatasetLayoutError, match=f"{closed}.*Permission denied"):
        load_dataset("folder", root)


def test_numbers_that_fit_nowhere(root: Path) -> None:
    write_crop(root / "7" / f"7C{2**63}T1F1.jpg")
    with pytest.raises(DataError, match=r"below 2\^63; got pid 7 and camera 9223372036854775808"):
        load_dataset("folder", root)


def test_queries_that_are_no_people_are_told(root: Path) -> None:
    with pytest.warns(UncountedQueryWarning) as told:
        load_dataset("folder", root)
    assert "1 of pid 0 (a distractor, nobody's right answer), 1 of pid -1 (junk" in str(told[0])
    assert told[0].filename == __file__
    (root / "ground_truth").mkdir()
    (root / "ground_truth" / "manifest.json").touch()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_dataset("folder", root)


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
