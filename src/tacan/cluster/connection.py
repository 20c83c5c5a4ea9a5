"""The connection to the scheduler of a cluster.

It is the only address that this process speaks to, besides the workers that the scheduler names.
No dashboard is opened here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING

from tacan.errors import ClusterError
from tacan.installing import install_advice

if TYPE_CHECKING:
    from distributed import Client
    from tornado.ioloop import IOLoop

__all__ = ["connected", "running_loop"]

TIMEOUT = 20.0
"""Seconds within which the scheduler has to answer."""


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """A block with a client of the scheduler at `address`, such as tcp://10.0.0.5:8786.

    Raises `ClusterError` where Dask is not installed, and where no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterError(
            "work on a cluster needs the package distributed",
            got="none",
            remedy=install_advice("distributed"),
        ) from error
    try:
        client = Client(
            address, timeout=TIMEOUT, set_as_default=False, name="tacan", loop=running_loop()
        )
    except (OSError, TypeError, ValueError) as error:
        raise ClusterError(
            "the address of a cluster must be that of a scheduler that answers, such as "
            "tcp://10.0.0.5:8786 or tls://...",
            got=f"{address!r} ({error or 'no answer'})",
            remedy="Start one with `dask scheduler`, and workers with `dask worker ADDRESS`: see "
            "docs/cluster.md.",
        ) from error
    try:
        yield client
    finally:
        client.close()


@cache
def running_loop() -> IOLoop:
    """The event loop of all clients. It runs in a thread, however long that takes to start.

    Dask, left to itself, stops with an assertion where it takes ten seconds, as on a machine that
    is busy.
    """
    from tornado.ioloop import IOLoop

    started: Future[IOLoop] = Future()

    async def run() -> None:
        started.set_result(IOLoop.current())
        await asyncio.Event().wait()

    Thread(target=asyncio.run, args=[run()], name="clients", daemon=True).start()
    return started.result()
