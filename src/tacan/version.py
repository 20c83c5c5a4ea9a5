"""The version of this package, for those who may not import the front door."""

from __future__ import annotations

__all__ = ["VERSION"]

VERSION = "0.1.0"
