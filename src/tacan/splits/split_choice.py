"""The splits of a data set to evaluate, and the people to train on and to test with in each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tacan.datasets import DATASETS, load_dataset
from tacan.datasets.prid2011 import VARIANTS
from tacan.errors import ConfigError, DatasetLayoutError
from tacan.files import names_sha256
from tacan.records import Tracklet, TrackletSplit

__all__ = ["NUMBERED", "SplitChoice", "TrainTestSplit", "parse_numbers", "tracklets_key"]

NUMBERED = tuple(name for name, dataset in DATASETS.items() if dataset.n_splits > 1)
"""The data sets with numbered splits."""

PUBLISHED, SEEDED = VARIANTS

_RANGE = re.compile(r"([0-9]{1,3})(?:-([0-9]{1,3}))?")


def parse_numbers(text: str) -> tuple[int, ...]:
    """Split numbers from a list of numbers and ranges, sorted, each once.

    >>> parse_numbers("0-2, 7,1")
    (0, 1, 2, 7)

    Raises `ConfigError`.
    """
    numbers: set[int] = set()
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last:
            fault = f"splits are numbers from 0 on, as in 0-9 or 0,3,5; got {text!r}"
            raise ConfigError([fault], source="--splits")
        numbers.update(range(first, last + 1))
    return tuple(sorted(numbers))


@dataclass(frozen=True, slots=True)
class TrainTestSplit:
    """Split `number`: the tracklets to train on, and those to test with."""

    number: int
    train: TrackletSplit
    test: TrackletSplit

    @property
    def key(self) -> str:
        """SHA-256 of both halves: another one means other people, cameras or frames."""
        return tracklets_key((*self.train, *self.test), n_first=len(self.train))


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitChoice:
    """Splits `numbers` of the data set in `root`.

    `variant`, `splits_file` and `split_seed` are those of `tacan.datasets.load_dataset`; where the
    data set has a default for the first or the last, it is filled in.

    Raises `DatasetLayoutError` for a data set without numbered splits, and `ConfigError` for
    options that have no meaning for the data set or its variant.
    """

    dataset: str
    root: Path
    numbers: tuple[int, ...]
    variant: str | None = None
    splits_file: Path | None = None
    split_seed: int | None = None

    def __post_init__(self) -> None:
        if self.dataset not in NUMBERED:
            raise DatasetLayoutError(
                f"the data sets with numbered splits are {', '.join(NUMBERED)}",
                got=repr(self.dataset),
                remedy="For others use `tacan train`, `tacan embed` and `tacan evaluate`.",
            )
        if self.variant is None and "variant" in DATASETS[self.dataset].options:
            object.__setattr__(self, "variant", PUBLISHED)
        if faults := list(self._faults()):
            raise ConfigError(faults, source="the choice of splits")
        if self.variant == SEEDED and self.split_seed is None:
            object.__setattr__(self, "split_seed", 0)

    def _faults(self) -> Iterator[str]:
        if not self.numbers:
            yield "at least one split must be chosen"
        if self.split_seed is not None and self.variant != SEEDED:
            yield f"split_seed {self.split_seed} is for the variant {SEEDED} of prid2011 only"
        if self.splits_file is not None and self.variant == SEEDED:
            yield f"splits_file {self.splits_file} is not for {SEEDED}, whose splits are drawn"
        if self.variant is not None and "variant" not in DATASETS[self.dataset].options:
            yield f"variant {self.variant!r} is for prid2011 only"

    @property
    def n_published(self) -> int:
        """Over how many splits a published result is the mean."""
        return DATASETS[self.dataset].n_splits

    @property
    def options(self) -> dict[str, Any]:
        """The options of `load_dataset` besides the data set, its root and the number."""
        return {
            "variant": self.variant,
            "splits_file": self.splits_file,
            "split_seed": self.split_seed,
        }

    def settings(self) -> dict[str, Any]:
        """The settings that give a split's number its meaning, but for the files themselves."""
        return {
            "dataset": self.dataset,
            "variant": self.variant,
            "split_seed": self.split_seed,
        }

    def load(self) -> tuple[TrainTestSplit, ...]:
        """Every chosen split. Raises `DatasetLayoutError`."""
        return tuple(
            TrainTestSplit(number, self._half("train", number), self._half("test", number))
            for number in self.numbers
        )

    def _half(self, split: str, number: int) -> TrackletSplit:
        return load_dataset(self.dataset, self.root, split, split_number=number, **self.options)


def tracklets_key(tracklets: Iterable[Tracklet], *, n_first: int = 0) -> str:
    """SHA-256 of `tracklets`, of which the first `n_first` play another part than the rest.

    Where they lie is left out, so that a copy may be moved.
    """
    names = (
        (tracklet.tracklet_id, str(tracklet.pid), str(tracklet.camid), *tracklet.frames)
        for tracklet in tracklets
    )
    return names_sha256(names, start=str(n_first))
