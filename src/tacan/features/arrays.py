"""Arrays of .npz and .npy files, whose sizes are known before any memory is taken for them.

An archive of a few kilobytes can stand for more numbers than any machine holds, so the heads are
read first. No pickle is ever read.
"""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tacan.errors import FeaturesError

__all__ = ["Arrays", "array_names", "check_size", "memory_limit", "read_npy", "read_npz"]

Arrays = dict[str, NDArray[Any]]

_HEADS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_OBJECTS = "an array of Python objects"
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def memory_limit() -> int:
    """The most bytes that the arrays of one file may take: half of what this process can have."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with suppress(OSError, ValueError):  # No control group, or one without a limit ("max").
        memory = min(memory, int(_CGROUP_LIMIT.read_text()))
    return memory // 2


def check_size(path: Path, n_bytes: float) -> None:
    """Raises `FeaturesError` where the arrays of a file would take more than `memory_limit`."""
    limit = memory_limit()
    if n_bytes > limit:
        raise FeaturesError(
            f"the arrays of a file must fit into half of the memory, {_gigabytes(limit)} here",
            got=f"{_gigabytes(n_bytes)} in {path}",
            remedy="Give fewer rows at a time, or store float32 instead of float64.",
        )


def array_names(path: Path) -> tuple[str, ...]:
    """The names of the arrays of an .npz file. Raises `FeaturesError`."""
    with _explained(path), zipfile.ZipFile(path) as archive:
        members = archive.namelist()
    return tuple(name.removesuffix(".npy") for name in members if name.endswith(".npy"))


def read_npz(path: Path, names: Collection[str] | None = None) -> Arrays:
    """The arrays of an .npz file, of these names where they are given and there.

    Raises `FeaturesError` for a file that is damaged, holds objects, or is too large.
    """
    wanted = [name for name in array_names(path) if names is None or name in names]
    with _explained(path):
        n_bytes = 0
        with zipfile.ZipFile(path) as members:
            for name in wanted:
                with members.open(f"{name}.npy") as stream:
                    n_bytes += _bytes_in(stream)
        check_size(path, n_bytes)
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in wanted}


def read_npy(path: Path) -> NDArray[Any]:
    """The array of an .npy file. Raises as `read_npz` does."""
    with _explained(path):
        with path.open("rb") as stream:
            check_size(path, _bytes_in(stream))
        return np.load(path, allow_pickle=False)


def _bytes_in(stream: IO[bytes]) -> int:
    version = np.lib.format.read_magic(stream)
    if version not in _HEADS:
        raise ValueError(f"an array of format {version}, which holds no plain numbers")
    shape, _, dtype = _HEADS[version](stream)
    if dtype.hasobject:
        raise ValueError(_OBJECTS)
    return math.prod(shape) * dtype.itemsize


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Whatever a reader raises over a damaged file, as `FeaturesError`: the kinds are many."""
    try:
        yield
    except FeaturesError:
        raise
    except Exception as error:
        if str(error) == _OBJECTS:
            raise FeaturesError(
                "a features file must hold plain arrays, for a pickle can run any code",
                got=f"{path} with {_OBJECTS}",
                remedy="Store numbers, truth values and strings (`numpy.asarray(x, dtype=...)`).",
            ) from error
        raise FeaturesError(
            f"a features file must be a whole {path.suffix or '.npz'} archive",
            got=f"{path} ({str(error) or type(error).__name__})",
            remedy="Write it again with `numpy.savez` or `tacan embed`.",
        ) from error


def _gigabytes(n_bytes: float) -> str:
    return f"{n_bytes / 1e9:,.1f} GB"
