"""Generated people as tracklets in real data sets' layouts, with ground truth beside them.

>>> sorted(LAYOUTS)
['duke-video', 'folder', 'ilids-vid', 'mars', 'prid2011']
"""

from __future__ import annotations

from tacan.synthetic.layouts import LAYOUTS
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings
from tacan.synthetic.tracklets.generate import SyntheticDataset, generate
from tacan.synthetic.tracklets.tracklet_truth import read_manifest, read_visibility

__all__ = [
    "LAYOUTS",
    "DatasetSettings",
    "SyntheticDataset",
    "generate",
    "read_manifest",
    "read_visibility",
]
