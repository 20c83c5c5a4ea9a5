"""Tables as MATLAB files, the form in which several data sets publish theirs."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from tacan.files import atomic_path

__all__ = ["write_mat"]

_HEADER = b"MATLAB 5.0 MAT-file, written by TACAN".ljust(116)


def write_mat(path: Path, name: str, table: np.ndarray) -> None:
    """A MATLAB 5 file whose header holds no date, so that equal tables are equal files."""
    from scipy.io import savemat  # slow to import, and needed once

    memory = io.BytesIO()
    savemat(memory, {name: table})
    with atomic_path(path) as draft:
        draft.write_bytes(_HEADER + memory.getvalue()[len(_HEADER) :])
