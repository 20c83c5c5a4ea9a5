"""What a demo is made from: the people, the two models, and what its folder is called by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tacan.config import TrainConfig, load_config

__all__ = ["METHODS", "PEOPLE", "PRESET", "PROTOCOL", "DemoSettings", "Method"]

PRESET = "demo"
PROTOCOL = "mars-9330"
PEOPLE = "people"
"""Name of the folder that holds the generated data set, in MARS' layout."""


@dataclass(frozen=True, slots=True)
class Method:
    """One of the two models: its name in files, its title, and what sets it apart."""

    name: str
    title: str
    overrides: Mapping[str, Any] = field(default_factory=dict)


METHODS = (
    Method("tacan", "TACAN"),
    Method("mean_pooling", "Mean pooling", {"model.clip_weight": "none"}),
)
"""What is compared. Everything but the clip weight is the same, the seed included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """All choices behind a demo. `iterations` None leaves them to the preset `demo`."""

    seed: int = 0
    iterations: int | None = None
    train_identities: int = 100
    test_identities: int = 60
    cameras: int = 6
    height: int = 64
    width: int = 32
    median_frames: int = 24
    occluded_share: float = 0.75

    @property
    def people(self) -> dict[str, Any]:
        """The arguments of `tacan.synthetic.generate`, but for where it writes."""
        return {
            "layout": "mars",
            "identities": self.train_identities + self.test_identities,
            "train_identities": self.train_identities,
            "cameras": self.cameras,
            "seed": self.seed,
            "height": self.height,
            "width": self.width,
            "median_frames": self.median_frames,
            "occluded_share": self.occluded_share,
        }

    def overrides(self, method: Method, out: Path) -> dict[str, Any]:
        """What is laid over the preset to train `method` in the demo's folder `out`."""
        own = {"data.root": str(out / PEOPLE), "run.seed": self.seed, **method.overrides}
        if self.iterations is not None:
            own["run.iterations"] = self.iterations
            own["optimiser.warmup"] = min(_warmup(), self.iterations // 10)
        return own

    def training(self, method: Method, out: Path) -> TrainConfig:
        """The settings that `method` is trained with. Raises `ConfigError`."""
        return load_config(PRESET, self.overrides(method, out))

    def record(self) -> dict[str, Any]:
        """Everything that decides what a demo comes out as, in plain values."""
        trained = {
            method.name: self.training(method, Path()).model_dump(mode="json", exclude={"data"})
            for method in METHODS
        }
        return {"demo": asdict(self), "training": trained}


def _warmup() -> int:
    return load_config(PRESET).optimiser.warmup
