"""A process that links is killed at any moment: people are those of before or of after."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tacan.gallery import open_gallery, verify_gallery
from tacan.linking import link_gallery, name, reject

from .conftest import of, partition

LINK_UNTIL = """
import os, signal, sys
from pathlib import Path
from tacan.gallery import open_gallery
from tacan.gallery.sqlite.people import SqlitePeople
from tacan.linking import link_gallery

folder, last = Path(sys.argv[1]), int(sys.argv[2])
steps, change = 0, SqlitePeople.change

def one_more():
    global steps
    steps += 1
    if steps == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return 0

def changed(*words):
    connection.set_progress_handler(one_more, 1)
    change(*words)
    connection.set_progress_handler(None, 0)
    if last < 0:
        os.kill(os.getpid(), signal.SIGKILL)

SqlitePeople.change = changed
with open_gallery(folder, write=True) as gallery:
    connection = gallery.store._connection
    link_gallery(gallery, strangers=1e-6)
print(steps)
"""


def link_until(folder: Path, last: int) -> subprocess.CompletedProcess[str]:
    """Links with a process that is killed at this step of the database, or at -1 after the last."""
    words = [sys.executable, "-c", LINK_UNTIL, str(folder), str(last)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.fixture
def linked(folder: Path) -> Path:
    with open_gallery(folder, write=True) as gallery:
        link_gallery(gallery)
        reject(gallery, "door/1", "yard/1")
        name(gallery, of(gallery, "door/2"), "Ann")
        link_gallery(gallery)
    return folder


def people_of(folder: Path) -> tuple:
    with open_gallery(folder) as gallery:
        assert not verify_gallery(gallery).problems
        people = gallery.store.people()
        names = {person.name for person in people.persons()}
        return partition(gallery), names, len(people.decisions()), people.linking()


def test_killed_while_linking(linked: Path, tmp_path: Path) -> None:
    before = people_of(linked)
    whole = tmp_path / "whole"
    shutil.copytree(linked, whole)
    done = link_until(whole, 0)
    assert done.returncode == 0, done.stderr
    n_steps, after = int(done.stdout), people_of(whole)
    assert len(after[0]) > len(before[0])
    assert (after[1], after[2]) == (before[1], before[2]), "names and decisions stay"
    for last in (1, n_steps // 2, n_steps - 1, -1):
        copy = tmp_path / str(last)
        shutil.copytree(linked, copy)
        assert link_until(copy, last).returncode == -signal.SIGKILL
        assert people_of(copy) == (after if last < 0 else before)
        with open_gallery(copy, write=True) as gallery:
            link_gallery(gallery)
            assert partition(gallery) == before[0] or last < 0
