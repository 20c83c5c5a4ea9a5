"""How a generated data set lies on disk: each layout imitates a real data set's files."""

from __future__ import annotations

from tacan.errors import ConfigError
from tacan.synthetic.layouts.duke_video_layout import DUKE_VIDEO
from tacan.synthetic.layouts.folder_layout import FOLDER
from tacan.synthetic.layouts.ilids_vid_layout import ILIDS_VID
from tacan.synthetic.layouts.layout import Layout
from tacan.synthetic.layouts.mars_layout import MARS
from tacan.synthetic.layouts.prid2011_layout import PRID2011

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
