"""Who a ladder trains on and who it is tested with: generated people, or a copy of MARS.

Generated people are data sets drawn from different seeds. They share neither an identity nor a
camera: the cameras of the test, with their places, light and colours, are as new to the model as
the people.
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

__all__ = ["Bed", "Crowd", "generate_part", "generated_bed", "mars_bed", "read_people"]

PARTS: dict[str, dict[str, Any]] = {
    # A `folder` can have any number of cameras; only a test has distractors and junk.
    "train": {"layout": "folder", "distractor_share": 0.0, "junk_share": 0.0},
    "test": {"layout": "mars", "train_identities": 0},
}
"""What generated people are for, and what follows for their data set."""

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Crowd:
    """A data set on disk, by its name for `load_split` and its root."""

    dataset: str
    root: Path


@dataclass(frozen=True, slots=True)
class Bed:
    """Who the ladder stands on.

    `visibility` holds what is known of occlusion in the test, by tracklet id, or None; `settings`
    tell one bed from another.
    """

    train: Crowd
    test: Crowd
    visibility: Mapping[str, np.ndarray] | None
    settings: Mapping[str, Any]


def read_people(path: Path) -> dict[str, dict[str, Any]]:
    """For each of `PARTS` the arguments of `tacan.synthetic.generate`, from a YAML file.

    The file has the sections `all`, `train` and `test`; what `all` says holds for both. Raises
    `ConfigError` with all faults at once, also where both have one seed: they would have people
    and cameras in common.
    """
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError([f"it can't be read: {error}"], source=f"people {path}") from error
    sections = ("all", *PARTS)
    if not isinstance(tree, dict) or not all(
        isinstance(tree.get(name, {}), dict) for name in sections
    ):
        raise ConfigError([f"its sections are {', '.join(sections)}"], source=f"people {path}")
    faults = [f"{name}: there is no such section" for name in tree if name not in sections]
    people = {part: tree.get("all", {}) | tree.get(part, {}) for part in PARTS}
    faults += _faults(people)
    if faults:
        raise ConfigError(faults, source=f"people {path}")
    return {part: arguments | PARTS[part] for part, arguments in people.items()}


def _faults(people: Mapping[str, Arguments]) -> list[str]:
    faults = []
    for part, arguments in people.items():
        known = {field.name for field in fields(Settings)} - {"layout", *PARTS[part]}
        faults += [
            f"{part}.{name}: there is no such setting of these people"
            for name in sorted(set(arguments) - known)
        ]
        faults += [
            f"{part}.{name} is missing"
            for name in ("identities", "cameras", "seed")
            if name not in arguments
        ]
    seeds = {part: arguments.get("seed") for part, arguments in people.items()}
    if not faults and len(set(seeds.values())) < len(seeds):
        shown = ", ".join(f"{part}.seed {seed}" for part, seed in seeds.items())
        faults.append(f"seeds must differ; got {shown}")
    return faults


def generate_part(
    out: Path, arguments: Arguments, *, workers: int = 1, progress: Progress = silent
) -> None:
    """Generates people in `out`; those that are there, from the same settings, are taken.

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


def generated_bed(out: Path, people: Mapping[str, Arguments]) -> Bed:
    """The bed of people that `generate_part` made in `out`, each part in a folder of its name."""
    crowds = {part: Crowd(arguments["layout"], out / part) for part, arguments in people.items()}
    return Bed(
        train=crowds["train"],
        test=crowds["test"],
        visibility=read_visibility(crowds["test"].root),
        settings={"generated": {part: dict(arguments) for part, arguments in people.items()}},
    )


def mars_bed(root: Path) -> Bed:
    """A copy of MARS: its own training and test people, and the same six cameras in both."""
    mars = Crowd("mars", root)
    return Bed(train=mars, test=mars, visibility=None, settings={"mars": True})
