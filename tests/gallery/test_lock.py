from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from tacan.gallery import GalleryBusyError
from tacan.gallery.lock import ProcessLock

HOLDER = """
import sys, time
from pathlib import Path
from tacan.gallery.lock import ProcessLock
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
    with pytest.raises(GalleryBusyError, match="--wait"):
        other.acquire_or_refuse(wait=0)
    one.release()
    one.release()
    assert other.acquire()
    other.release()


def test_one_who_waits_gets_it(tmp_path):
    one, other = ProcessLock(tmp_path / "lock"), ProcessLock(tmp_path / "lock")
    assert one.acquire()
    timer = threading.Timer(0.2, one.release)
    timer.start()
    other.acquire_or_refuse(wait=30)
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
