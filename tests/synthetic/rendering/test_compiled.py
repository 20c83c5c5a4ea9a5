from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numba import config as numba_config
from numba import njit
from numba.core.errors import NumbaError

from tacan.synthetic.rendering import compiled as compiled_module
from tacan.synthetic.rendering.compiled import KERNEL, LEAN, code_can_be_kept


def weighed(table, weights):
    total = 0.0
    for i in range(len(table)):
        row = table[i]
        for k in range(len(row)):
            total += weights[k] * row[k]
    return total


def compiled(function, options):
    return njit(**{**options, "cache": False})(function)


def test_a_lean_kernel_gives_what_the_plain_loop_gives():
    rng = np.random.default_rng(0)
    table, weights = rng.normal(size=(7, 5)), rng.normal(size=5)
    held = sys.getrefcount(table), sys.getrefcount(weights)
    found = [compiled(weighed, options)(table, weights) for options in (KERNEL, LEAN)]
    assert found == [weighed(table, weights)] * 2
    assert (sys.getrefcount(table), sys.getrefcount(weights)) == held


def test_a_kernel_that_makes_arrays_cannot_be_lean():
    def made(n):
        return np.zeros(n).sum()

    assert compiled(made, KERNEL)(3) == 0
    with pytest.raises(NumbaError):
        compiled(made, LEAN)(3)


@pytest.fixture
def no_named_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba_config, "CACHE_DIR", "")
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")


@pytest.fixture
def read_only(tmp_path: Path) -> Path:
    """A file where a folder should be: not even root can write into it."""
    file = tmp_path / "sources"
    file.touch()
    return file


@pytest.mark.usefixtures("no_named_folder")
def test_code_is_kept_beside_the_sources(tmp_path: Path):
    assert code_can_be_kept(tmp_path)
    assert numba_config.CACHE_DIR == ""


@pytest.mark.usefixtures("no_named_folder")
def test_code_is_kept_where_the_user_says(
    tmp_path: Path, read_only: Path, monkeypatch: pytest.MonkeyPatch
):
    named = str(tmp_path / "named")
    monkeypatch.setattr(numba_config, "CACHE_DIR", named)
    assert code_can_be_kept(read_only)
    assert named == numba_config.CACHE_DIR


@pytest.mark.usefixtures("no_named_folder")
@pytest.mark.parametrize("named", ["", "sources/below"])
def test_code_is_kept_for_a_while_where_the_sources_are_read_only(
    named: str, tmp_path: Path, read_only: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(numba_config, "CACHE_DIR", named and str(tmp_path / named))
    ends: list[Callable[[], None]] = []
    monkeypatch.setattr(
        compiled_module.atexit, "register", lambda end, *words: ends.append(partial(end, *words))
    )
    assert code_can_be_kept(read_only)
    folder = Path(numba_config.CACHE_DIR)
    assert folder.is_dir()
    assert os.environ["NUMBA_CACHE_DIR"] == str(folder)
    for end in ends:
        end()
    assert not folder.exists()


@pytest.mark.usefixtures("no_named_folder")
def test_without_any_folder_code_is_not_kept(
    tmp_path: Path, read_only: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    assert not code_can_be_kept(read_only)
