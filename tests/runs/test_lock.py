from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tacan.errors import StorageError
from tacan.runs.lock import ProcessLock, only_process_in

HOLDER = """
import sys, time
from pathlib import Path
from tacan.runs.lock import ProcessLock
assert ProcessLock(Path(sys.argv[1])).acquire()
lock = ProcessLock(Path(sys.argv[2]))
assert lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_one_holder_at_a_time(tmp_path):
    one, other = ProcessLock(tmp_path / "lock"), ProcessLock(tmp_path / "lock")
    assert one.acquire()
    assert not other.acquire()
    one.release()
    one.release()
    assert other.acquire()
    other.release()


def test_one_who_waits_gets_it(tmp_path):
    one, other = ProcessLock(tmp_path / "lock"), ProcessLock(tmp_path / "lock")
    assert one.acquire()
    timer = threading.Timer(0.2, one.release)
    timer.start()
    assert other.acquire(wait=30)
    timer.join()
    other.release()


def test_the_death_of_its_process_releases_it(tmp_path):
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "first"), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        assert not ProcessLock(path).acquire()
        holder.kill()
        holder.wait()
    lock = ProcessLock(path)
    assert lock.acquire(wait=10)
    lock.release()


FORKING = """
import os, sys, time
from pathlib import Path
from tacan.runs.lock import ProcessLock
assert ProcessLock(Path(sys.argv[1])).acquire()
if os.fork() == 0:
    print("held", flush=True)
    time.sleep(60)
time.sleep(60)
"""


def test_the_lock_is_not_inherited_by_processes_that_are_forked(tmp_path):
    """A training that is killed can go on at once, though its reading processes still live."""
    path = tmp_path / "lock"
    command = [sys.executable, "-c", FORKING, str(path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        assert not ProcessLock(path).acquire()
        holder.kill()
        try:
            lock = ProcessLock(path)
            assert lock.acquire(wait=10)
            lock.release()
        finally:
            os.killpg(holder.pid, signal.SIGKILL)


def test_one_process_works_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with only_process_in(folder):
        with pytest.raises(StorageError, match="another one is at work"), only_process_in(folder):
            pass
        (folder / "work").write_text("x")
    with only_process_in(folder):
        assert (folder / "work").read_text() == "x"


def test_a_folder_in_which_nothing_was_made_is_gone(tmp_path: Path) -> None:
    with pytest.raises(KeyError), only_process_in(tmp_path / "run"):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="file"), only_process_in(tmp_path / "file" / "run"):
        pass


def test_a_folder_of_somebody_elses_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(KeyError), only_process_in(tmp_path):
        raise KeyError
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
