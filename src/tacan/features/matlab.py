"""Variables of a MATLAB file, which another process reads.

scipy's reader trusts what a file says of itself: a damaged one can end the process or take all
of its memory. Nothing but that other process is lost then.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tacan.errors import FeaturesError
from tacan.features.arrays import Arrays, check_size, memory_limit, read_npz

__all__ = ["read_mat"]

SECONDS = 300

OTHER_VERSION = 3
"""The other process' exit status for a file of version 7.3."""

# Numbers, truth values and texts; a cell array of texts becomes an array of them.
_SCRIPT = """
import resource, sys
import numpy as np
from scipy.io import loadmat
source, target, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
try:
    found = loadmat(source)
except NotImplementedError:
    sys.exit(3)
except BaseException as error:
    sys.exit((str(error) or type(error).__name__)[:300])
kept = {}
for name, array in found.items():
    array = np.asarray(array)
    if name.startswith("__"):
        continue
    if array.dtype.kind == "O" and array.ndim == 2 and 1 in array.shape:
        array = np.array([str(np.squeeze(entry)) for entry in array.ravel()])
    if array.dtype.kind in "biufcUS":
        kept[name] = array
np.savez(target, **{"_" + name: array for name, array in kept.items()})
"""


def read_mat(path: Path) -> Arrays:
    """The variables of a .mat file of up to version 7.2, without structs.

    Raises `FeaturesError` for a file that is damaged, too large, or of version 7.3.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe may never say anything
            raise _unreadable(path, "neither a file nor a link to one")
        check_size(path, status.st_size)
    except (OSError, ValueError) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or str(error)) from error
    with TemporaryDirectory(prefix="tacan-mat-") as folder:
        target = Path(folder) / "variables.npz"
        words = [os.fspath(path.absolute()), os.fspath(target), str(memory_limit() + (1 << 30))]
        try:
            done = subprocess.run(  # noqa: S603  the words are this file's own
                [sys.executable, "-I", "-c", _SCRIPT, *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise _unreadable(path, str(error)) from error
        if done.returncode == OTHER_VERSION:
            raise FeaturesError(
                "a .mat file must be of version 7.2 or older",
                got=f"{path}, which is of version 7.3",
                remedy="Save it in MATLAB with `save(file, '-v7', ...)`.",
            )
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            ended = f"it ended its reader with signal {-done.returncode}"
            raise _unreadable(path, ended if done.returncode < 0 or not said else said[-1])
        return {name[1:]: array for name, array in read_npz(target).items()}


def _unreadable(path: Path, why: str) -> FeaturesError:
    return FeaturesError(
        "a .mat file must be whole and readable",
        got=f"{path} ({why})",
        remedy="Save it again.",
    )
