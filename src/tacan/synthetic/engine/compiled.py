"""How loops are compiled: the options that every kernel hands to numba."""

from __future__ import annotations

__all__ = ["KERNEL", "LEAN"]

KERNEL = {"cache": True, "error_model": "numpy"}
"""For kernels that make arrays. The machine code is kept beside the package."""

LEAN = {**KERNEL, "_nrt": False}
"""For kernels that only read and write arrays made elsewhere, and call only such kernels.

Numba counts who holds an array at each call that hands it on. A lean kernel borrows its arrays
from its caller, who holds them until it returns; counting took a seventh of all drawing time.
"""
