from __future__ import annotations

from pathlib import Path

import pytest

from tacan.indexing.source_paths import expand_source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("hour1.ts", "hour10.ts", "hour2.ts", ".hidden.ts", "notes.txt", "cover.jpg"):
        (tmp_path / name).write_bytes(b"content")
    return tmp_path


def names(text: object) -> list[str]:
    return [path.name for path in expand_source(str(text))]


def test_folders_and_patterns_in_the_order_of_their_numbers(folder: Path) -> None:
    hours = ["hour1.ts", "hour2.ts", "hour10.ts"]
    assert names(folder) == hours
    assert names(folder / "hour*.ts") == hours
    assert names(folder / "hour1.ts") == ["hour1.ts"]
    assert names(folder / "missing.ts") == ["missing.ts"]
    with pytest.raises(ValueError, match="no file fits"):
        expand_source(str(folder / "day*.ts"))


def test_a_name_with_brackets_is_a_file_where_it_is_one(folder: Path) -> None:
    (folder / "cam[1].mp4").write_bytes(b"content")
    assert names(folder / "cam[1].mp4") == ["cam[1].mp4"]


def test_a_folder_of_pictures_stands_for_itself(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"content")
    assert expand_source(str(tmp_path)) == [tmp_path]
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match="neither videos nor pictures"):
        expand_source(str(tmp_path / "none"))


def test_a_list_stands_for_its_files(folder: Path) -> None:
    listed = folder / "day.ffconcat"

    listed.write_text("ffconcat version 1.0\nfile 'hour2.ts'\n  file hour1.ts\n")
    assert names(listed) == ["hour2.ts", "hour1.ts"]
    assert {path.parent for path in expand_source(str(listed))} == {folder}


@pytest.mark.parametrize("name", ["../a.ts", "/etc/passwd", "http://host/a.ts", "a/../../b.ts"])
def test_a_list_reaches_nothing_outside_of_its_folder(folder: Path, name: str) -> None:
    listed = folder / "day.ffconcat"
    listed.write_text(f"ffconcat version 1.0\nfile '{name}'\n")
    with pytest.raises(ValueError, match="not in its own folder"):
        expand_source(str(listed))
