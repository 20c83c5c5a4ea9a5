"""How loops are compiled: the options that every kernel hands to numba, and where code is kept."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from numba import config as numba_config

__all__ = ["KERNEL", "LEAN", "code_can_be_kept"]

FOLDER = Path(__file__).parent


def code_can_be_kept(folder: Path = FOLDER) -> bool:
    """Whether machine code can be kept for the processes that are started later.

    It is kept in NUMBA_CACHE_DIR if that is set, else in `__pycache__` beside the sources in
    `folder`. Where neither can be written, as in an installation by somebody else, it is kept in a
    temporary folder that goes with this process: numba would use the home directory, where nothing
    of ours belongs, and fail where there is none.
    """
    named: str = numba_config.CACHE_DIR  # pyright: ignore[reportAttributeAccessIssue]
    if (named and _takes_files(Path(named))) or _takes_files(folder / "__pycache__"):
        return True
    try:
        private = tempfile.mkdtemp(prefix="tacan-kernels-")
    except OSError:
        return False
    atexit.register(_remove, private, os.getpid())
    # For processes that are started later, and for this one, which has read the variable already.
    os.environ["NUMBA_CACHE_DIR"] = private
    numba_config.CACHE_DIR = private  # pyright: ignore[reportAttributeAccessIssue]
    return True


def _takes_files(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _remove(folder: str, owner: int) -> None:
    """Removes `folder` at the end of the process `owner`; a fork of it leaves it alone."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


KERNEL = {"cache": code_can_be_kept(), "error_model": "numpy"}
"""For kernels that make arrays."""

LEAN = {**KERNEL, "_nrt": False}
"""For kernels that only read and write arrays made elsewhere, and call only such kernels.

Numba counts who holds an array at each call that hands it on. A lean kernel borrows its arrays
from its caller, who holds them until it returns; counting took a seventh of all drawing time.
"""
