"""What a command finds around it: standard streams in whatever state, and a home to leave alone."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

from tacan.text import for_terminal

__all__ = ["drop_output", "mend_streams", "nothing_under_home", "tell_warnings"]

CACHES = ("MPLCONFIGDIR", "TORCHINDUCTOR_CACHE_DIR")
"""Where matplotlib keeps its list of fonts, and torch what it compiles."""


def mend_streams() -> None:
    """Opens standard streams that are closed, and makes the others take any text.

    A closed one would be the number of the next file that is opened, a gallery's database perhaps,
    and messages would be written into that. Standard output that was closed refuses what is
    written, as a full one does; standard error that was closed takes it to nowhere.
    """
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # takes the lowest number that is free: this one
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.FileIO(0, "r", closefd=False), encoding="utf-8")
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def drop_output() -> None:
    """Lets what standard output does not take go nowhere: Python flushes it once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


@contextmanager
def nothing_under_home() -> Iterator[None]:
    """Gives what others would leave behind a folder that goes when the command ends.

    The home directory, where they would put it, may not be writable either. Who sets one of the
    variables names a place where it stays. Where no temporary folder can be made, most commands
    need none.
    """
    unset = [name for name in CACHES if name not in os.environ]
    try:
        temporary = TemporaryDirectory(prefix="tacan-", ignore_cleanup_errors=True)
    except OSError:
        yield
        return
    with temporary as folder:
        os.environ.update(dict.fromkeys(unset, folder))
        try:
            yield
        finally:
            for name in unset:
                del os.environ[name]


@contextmanager
def tell_warnings() -> Iterator[None]:
    """Shows TACAN's own warnings as a line on standard error, without the place in its code."""
    with warnings.catch_warnings():
        plainly = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *place: Any) -> None:
            if category.__module__.startswith("tacan."):
                sys.stderr.write(f"{for_terminal(f'Note: {message}')}\n")
            else:
                plainly(message, category, *place)

        warnings.showwarning = show
        yield
