"""The folder of a result over splits: what it was begun with, and where each split lies in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tacan.errors import FeaturesError, StorageError
from tacan.features.files import Features, load_features
from tacan.files import write_text

__all__ = ["SETTINGS_FILE", "SplitsFolder", "finished"]

SETTINGS_FILE = "splits.json"
FORMAT = 1


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

    def claim(self, settings: dict[str, Any]) -> None:
        """Makes the folder one for `settings`, or checks that it was.

        A setting that was not known when the folder was begun is no difference. Raises
        `StorageError` where there is anything else, or a result with other settings, which it
        lists; nothing is touched then.
        """
        # Through JSON and back, as what lies on the disk went: tuples become lists.
        settings = json.loads(json.dumps(settings))
        if self._is_free():
            content = {"format": FORMAT, "settings": settings}
            write_text(self.path / SETTINGS_FILE, json.dumps(content, indent=2) + "\n")
            return
        before = self._read()
        differences = [
            f"{name} was {before[name]!r}, now {value!r}"
            for name, value in settings.items()
            if name in before and before[name] != value
        ]
        if differences:
            raise StorageError(
                "a result over splits goes on with the settings that it began with",
                got="\n  - ".join([f"other settings in {self.path}:", *differences]),
                remedy="\nTake those again, or choose another folder by --out.",
            )

    def _is_free(self) -> bool:
        if not self.path.exists():
            return True
        # A draft of the settings is all that a process which was killed at once may have left.
        draft = f".{SETTINGS_FILE}."
        return self.path.is_dir() and all(p.name.startswith(draft) for p in self.path.iterdir())

    def _read(self) -> dict[str, Any]:
        path = self.path / SETTINGS_FILE
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            known = isinstance(content, dict) and content.get("format") == FORMAT
            if known and isinstance(content.get("settings"), dict):
                return content["settings"]
            found = f"a {SETTINGS_FILE} of another version"
        except (FileNotFoundError, NotADirectoryError):
            found = f"no {SETTINGS_FILE}"
        except (OSError, ValueError) as error:
            found = f"a {SETTINGS_FILE} that can't be read ({error})"
        raise StorageError(
            "a result over splits needs a folder that is new, empty or its own",
            got=f"{self.path}, where there is {found}",
            remedy="Choose another folder by --out. Nothing was changed.",
        )


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
