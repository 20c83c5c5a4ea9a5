"""How a generated data set lies on disk: each layout imitates a real data set's files."""

from __future__ import annotations

from tacan.errors import ConfigError
from tacan.synthetic.layouts.duke_video import DUKE_VIDEO
from tacan.synthetic.layouts.folder import FOLDER
from tacan.synthetic.layouts.ilids_vid import ILIDS_VID
from tacan.synthetic.layouts.layout import Layout
from tacan.synthetic.layouts.mars import MARS
from tacan.synthetic.layouts.prid2011 import PRID2011

__all__ = ["LAYOUTS", "Layout", "find_layout"]

LAYOUTS: dict[str, Layout] = {
    "mars": MARS,
    "ilids-vid": ILIDS_VID,
    "prid2011": PRID2011,
    "duke-video": DUKE_VIDEO,
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
