from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tacan.datasets.doctor import crops
from tacan.datasets.doctor.crops import check_all, check_chunk, sample
from tacan.datasets.doctor.journal import ChunkResult, Journal

N = 22
Writer = Callable[..., Path]


@pytest.fixture
def root(tmp_path: Path, crop_writer: Writer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """22 crops, of which two are damaged, to be checked in chunks of four."""
    monkeypatch.setattr(crops, "CHUNK", 4)
    for number in range(N):
        crop_writer(tmp_path / "data" / f"{number:02d}.png", seed=number)
    (tmp_path / "data" / "05.png").write_bytes(b"no image")
    path = tmp_path / "data" / "17.png"
    path.write_bytes(path.read_bytes()[:-30])
    return tmp_path / "data"


@pytest.fixture
def paths() -> list[str]:
    return [f"{number:02d}.png" for number in range(N)]


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The crops that were truly decoded, in their order."""
    seen: list[str] = []

    def watch(root: Path, paths: Sequence[str]) -> ChunkResult:
        seen.extend(paths)
        return check_chunk(root, paths)

    monkeypatch.setattr(crops, "check_chunk", watch)
    return seen


def same(one: ChunkResult, other: ChunkResult) -> bool:
    return one.damaged == other.damaged and bool((one.digests == other.digests).all())


@pytest.mark.parametrize(("count", "size"), [(1, 3), (3, 3), (4, 3), (1000, 7), (12345, 1000)])
def test_a_sample_is_even_and_has_both_ends(count: int, size: int) -> None:
    everything = [f"{i:05d}" for i in range(count)]
    chosen = sample(everything, size)
    assert len(chosen) == len(set(chosen)) == min(count, size)
    assert chosen == sorted(chosen)
    assert (chosen[0], chosen[-1]) == (everything[0], everything[-1])
    gaps = {int(after) - int(name) for name, after in pairwise(chosen)}
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_chunks_make_no_difference(root: Path, paths: list[str]) -> None:
    whole = check_chunk(root, paths)
    assert sorted(whole.damaged) == [5, 17]
    assert "05.png: 8 bytes" in whole.damaged[5]
    assert "17.png: a PNG without its end" in whole.damaged[17]
    assert len(np.unique(whole.digests)) == N
    assert same(check_all(root, paths), whole)


def test_processes_make_no_difference(
    root: Path, paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crops, "CHUNKS_PER_WORKER", 1)
    assert same(check_all(root, paths, workers=2), check_chunk(root, paths))


def test_nothing_to_check(tmp_path: Path) -> None:
    result = check_all(tmp_path, [])
    assert (result.damaged, result.digests.tolist()) == ({}, [])


def test_a_crop_that_has_gone(root: Path, paths: list[str]) -> None:
    (root / "00.png").unlink()
    result = check_chunk(root, paths)
    assert "No such file" in result.damaged[0]
    assert result.digests[0] == 0


def test_an_interrupted_check_goes_on(
    root: Path, paths: list[str], checked: list[str], tmp_path: Path
) -> None:
    place = tmp_path / "journal"

    def interrupt(done: int, total: int) -> None:
        if done >= 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Journal(place) as journal:
        check_all(root, paths, journal=journal, progress=interrupt)
    assert checked == paths[:8]
    seen: list[tuple[int, int]] = []
    with Journal(place) as journal:
        result = check_all(
            root, paths, journal=journal, progress=lambda done, total: seen.append((done, total))
        )
    assert checked == paths
    assert seen[0] == (8, N)
    assert seen[-1] == (N, N)
    assert same(result, check_chunk(root, paths))


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.9])
def test_a_torn_journal_is_read_as_far_as_it_goes(
    root: Path, paths: list[str], checked: list[str], tmp_path: Path, kept: float
) -> None:
    place = tmp_path / "journal"
    with Journal(place) as journal:
        whole = check_all(root, paths, journal=journal)
    data = place.read_bytes()
    place.write_bytes(data[: int(kept if kept >= 1 else kept * len(data))])
    checked.clear()
    with Journal(place) as journal:
        assert same(check_all(root, paths, journal=journal), whole)
    assert 0 < len(checked) <= N
    checked.clear()
    with Journal(place) as journal:
        assert same(check_all(root, paths, journal=journal), whole)
    assert checked == []


def test_what_has_changed_is_checked_again(
    root: Path, paths: list[str], checked: list[str], tmp_path: Path, crop_writer: Writer
) -> None:
    place = tmp_path / "journal"
    with Journal(place) as journal:
        check_all(root, paths, journal=journal)
    checked.clear()
    status = (root / "09.png").stat()
    os.utime(root / "09.png", ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    crop_writer(root / "17.png", seed=17)
    with Journal(place) as journal:
        result = check_all(root, paths, journal=journal)
    assert checked == paths[8:12] + paths[16:20]
    assert sorted(result.damaged) == [5]
