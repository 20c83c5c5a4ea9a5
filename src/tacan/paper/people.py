"""Who a ladder trains on and who it is tested with: generated people, or a copy of MARS.

Generated people are two data sets in MARS' layout, drawn from different seeds. They share neither
an identity nor a camera: the cameras of the test, with their places, light and colours, are as
new to the model as the people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from tacan.errors import ConfigError, StorageError
from tacan.progress import Progress, silent
from tacan.synthetic import generate, read_manifest, read_visibility
from tacan.synthetic.settings import Settings
from tacan.synthetic.truth import is_generated

__all__ = ["HALVES", "Bed", "generate_half", "generated_bed", "mars_bed", "read_people"]

HALVES = ("train", "test")

LAYOUT = "mars"

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bed:
    """Roots of the training and of the test split, both in MARS' layout.

    `visibility` holds what is known of occlusion, by tracklet id, or None; `settings` tell one
    bed from another.
    """

    train_root: Path
    test_root: Path
    visibility: Mapping[str, np.ndarray] | None
    settings: Mapping[str, Any]


def read_people(path: Path) -> dict[str, dict[str, Any]]:
    """For each of `HALVES` the arguments of `tacan.synthetic.generate`, from a YAML file.

    The file has the sections `both`, `train` and `test`; the last two are laid over the first.
    Raises `ConfigError` with all faults at once, also where both halves have one seed: they would
    have people and cameras in common.
    """
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError([f"it can't be read: {error}"], source=f"people {path}") from error
    sections = ("both", *HALVES)
    if not isinstance(tree, dict) or not all(
        isinstance(tree.get(name, {}), dict) for name in sections
    ):
        raise ConfigError([f"its sections are {', '.join(sections)}"], source=f"people {path}")
    faults = [f"{name}: there is no such section" for name in tree if name not in sections]
    halves = {half: tree.get("both", {}) | tree.get(half, {}) for half in HALVES}
    faults += _faults(halves)
    if faults:
        raise ConfigError(faults, source=f"people {path}")
    return {
        half: arguments
        | {
            "layout": LAYOUT,
            "train_identities": arguments["identities"] if half == "train" else 0,
        }
        for half, arguments in halves.items()
    }


def _faults(halves: Mapping[str, Arguments]) -> list[str]:
    known = {field.name for field in fields(Settings)} - {"layout", "train_identities"}
    faults = []
    for half, arguments in halves.items():
        faults += [
            f"{half}.{name}: there is no such setting of people"
            for name in sorted(set(arguments) - known)
        ]
        faults += [
            f"{half}.{name} is missing"
            for name in ("identities", "cameras", "seed")
            if name not in arguments
        ]
    seeds = [arguments.get("seed") for arguments in halves.values()]
    if not faults and seeds[0] == seeds[1]:
        faults.append(f"train.seed and test.seed must differ; both are {seeds[0]}")
    return faults


def generate_half(
    out: Path, arguments: Arguments, *, workers: int = 1, progress: Progress = silent
) -> None:
    """Generates one half in `out`; one that is there, from the same settings, is taken.

    Raises `StorageError` where `out` holds anything else.
    """
    wanted = Settings(**arguments).as_dict()
    if is_generated(out):
        before = read_manifest(out)["settings"]
        if changed := [name for name, value in wanted.items() if before.get(name) != value]:
            raise StorageError(
                "a ladder goes on with the people that it began with",
                got=f"{out}, made with other settings: {', '.join(changed)}",
                remedy="Choose another folder by --out.",
            )
        progress(1, 1)
        return
    generate(out, **arguments, workers=workers, progress=progress)


def generated_bed(roots: Mapping[str, Path], people: Mapping[str, Arguments]) -> Bed:
    """The bed of halves that `generate_half` made in `roots`."""
    return Bed(
        roots["train"],
        roots["test"],
        read_visibility(roots["test"]),
        {"generated": {half: dict(people[half]) for half in HALVES}},
    )


def mars_bed(root: Path) -> Bed:
    """A copy of MARS: its own training and test people, and the same six cameras in both."""
    return Bed(root, root, None, {"mars": True})
