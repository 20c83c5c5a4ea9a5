"""Numbered halves of a data set's people: one half to train on, the other to test with."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from tacan.errors import DatasetLayoutError, FeaturesError
from tacan.features.matlab import read_mat
from tacan.files import read_ordinary_file

__all__ = [
    "N_SPLITS",
    "PeopleSplit",
    "choose_split",
    "read_ilids_splits",
    "read_prid_splits",
    "seeded_split",
]

N_SPLITS = 10
"""Published results on iLIDS-VID and PRID-2011 are means over this many splits."""


LARGEST_FILE = 2**24
"""Bytes of a file of splits; the published ones are a thousand times smaller."""


@dataclass(frozen=True, slots=True)
class PeopleSplit:
    """The names of the people of each half, sorted. Raises `DatasetLayoutError` for a name in
    both halves or twice in one."""

    train: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        count = Counter(self.train + self.test)
        twice = sorted(name for name in count if count[name] > 1)
        if twice:
            raise DatasetLayoutError(
                "a split must have each person once, in one of its halves",
                got=f"{', '.join(twice[:3])} more than once",
                remedy="Restore the published splits file.",
            )

    def half(self, split: str) -> tuple[str, ...]:
        """The people of `train` or `test`."""
        return self.train if split == "train" else self.test


def read_ilids_splits(path: Path, people: Sequence[str]) -> tuple[PeopleSplit, ...]:
    """The splits of `train_test_splits_ilidsvid.mat`: `ls_set`, one row of ranks a split.

    An entry is the 1-based rank of a person in the SORTED list `people`: not a person number,
    which runs to 319 with gaps. The first half of a row is TEST, the rest train.

    Raises `DatasetLayoutError` for a missing or damaged file, and for a row that is not a
    permutation of all ranks.
    """
    ranks = _read_ranks(path)
    names = sorted(people)
    splits = []
    for number, row in enumerate(ranks):
        if sorted(row.tolist()) != list(range(1, len(names) + 1)):
            raise DatasetLayoutError(
                f"each row of ls_set must hold the ranks 1 to {len(names)} of all people once",
                got=f"{len(row)} entries from {row.min()} to {row.max()} in row {number + 1} "
                f"of {path}",
                remedy="The splits file is damaged, or people are missing from the copy.",
            )
        shuffled = [names[rank - 1] for rank in row]
        half = len(shuffled) // 2
        splits.append(PeopleSplit(_sorted(shuffled[half:]), _sorted(shuffled[:half])))
    return tuple(splits)


def read_prid_splits(path: Path) -> tuple[PeopleSplit, ...]:
    """The splits of a JSON file: a list of `{"train": [names], "test": [names]}`.

    Raises `DatasetLayoutError` for a missing or damaged file.
    """
    try:
        entries = json.loads(read_ordinary_file(path, at_most=LARGEST_FILE))
        return tuple(PeopleSplit(_names(e["train"]), _names(e["test"])) for e in entries)
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _unreadable(path, f"{type(error).__name__} {error}") from error


def seeded_split(people: Sequence[str], *, number: int, seed: int) -> PeopleSplit:
    """Half of `people` drawn for testing, the rest for training (one more if they are odd).

    People are ordered by the SHA-256 of `seed:number:name` and the first half is taken, so that
    the split is the same on every machine and with every version of any library.

    >>> split = seeded_split(["a", "b", "c", "d"], number=0, seed=0)
    >>> sorted(split.train + split.test), len(split.test)
    (['a', 'b', 'c', 'd'], 2)
    """
    shuffled = sorted(
        people, key=lambda name: hashlib.sha256(f"{seed}:{number}:{name}".encode()).digest()
    )
    half = len(shuffled) // 2
    return PeopleSplit(_sorted(shuffled[half:]), _sorted(shuffled[:half]))


def choose_split(splits: Sequence[PeopleSplit], number: int, source: Path) -> PeopleSplit:
    """Split `number`, counted from 0. Raises `DatasetLayoutError` if there is none such."""
    if not 0 <= number < len(splits):
        raise DatasetLayoutError(
            f"a split of {source} must have a number from 0 to {len(splits) - 1}",
            got=number,
            remedy="Choose one of them; a result is the mean over all.",
        )
    return splits[number]


def _read_ranks(path: Path) -> np.ndarray:
    if not path.is_file():
        raise _unreadable(path, "nothing there")
    try:
        state = path.stat()
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    file = (state.st_dev, state.st_ino)
    return _ranks_of(path, (*file, state.st_size, state.st_mtime_ns, state.st_ctime_ns))


# A .mat file is read by a process of its own, and all splits ask for the same file twice each.
@lru_cache(maxsize=8)
def _ranks_of(path: Path, state: tuple[int, ...]) -> np.ndarray:
    """The ranks in the file at `path`, which are kept as long as its `state` is the same."""
    del state
    try:
        ranks = np.asarray(read_mat(path)["ls_set"])
    except KeyError as error:
        raise _unreadable(path, "no variable ls_set") from error
    except FeaturesError as error:
        raise _unreadable(path, str(error.got)) from error
    if ranks.ndim != 2 or ranks.size == 0 or ranks.dtype.kind not in "uif":
        raise _unreadable(path, f"ls_set of shape {ranks.shape} and type {ranks.dtype}")
    ranks = ranks.astype(np.int64)
    ranks.flags.writeable = False
    return ranks


def _names(entry: object) -> tuple[str, ...]:
    if not isinstance(entry, list) or not all(isinstance(name, str) for name in entry):
        raise TypeError("a half that is no list of names")
    return _sorted(entry)


def _sorted(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def _unreadable(path: Path, fault: str) -> DatasetLayoutError:
    return DatasetLayoutError(
        "a splits file must be the published one, whole",
        got=f"{path}: {fault}",
        remedy="Copy it again from where the data set or its splits are published.",
    )
