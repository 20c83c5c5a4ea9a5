"""The sizes at which tables are made: a folder each, with the full model and the people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

__all__ = ["OTHERS", "SIZES", "Size"]


@dataclass(frozen=True, slots=True)
class Size:
    """`base`: settings of the full model. `people`: those of the generated people."""

    name: str

    @property
    def base(self) -> Path:
        return Path(__file__).parent / self.name / "base.yaml"

    @property
    def people(self) -> Path:
        return Path(__file__).parent / self.name / "people.yaml"

    def other_people(self, layout: str) -> dict[str, Any]:
        """Arguments of `tacan.synthetic.generate` for `layout`: crops like those of `people`, and
        as many identities as `OTHERS` has for it."""
        every = yaml.safe_load(self.people.read_text(encoding="utf-8"))["all"]
        return {**every, **OTHERS[layout][self.name], "layout": layout, "occluded_share": 0.6}


LONG = {"min_frames": 27, "median_frames": 50, "max_frames": 120}
"""PRID-2011's splits are of people with 27 frames or more in both cameras."""

OTHERS: dict[str, dict[str, dict[str, Any]]] = {
    "duke-video": {
        "two-cores": {"identities": 120, "cameras": 8, "seed": 21},
        "paper-size": {"identities": 1404, "cameras": 8, "seed": 21},
    },
    "ilids-vid": {
        "two-cores": {"identities": 80, "cameras": 2, "seed": 31},
        "paper-size": {"identities": 300, "cameras": 2, "seed": 31},
    },
    "prid2011": {
        "two-cores": {"identities": 80, "cameras": 2, "seed": 41, **LONG},
        "paper-size": {"identities": 178, "cameras": 2, "seed": 41, **LONG},
    },
}
"""By layout and size; half of the identities are for training."""

SIZES: dict[str, Size] = {name: Size(name) for name in ("two-cores", "one-gpu", "paper-size")}
"""`two-cores` trains a row in minutes without a GPU; `one-gpu` has the encoder and the crops of
Sec. 4.5, from random weights and in minutes; `paper-size` is Sec. 4.5."""
