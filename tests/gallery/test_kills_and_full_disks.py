"""Kills, full disks and second writers while a gallery is written."""

from __future__ import annotations

import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import GalleryError, StorageError
from tacan.gallery import open_gallery, verify_gallery
from tacan.gallery.crop_files import folder_of
from tacan.gallery.sqlite.connections import connect_writer

from .conftest import MODEL, all_bytes, fill, new_source, new_tracklet

N = 15
INDEXER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from conftest import MODEL, new_source, new_tracklet
from tacan.gallery import open_gallery

with open_gallery(Path(sys.argv[2]), write=True, create_with=MODEL) as gallery:
    source = gallery.begin_source(new_source())
    known = gallery.committed_numbers(source.id)
    for number in range(1, int(sys.argv[3]) + 1):
        if number not in known:
            gallery.add(source.id, [new_tracklet(number)], fingerprint=MODEL.fingerprint)
            print(number, flush=True)
            if number % 5 == 0:
                gallery.vectors()
    gallery.finish_source(source.id)
"""


def indexer(folder, n=N):
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", INDEXER, here, str(folder), str(n)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def content(folder):
    with open_gallery(folder) as gallery:
        tracklets = list(gallery.tracklets())
        return (
            tracklets,
            [source.state for source in gallery.sources()],
            gallery.vectors()[1].tolist(),
            [gallery.trajectory(t.id).boxes.tolist() for t in tracklets],
            [[crop.path.read_bytes() for crop in gallery.crops(t.id)] for t in tracklets],
        )


@pytest.mark.slow
def test_kills_at_any_moment_lose_and_double_nothing(tmp_path):
    rng = np.random.default_rng()
    killed = tmp_path / "killed"
    acknowledged: list[int] = []
    for _ in range(3):
        with indexer(killed) as process:
            acknowledged += [int(process.stdout.readline()) for _ in range(rng.integers(1, 4))]
            process.kill()
            acknowledged += [int(line) for line in process.stdout.read().split("\n")[:-1]]
        with open_gallery(killed) as gallery:
            numbers = [tracklet.number for tracklet in gallery.tracklets()]
            assert set(acknowledged) <= set(numbers)
            assert len(set(numbers)) == len(numbers)
            assert gallery.sources()[0].state == "indexing"
    with indexer(killed) as process:
        process.communicate()
    with indexer(tmp_path / "undisturbed") as process:
        process.communicate()
    assert content(killed) == content(tmp_path / "undisturbed")
    assert len(content(killed)[0]) == N
    with open_gallery(killed, write=True) as gallery:
        problems = verify_gallery(gallery, repair=True).problems
        assert {problem.kind for problem in problems} <= {"stray file"}
        assert verify_gallery(gallery).problems == ()


def test_another_process_that_writes_is_refused_or_waits(tmp_path):
    folder = tmp_path / "g"
    code = (
        "import sys; from pathlib import Path\n"
        "from tacan.errors import *; from tacan.gallery import *\n"
        "try: open_gallery(Path(sys.argv[1]), write=True, wait=float(sys.argv[2])).close()\n"
        "except GalleryBusyError as error: print(error); sys.exit(1)"
    )
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        fill(gallery)
        command = [sys.executable, "-c", code, str(folder)]
        refused = subprocess.run([*command, "0"], stdout=subprocess.PIPE, text=True, check=False)
        assert refused.returncode == 1
        assert "only one process at a time may write" in refused.stdout
        waiting = subprocess.Popen([*command, "60"])
    assert waiting.wait(60) == 0


@contextmanager
def files_no_larger_than(n_bytes):
    """What a full disk is to a program: writing beyond a size fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_said_and_what_was_committed_is_safe(tmp_path):
    folder = tmp_path / "g"
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        source = gallery.begin_source(new_source())
        added = 0
        log = folder / "gallery.sqlite-wal"
        limit = log.stat().st_size + 3_000_000
        with (
            files_no_larger_than(limit),
            pytest.raises(StorageError, match="room for the data"),
        ):
            for number in range(1, 500):
                new = new_tracklet(number, n=3000, n_crops=0)
                gallery.add(source.id, [new], fingerprint=MODEL.fingerprint)
                added = number
        assert added > 3
        assert gallery.committed_numbers(source.id) == set(range(1, added + 1))
        again = [new_tracklet(n, n=3000, n_crops=0) for n in range(1, added + 3)]
        assert gallery.add(source.id, again, fingerprint=MODEL.fingerprint) == 2
        assert verify_gallery(gallery).problems == ()
        assert len(gallery.vectors()[0]) == added + 2


@pytest.mark.parametrize("n_bytes", [0, 100, 5_000, 40_000, 100_000])
def test_a_disk_that_is_full_when_a_gallery_is_made_is_said(tmp_path, n_bytes):
    folder = tmp_path / "g"
    with files_no_larger_than(n_bytes), pytest.raises(StorageError, match="must be writable"):
        open_gallery(folder, write=True, create_with=MODEL)
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        fill(gallery)
        assert verify_gallery(gallery).is_sound


def test_a_database_that_may_not_grow_is_a_full_disk(tmp_path, monkeypatch):
    def connect_small(*arguments, **options):
        connection = connect_writer(*arguments, **options)
        connection.execute("PRAGMA max_page_count = 3")
        return connection

    monkeypatch.setattr("tacan.gallery.opening.connect_writer", connect_small)
    with pytest.raises(StorageError, match=r"database or disk is full.*Free some space"):
        open_gallery(tmp_path / "g", write=True, create_with=MODEL)


@pytest.mark.parametrize("write", [True, False])
def test_a_closed_gallery_says_so(make_gallery, write):
    gallery = open_gallery(make_gallery("door"), write=write)
    gallery.close()
    gallery.close()
    for use in (gallery.info, gallery.vectors, gallery.sources, lambda: gallery.tracklet("door/1")):
        with pytest.raises(GalleryError, match="must be open to be used"):
            use()


def test_drafts_that_a_kill_has_left_are_gone_when_their_source_is_done(tmp_path):
    folder = tmp_path / "g"
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        source_id = fill(gallery, done=False)
        for number in (2, 9):  # one that is in the gallery, and one that never will be
            draft = gallery.crop_folder.root / folder_of(source_id, number) / ".01.jpg.77.tmp"
            draft.parent.mkdir(exist_ok=True)
            draft.write_bytes(b"cut short")
        assert {problem.kind for problem in verify_gallery(gallery).problems} == {"stray file"}
        fill(gallery)
        assert verify_gallery(gallery).problems == ()
        assert b"cut short" not in all_bytes(folder)


def test_a_full_disk_while_crops_are_written_adds_nothing(tmp_path):
    folder = tmp_path / "g"
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        source = gallery.begin_source(new_source())
        with files_no_larger_than(200), pytest.raises(StorageError, match="crops"):
            gallery.add(source.id, [new_tracklet(1)], fingerprint=MODEL.fingerprint)
        assert gallery.committed_numbers(source.id) == frozenset()
        assert list(gallery.crop_folder.files()) == []
        assert gallery.add(source.id, [new_tracklet(1)], fingerprint=MODEL.fingerprint) == 1


def test_crops_whose_rows_were_not_committed_are_written_over(tmp_path, monkeypatch):
    folder = tmp_path / "g"

    def killed(*_):
        raise KeyboardInterrupt

    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        source = gallery.begin_source(new_source())
        monkeypatch.setattr(gallery.store, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            gallery.add(source.id, [new_tracklet(1)], fingerprint=MODEL.fingerprint)
        monkeypatch.undo()
        assert {problem.kind for problem in verify_gallery(gallery).problems} == {"stray file"}
        gallery.add(source.id, [new_tracklet(1)], fingerprint=MODEL.fingerprint)
        assert verify_gallery(gallery).problems == ()
        assert all_bytes(folder).count(new_tracklet(1).crops[0].jpeg) == 1
