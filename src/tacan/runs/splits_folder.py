"""The folder of a result over splits: what it was begun with, and where each split lies in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tacan.errors import FeaturesError
from tacan.features.features_file import Features, load_features
from tacan.runs.run_state import RunKind, RunState

__all__ = ["SPLITS", "SplitsFolder", "finished"]

SPLITS = RunKind(
    "a splits result",
    "splits.json",
    "Take those again, or choose another folder by --out.",
)


class SplitsFolder:
    """`splits.json`; `features.npz` of one model for all, or `split-00/` with its own and so on.

    Several processes may train in it at the same time, each on splits of its own.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def all_features(self) -> Path:
        """The vectors of everyone, by the one model of all splits."""
        return self.path / "features.npz"

    def run(self, number: int) -> Path:
        """The run folder of the training on split `number`."""
        return self.path / f"split-{number:02d}"

    def features(self, number: int) -> Path:
        """The vectors of the test half of split `number`, by its own model."""
        return self.run(number) / "features.npz"

    def open_or_create(self, settings: Mapping[str, Any]) -> None:
        """Makes the folder one for `settings`, or checks that it was.

        Raises `StorageError` where there is anything else, or a result with other settings, which
        it lists; nothing is touched then.
        """
        RunState.open_or_create(SPLITS, self.path, settings)


def finished(path: Path) -> Features | None:
    """The features in `path`; None where there are none yet. Raises `FeaturesError`."""
    if not path.exists():
        return None
    try:
        return load_features(path)
    except FeaturesError as error:
        raise FeaturesError(
            error.rule, got=error.got, remedy=f"Delete {path} and run the command again."
        ) from error
