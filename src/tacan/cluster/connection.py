"""The connection to the scheduler of a cluster.

It is the only address that this process speaks to, besides the workers that the scheduler names.
No dashboard is opened here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tacan.errors import ClusterError
from tacan.installing import install_advice

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["connected"]

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
        client = Client(address, timeout=TIMEOUT, set_as_default=False, name="tacan")
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
