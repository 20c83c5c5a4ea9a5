from __future__ import annotations

import sys

import numpy as np
import pytest
from numba import njit
from numba.core.errors import NumbaError

from tacan.synthetic.engine.compiled import KERNEL, LEAN


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
