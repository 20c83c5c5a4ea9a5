"""Generated people as tracklets in real data sets' layouts, with ground truth beside them.

>>> sorted(LAYOUTS)
['duke-video', 'folder', 'ilids-vid', 'mars', 'prid2011']
"""

from __future__ import annotations

from tacan.synthetic.dataset import SyntheticDataset, generate
from tacan.synthetic.layouts import LAYOUTS
from tacan.synthetic.truth import read_manifest, read_visibility

__all__ = ["LAYOUTS", "SyntheticDataset", "generate", "read_manifest", "read_visibility"]
