"""The plan of a generated data set: its tracklets, of whom, where and how long."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tacan.records import DISTRACTOR_PID, JUNK_PID
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings

__all__ = ["DatasetPlan", "Part", "plan_dataset"]

Kind = Literal["identity", "stranger", "nobody", "fragment"]
"""What a tracklet shows: a person with a pid; one without; no person; a badly cut person."""

_STREAM_SPLIT, _STREAM_WALKS, _STREAM_LENGTH, _STREAM_EXTRAS = 21, 22, 23, 24


@dataclass(frozen=True, slots=True)
class Part:
    """One tracklet to be made. `person` is an index into the population, None for nobody."""

    split: str
    pid: int
    camid: int
    number: int
    n_frames: int
    kind: Kind
    person: int | None

    @property
    def key(self) -> tuple[int, int, int]:
        """Names this tracklet in seeds, which must not be negative: pid, camera, number."""
        return _key(self.pid, self.camid, self.number)


@dataclass(frozen=True, slots=True)
class DatasetPlan:
    """All tracklets to be made, and for each split the people who may walk through its pictures."""

    parts: tuple[Part, ...]
    passers: dict[str, tuple[int, ...]]
    n_people: int


def plan_dataset(settings: DatasetSettings, *, splits: bool) -> DatasetPlan:
    """Shares out people, cameras and lengths.

    With `splits` the identities fall into `train` and `test`, and distractors and junk stand only
    in `test`; without, there is one split named `all`. Person i has pid i + 1 in either case;
    strangers have the indices after the last identity.
    """
    train = _training_people(settings) if splits else frozenset[int]()
    parts: list[Part] = []
    passers: dict[str, list[int]] = {"train": [], "test": []} if splits else {"all": []}
    for person in range(settings.identities):
        split = ("train" if person in train else "test") if splits else "all"
        passers[split].append(person)
        parts.extend(_walks(settings, person, split))
    real = sum(part.split != "train" for part in parts)
    extras = _extras(settings, real, "test" if splits else "all")
    parts.extend(extras)
    strangers = sum(part.kind == "stranger" for part in extras)
    parts.sort(key=lambda part: (part.split != "train", part.pid, part.camid, part.number))
    return DatasetPlan(
        parts=tuple(parts),
        passers={split: tuple(people) for split, people in passers.items()},
        n_people=settings.identities + strangers,
    )


def _training_people(settings: DatasetSettings) -> frozenset[int]:
    wanted = settings.train_identities
    wanted = settings.identities // 2 if wanted is None else wanted
    rng = np.random.default_rng([settings.seed, _STREAM_SPLIT])
    return frozenset(rng.permutation(settings.identities)[:wanted].tolist())


def _walks(settings: DatasetSettings, person: int, split: str) -> list[Part]:
    rng = np.random.default_rng([settings.seed, _STREAM_WALKS, person])
    order = rng.permutation(settings.cameras)
    seen = max(2, int(rng.binomial(settings.cameras, settings.seen_share)))
    walks = []
    for camera in sorted(order[:seen].tolist()):
        for number in range(1, int(rng.integers(1, settings.tracklets_per_camera + 1)) + 1):
            where = {"split": split, "pid": person + 1, "camid": camera + 1, "number": number}
            length = _length(settings, _key(person + 1, camera + 1, number))
            walks.append(Part(**where, n_frames=length, kind="identity", person=person))
    return walks


def _extras(settings: DatasetSettings, real: int, split: str) -> list[Part]:
    """Distractors (half of them people without a pid, half no people) and junk."""
    rng = np.random.default_rng([settings.seed, _STREAM_EXTRAS])
    extras: list[Part] = []
    strangers = 0
    shares = {DISTRACTOR_PID: settings.distractor_share, JUNK_PID: settings.junk_share}
    for pid, share in shares.items():
        numbers = dict.fromkeys(range(1, settings.cameras + 1), 0)
        for _ in range(round(share * real)):
            camid = int(rng.integers(1, settings.cameras + 1))
            numbers[camid] += 1
            kind, person = _extra(settings, pid, strangers, rng)
            strangers += kind == "stranger"
            where = {"split": split, "pid": pid, "camid": camid, "number": numbers[camid]}
            length = _length(settings, _key(pid, camid, numbers[camid]))
            extras.append(Part(**where, n_frames=length, kind=kind, person=person))
    return extras


def _extra(
    settings: DatasetSettings, pid: int, strangers: int, rng: np.random.Generator
) -> tuple[Kind, int | None]:
    sample = float(rng.random())
    anyone = int(rng.integers(settings.identities))
    if sample < 0.4:
        return "nobody", None
    if pid == JUNK_PID:
        return "fragment", anyone
    return "stranger", settings.identities + strangers


def _key(pid: int, camid: int, number: int) -> tuple[int, int, int]:
    return (pid if pid != JUNK_PID else 2**31 - 1), camid, number


def _length(settings: DatasetSettings, key: tuple[int, int, int]) -> int:
    rng = np.random.default_rng([settings.seed, _STREAM_LENGTH, *key])
    length = settings.median_frames * math.exp(0.7 * float(rng.standard_normal()))
    return min(max(round(length), settings.min_frames), settings.max_frames)
