from __future__ import annotations

import os
from pathlib import Path

import pytest

from tacan.errors import StorageError
from tacan.synthetic.atomic_folder import atomic_folder


def ours(path: Path) -> bool:
    return (path / "mark").exists()


def make(out, text, *, force=False):
    with atomic_folder(out, ours=ours, force=force) as draft:
        (draft / "mark").write_text(text)


def test_a_folder_appears_whole_and_alone(tmp_path):
    out = tmp_path / "deep" / "päckchen mit raum"
    with atomic_folder(out, ours=ours, force=False) as draft:
        (draft / "mark").write_text("a")
        assert not out.exists()
    assert (out / "mark").read_text() == "a"
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    assert out.stat().st_mode & 0o777 == 0o755


def test_an_empty_folder_is_taken(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    make(out, "a")
    assert (out / "mark").read_text() == "a"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_leaves_nothing(tmp_path, error):
    with pytest.raises(error), atomic_folder(tmp_path / "out", ours=ours, force=False):
        raise error
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_removed(tmp_path):
    left = tmp_path / ".out.abc.unfinished"
    (left / "sub").mkdir(parents=True)
    (left / "sub" / "file").write_text("half")
    other = tmp_path / ".outer.abc.unfinished"
    other.mkdir()
    make(tmp_path / "out", "a")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".outer.abc.unfinished", "out"]


@pytest.mark.parametrize("force", [False, True])
def test_other_peoples_files_are_never_touched(tmp_path, force):
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("years")
    with pytest.raises(StorageError, match="other files"):
        make(out, "a", force=force)
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]


def test_ours_is_replaced_on_request_only(tmp_path):
    out = tmp_path / "out"
    make(out, "a")
    with pytest.raises(StorageError, match="--force"):
        make(out, "b")
    assert (out / "mark").read_text() == "a"
    make(out, "b", force=True)
    assert (out / "mark").read_text() == "b"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_replacement_that_fails_leaves_the_old_one(tmp_path):
    out = tmp_path / "out"
    make(out, "a")
    with (
        pytest.raises(StorageError, match="No space"),
        atomic_folder(out, ours=ours, force=True),
    ):
        raise OSError(28, os.strerror(28))
    assert (out / "mark").read_text() == "a"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_of_two_runs_at_once_the_later_one_wins(tmp_path):
    out = tmp_path / "out"
    with (
        pytest.raises(StorageError),
        atomic_folder(out, ours=ours, force=True) as draft,
    ):
        make(out, "later")
        assert not draft.exists()
        draft.mkdir()
        (draft / "mark").write_text("earlier")
    assert (out / "mark").read_text() == "later"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_appears_meanwhile_is_not_replaced(tmp_path):
    out = tmp_path / "out"
    with (
        pytest.raises(StorageError, match="other files"),
        atomic_folder(out, ours=ours, force=True),
    ):
        out.mkdir()
        (out / "thesis.txt").write_text("years")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "thesis.txt"]


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(StorageError, match="a file"):
        make(tmp_path / "out", "a", force=True)


def test_a_parent_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="writable"):
        make(tmp_path / "file" / "out", "a")
