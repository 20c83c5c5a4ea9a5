from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacan.datasets.doctor.journal import ChunkResult, Journal, chunk_key
from tacan.errors import StorageError

RESULT = ChunkResult({1: "人.jpg: broken"}, np.array([2**64 - 1, 0, 7], dtype=np.uint64))


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.add("first", RESULT)
    again = Journal(tmp_path / "journal").done["first"]
    assert again.damaged == RESULT.damaged
    assert again.digests.tolist() == RESULT.digests.tolist()


def test_a_line_is_on_disk_at_once(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal") as journal:
        journal.add("first", RESULT)
        assert list(Journal(tmp_path / "journal").done) == ["first"]
        journal.finish()
    assert not (tmp_path / "journal").exists()


def test_a_file_of_another_kind_is_no_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b'\xff\xd8\xff\xe0 3\n[1]\n{}\n{"key": 1, "digests": 2, "damaged": 3}\n')
    assert Journal(path).done == {}
    before = path.read_bytes()
    with pytest.raises(StorageError, match="an earlier check began"), Journal(path):
        pass
    assert path.read_bytes() == before


def test_a_line_that_a_crash_cut_off_is_still_a_journals(tmp_path: Path) -> None:
    for begun in (b"", b"\n", b'\n{"ke', b'\n{"key": "12'):
        (tmp_path / "journal").write_bytes(begun)
        with Journal(tmp_path / "journal") as journal:
            journal.add("first", RESULT)
        assert list(Journal(tmp_path / "journal").done) == ["first"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="--journal"), Journal(tmp_path / "no" / "journal"):
        pass


def test_a_full_disk(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(StorageError, match="No space left"), Journal(full) as journal:
        journal.add("first", RESULT)


def test_keys_follow_the_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    keys = {chunk_key(tmp_path, ["a"]), chunk_key(tmp_path, ["a", "b"])}
    (tmp_path / "b").write_bytes(b"1")
    keys |= {chunk_key(tmp_path, ["a", "b"]), chunk_key(tmp_path, ["b", "a"])}
    assert len(keys) == 4
    assert chunk_key(tmp_path, ["a", "b"]) in keys
