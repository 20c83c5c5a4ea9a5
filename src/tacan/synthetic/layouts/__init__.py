"""How a generated data set lies on disk: each layout imitates a real data set's files."""

from __future__ import annotations

from tacan.errors import ConfigError
from tacan.synthetic.layouts.folder import FOLDER
from tacan.synthetic.layouts.layout import Layout
from tacan.synthetic.layouts.mars import MARS

__all__ = ["LAYOUTS", "Layout", "find_layout"]

LAYOUTS: dict[str, Layout] = {
    "mars": MARS,
    "folder": FOLDER,
}


def find_layout(name: str) -> Layout:
    """The layout called `name`. Raises `ConfigError`, which lists the known names."""
    if name not in LAYOUTS:
        known = ", ".join(LAYOUTS)
        raise ConfigError(
            [f"layout must be one of {known}; got {name!r}"], source="the generated data set"
        )
    return LAYOUTS[name]
