"""The models that come with the package."""

from __future__ import annotations

__all__ = ["DEFAULT_MODEL", "SHIPPED_MODELS", "SHIPPED_WEIGHTS"]

SHIPPED_MODELS: dict[str, str] = {"street": "shipped/street"}
"""Name -> folder within `tacan`. Each folder has a card, README.md, that says what to expect."""

SHIPPED_WEIGHTS: dict[str, str] = {"visibility": "shipped/visibility"}
"""Likewise models that know nothing but the clip weight, to be lent to encoders."""

DEFAULT_MODEL = "street"
"""What embeds where nobody names a model."""
