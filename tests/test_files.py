from __future__ import annotations

import errno
import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tacan.errors import DataError, StorageError
from tacan.files import (
    atomic_path,
    atomic_paths,
    names_sha256,
    read_ordinary_file,
    require_safe_outputs,
    sha256,
    write_text,
)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "ä.txt"
    write_text(path, "old")
    write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert list(path.parent.iterdir()) == [path]


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(KeyboardInterrupt), atomic_path(path) as draft:
        draft.write_text("ne")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_replaced_before_all_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        write_text(path, "old")
    synced: list[int] = []

    def full_at_the_second(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 2:
            raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full_at_the_second)
    with pytest.raises(StorageError, match="No space left"), atomic_paths(*paths) as drafts:
        for draft in drafts:
            draft.write_text("new")
    assert [path.read_text() for path in paths] == ["old", "old"]
    assert sorted(tmp_path.iterdir()) == paths


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StorageError, match="taken"):
        write_text(tmp_path / "taken" / "a.txt", "text")


def test_digest_of_files(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(bytes(3_000_000))
    two.write_bytes(b"ab")
    assert sha256(two) == hashlib.sha256(b"ab").hexdigest()
    assert sha256(one, two) == hashlib.sha256(bytes(3_000_000) + b"ab").hexdigest()


def test_digest_of_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(DataError, match=str(path)):
            sha256(path)


def test_a_file_that_is_replaced_leaves_its_permissions(tmp_path: Path) -> None:
    secret, shared = tmp_path / "secret", tmp_path / "shared"
    for path, mode in ((secret, 0o600), (shared, 0o664)):
        path.write_text("old")
        path.chmod(mode)
        with atomic_path(path) as draft:
            assert draft.stat().st_mode & 0o777 & ~mode == 0
            draft.write_text("new")
        assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", mode)


def test_a_new_file_has_the_permissions_of_new_files(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "a", "text")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_drafts_have_names_that_nobody_can_guess(tmp_path: Path) -> None:
    names = set()
    for _ in range(3):
        with atomic_path(tmp_path / "a") as draft:
            names.add(draft.name)
            draft.write_text("")
    assert len(names) == 3
    assert all(name.startswith(".a.") and name.endswith(".tmp") for name in names)


def test_a_draft_is_not_written_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    monkeypatch.setattr("secrets.token_hex", lambda n: "guessed")
    (tmp_path / ".a.guessed.tmp").symlink_to(victim)
    with pytest.raises(StorageError, match="exists"):
        write_text(tmp_path / "a", "text")
    assert victim.read_text() == "mine"


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 127)
    write_text(path, "text")
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(StorageError, match="too long"):
        write_text(tmp_path / ("ä" * 128), "text")


@pytest.mark.parametrize("aim", ["file", "nowhere", "."])
def test_a_link_is_neither_followed_nor_replaced(tmp_path: Path, aim: str) -> None:
    (tmp_path / "file").write_text("old")
    link = tmp_path / "link"
    link.symlink_to(aim)
    with pytest.raises(StorageError, match="link"):
        write_text(link, "new")
    assert link.is_symlink()
    assert (tmp_path / "file").read_text() == "old"
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_is_told_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="folder"), atomic_path(tmp_path):
        pytest.fail("nothing may be begun")


def test_a_device_is_written_through(tmp_path: Path) -> None:
    write_text(Path("/dev/null"), "text")
    assert Path("/dev/null").is_char_device()
    with pytest.raises(StorageError, match="No space left"):
        write_text(Path("/dev/full"), "text")
    assert Path("/dev/full").is_char_device()


def test_a_pipe_is_written_through(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_bytes)
        with atomic_path(pipe) as draft:
            draft.write_bytes(b"text")
        assert read.result(timeout=60) == b"text"
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_name_that_is_no_utf_8_is_written_as_its_code(tmp_path: Path) -> None:
    write_text(tmp_path / "a.json", json.dumps(os.fsdecode(b"\xff"), ensure_ascii=False))
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == "\udcff"


def _inputs(root: Path) -> tuple[Path, Path]:
    """A file and a folder with a file that a command reads."""
    video, people = root / "door.mp4", root / "people"
    people.mkdir()
    for path in (video, people / "crop.jpg"):
        path.write_text("precious")
    return video, people


@pytest.mark.parametrize(
    "name",
    ["door.mp4", "people/../door.mp4", "hard", "people", "people/crop.jpg", "linked/crop.jpg"],
)
def test_an_output_is_no_input(tmp_path: Path, name: str) -> None:
    inputs = _inputs(tmp_path)
    os.link(tmp_path / "door.mp4", tmp_path / "hard")
    (tmp_path / "linked").symlink_to("people")
    with pytest.raises(StorageError, match="input|folder"):
        require_safe_outputs([tmp_path / name], inputs=inputs)


def test_an_output_may_be_new_in_a_folder_that_is_read(tmp_path: Path) -> None:
    inputs = _inputs(tmp_path)
    require_safe_outputs([tmp_path / "people" / "report.json", tmp_path / "new"], inputs=inputs)
    require_safe_outputs([Path("/dev/null"), Path("/dev/null")], inputs=[Path("/dev/null")])


@pytest.mark.parametrize("name", ["gallery.sqlite", "new.json", "crops/00001/00.jpg"])
def test_an_output_lies_in_no_gallery(tmp_path: Path, name: str) -> None:
    (tmp_path / "g").mkdir()
    (tmp_path / "g" / "gallery.sqlite").write_text("precious")
    (tmp_path / "link").symlink_to("g")
    for folder in ("g", "link"):
        with pytest.raises(StorageError, match="gallery"):
            require_safe_outputs([tmp_path / folder / name])


def test_two_outputs_are_two_files(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="two files"):
        require_safe_outputs([tmp_path / "a", tmp_path / "b" / ".." / "a"])


def test_a_list_of_names_is_known_again_and_no_other_is_taken_for_it() -> None:
    rows = [("a/1", "x.jpg", "y.jpg"), ("b/1", "z.jpg")]
    assert names_sha256(rows) == names_sha256(iter(rows))
    others = [
        [rows[0]],
        rows[::-1],
        [("a/1", "x.jpg"), ("y.jpg",), rows[1]],
        [("a/1x.jpg", "y.jpg")],
    ]
    assert len({names_sha256(other) for other in (rows, *others)}) == 5
    assert names_sha256(rows, start="1") != names_sha256(rows)


def test_a_file_is_read_up_to_a_size(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("file")
    assert read_ordinary_file(tmp_path / "link", at_most=5) == b"12345"
    with pytest.raises(OSError, match="5 bytes") as caught:
        read_ordinary_file(tmp_path / "file", at_most=4)
    assert caught.value.errno == errno.EFBIG


def test_what_may_never_end_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(OSError, match="neither a file nor a link to one"):
            read_ordinary_file(path, at_most=9)
    with pytest.raises(OSError, match="Is a directory"):
        read_ordinary_file(tmp_path, at_most=9)
    with pytest.raises(OSError, match="null byte"):
        read_ordinary_file(tmp_path / "a\0b", at_most=9)
