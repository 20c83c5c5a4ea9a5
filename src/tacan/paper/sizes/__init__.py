"""The sizes at which tables are made: a folder each, with the full model and the people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["SIZES", "Size"]


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


SIZES: dict[str, Size] = {name: Size(name) for name in ("two-cores", "one-gpu", "paper-size")}
"""`two-cores` trains a row in minutes without a GPU; `one-gpu` has the encoder and the crops of
Sec. 4.5, from random weights and in minutes; `paper-size` is Sec. 4.5."""
