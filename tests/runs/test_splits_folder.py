from __future__ import annotations

import json
from pathlib import Path

import pytest

from tacan.errors import FeaturesError, StorageError
from tacan.runs.splits_folder import SPLITS, SplitsFolder, finished

SETTINGS = {"dataset": "ilids-vid", "run.seed": 0, "model.mean": (0.5, 0.5, 0.5)}


@pytest.mark.parametrize("name", ["new ü/folder", "."])
def test_opened_once_and_again(tmp_path: Path, name: str) -> None:
    folder = SplitsFolder(tmp_path / name)
    folder.open_or_create(SETTINGS)
    before = (folder.path / SPLITS.file).read_bytes()
    folder.open_or_create(SETTINGS)
    assert (folder.path / SPLITS.file).read_bytes() == before
    assert json.loads(before)["settings"]["dataset"] == "ilids-vid"


def test_a_draft_of_the_settings_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / f".{SPLITS.file}.123.tmp").write_text("{")
    SplitsFolder(tmp_path).open_or_create(SETTINGS)
    with pytest.raises(StorageError, match=r"run\.seed"):
        SplitsFolder(tmp_path).open_or_create(SETTINGS | {"run.seed": 1})


def test_other_settings_are_listed_and_refused(tmp_path: Path) -> None:
    folder = SplitsFolder(tmp_path)
    folder.open_or_create(SETTINGS)
    with pytest.raises(StorageError) as caught:
        folder.open_or_create(SETTINGS | {"run.seed": 1, "dataset": "prid2011"})
    assert "run.seed was 0, now 1" in str(caught.value)
    assert "dataset was 'ilids-vid', now 'prid2011'" in str(caught.value)
    assert "model.mean" not in str(caught.value)
    folder.open_or_create(SETTINGS)


def test_a_setting_of_a_later_version_is_no_difference(tmp_path: Path) -> None:
    SplitsFolder(tmp_path).open_or_create(SETTINGS)
    SplitsFolder(tmp_path).open_or_create(SETTINGS | {"model.new": 3})


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 9}', '{"format": 1}'])
def test_a_damaged_settings_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / SPLITS.file).write_text(content)
    with pytest.raises(StorageError, match="Nothing was changed"):
        SplitsFolder(tmp_path).open_or_create(SETTINGS)
    assert (tmp_path / SPLITS.file).read_text() == content


def test_what_belongs_to_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    for path in (tmp_path, tmp_path / "thesis.tex"):
        with pytest.raises(StorageError, match=r"no splits\.json"):
            SplitsFolder(path).open_or_create(SETTINGS)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_features_that_are_damaged_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "features.npz"
    assert finished(path) is None
    path.write_bytes(b"half a file")
    with pytest.raises(FeaturesError, match=r"Delete .*features\.npz and run"):
        finished(path)
