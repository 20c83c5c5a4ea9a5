"""The people that a table is trained on and tested with: generated ones, or a copy of MARS.

Generated people are data sets drawn from different seeds. They share neither an identity nor a
camera: the cameras of a test, with their places, light and colours, are as new to the model as
the people. There are several tests, because a step of a few points that shows in one small test may
not show in the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from tacan.config.yaml_text import read_yaml
from tacan.errors import ConfigError, StorageError
from tacan.progress import Progress, silent
from tacan.runs.run_state import setting_differences
from tacan.synthetic import DatasetSettings, generate, read_manifest, read_visibility
from tacan.synthetic.layouts import find_layout
from tacan.synthetic.tracklets.tracklet_truth import is_generated

__all__ = [
    "DUKE_PROTOCOL",
    "PROTOCOL",
    "Benchmark",
    "TestSet",
    "duke_benchmark",
    "generate_part",
    "generated_benchmark",
    "mars_benchmark",
    "read_people",
]

PROTOCOL = "mars-9330"
"""The one whose gallery has the size that the paper gives."""

DUKE_PROTOCOL = "cross-camera"
"""That of published results on DukeMTMC-VideoReID."""

PARTS: dict[str, dict[str, Any]] = {
    # A `folder` can have any number of cameras; only a test has distractors and junk.
    "train": {"layout": "folder", "distractor_share": 0.0, "junk_share": 0.0},
    "test": {"layout": "mars", "train_identities": 0},
}
"""The parts of generated people, and the settings that each part has by itself."""

SEED = {"train": "seed", "test": "seeds"}
"""The setting of each part that its people are drawn from."""

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TestSet:
    """A data set on disk, by its name for `load_dataset` and its root.

    `visibility` holds what is known of occlusion, by tracklet id, or None.
    """

    __test__ = False  # not a test of pytest's

    dataset: str
    root: Path
    visibility: Mapping[str, np.ndarray] | None = None


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The data set to train on, and those to test with by the tests' names.

    `settings` tell one benchmark from another. `protocol` is a name in
    `tacan.evaluation.protocol.PROTOCOLS`.
    """

    train: TestSet
    tests: Mapping[str, TestSet]
    settings: Mapping[str, Any]
    protocol: str = PROTOCOL


def read_people(path: Path) -> dict[str, dict[str, Any]]:
    """The arguments of `tacan.synthetic.generate` for `train` and each test, from a YAML file.

    The file has the sections `all`, `train` and `test`; what `all` says holds for both. `seeds` of
    `test` lists a seed for each test; test N is called `test-N`. Raises `ConfigError` with all
    faults at once, also where a seed comes twice: there would be people and cameras in common.
    """
    read_yaml(path, source=f"people {path}")  # refuses what is no YAML of settings, or endless
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8-sig")) or {}
    except ValueError as error:  # such as a date that the calendar doesn't have
        raise ConfigError([f"a value can't be read: {error}"], source=f"people {path}") from error
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
    test = people["test"] | PARTS["test"]
    seeds = test.pop("seeds")
    tests = {f"test-{seed}": test | {"seed": seed} for seed in seeds}
    return {"train": people["train"] | PARTS["train"], **tests}


def _faults(people: Mapping[str, Arguments]) -> list[str]:
    faults = []
    for part, arguments in people.items():
        known = {field.name for field in fields(DatasetSettings)} - {"layout", "seed", *PARTS[part]}
        known |= {SEED[part]}
        faults += [
            f"{part}.{name}: there is no such setting of these people"
            for name in sorted(set(arguments) - known)
        ]
        faults += [
            f"{part}.{name} is missing"
            for name in ("identities", "cameras", SEED[part])
            if name not in arguments
        ]
    if faults:
        return faults
    train, tests = (people[part][name] for part, name in SEED.items())
    if not isinstance(tests, list) or not tests:
        return [f"test.seeds lists a seed for each test; got {tests!r}"]
    if not all(isinstance(seed, int) for seed in (train, *tests)):
        return [f"seeds are whole numbers; got train.seed {train!r}, test.seeds {tests!r}"]
    if len({train, *tests}) <= len(tests):
        return [f"seeds must differ; got train.seed {train}, test.seeds {tests}"]
    return []


def generate_part(
    out: Path, arguments: Arguments, *, workers: int = 1, progress: Progress = silent
) -> None:
    """Generates people in `out`; those that are there, from the same settings, are taken.

    Raises `StorageError` where `out` holds anything else.
    """
    settings = DatasetSettings(**arguments)
    # The manifest has the settings that were followed, without what the layout doesn't have.
    wanted = find_layout(settings.layout).suit(settings).as_dict()
    if is_generated(out):
        before = read_manifest(out)["settings"]
        if differences := setting_differences(before, wanted, unknown_differs=True):
            raise StorageError(
                "a table goes on with the people that it began with",
                got=f"{out}, made with other settings: {'; '.join(differences)}",
                remedy="Choose another folder by --out.",
            )
        progress(1, 1)
        return
    _require_one_process(out)
    generate(out, settings, workers=workers, progress=progress)


def _require_one_process(out: Path) -> None:
    from tacan.training.processes import Processes

    if (count := Processes.from_torchrun().world_size) > 1:
        raise StorageError(
            "people are generated by one process",
            got=f"{count} processes of torchrun, and no people in {out}",
            remedy="Run `tacan paper people` with the same options first, without torchrun.",
        )


def generated_benchmark(out: Path, people: Mapping[str, Arguments]) -> Benchmark:
    """The people that `generate_part` made in `out`, each part in a folder of its name."""
    return Benchmark(
        train=TestSet(people["train"]["layout"], out / "train"),
        tests={
            part: TestSet(arguments["layout"], out / part, read_visibility(out / part))
            for part, arguments in people.items()
            if part != "train"
        },
        settings={"generated": {part: dict(arguments) for part, arguments in people.items()}},
    )


def mars_benchmark(root: Path) -> Benchmark:
    """A copy of MARS: its own training and test people, and the same six cameras in both."""
    mars = TestSet("mars", root)
    return Benchmark(train=mars, tests={"mars": mars}, settings={"mars": True})


def duke_benchmark(root: Path) -> Benchmark:
    """A copy of DukeMTMC-VideoReID, or people generated in its layout.

    Its queries are in the gallery a second time, so that no visibility is given: a clip would count
    twice.
    """
    duke = TestSet("duke-video", root)
    settings = read_manifest(root)["settings"] if is_generated(root) else True
    return Benchmark(
        train=duke, tests={"duke": duke}, settings={"duke": settings}, protocol=DUKE_PROTOCOL
    )
