"""A client starts however busy the machine is."""

from __future__ import annotations

import threading
import time

import pytest
from distributed import utils as dask_utils

from tacan.cluster import connection
from tacan.cluster.connection import connected, running_loop

pytestmark = pytest.mark.slow


class LateThread(threading.Thread):
    def run(self) -> None:
        time.sleep(0.5)
        super().run()


def test_a_client_waits_for_a_thread_that_starts_late(cluster, monkeypatch) -> None:
    def hasty(*_, **__):
        raise AssertionError("Dask's own thread has ten seconds to start")

    monkeypatch.setattr(dask_utils, "_CollectErrorThread", hasty)
    monkeypatch.setattr(connection, "Thread", LateThread)
    monkeypatch.setattr(connection, "running_loop", running_loop.__wrapped__)
    with connected(cluster.scheduler_address) as client:
        assert client.submit(sum, [1, 2]).result(timeout=60) == 3
