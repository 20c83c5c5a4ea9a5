"""What a demo's folder remembers: its settings, which steps are done, and how long each took."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tacan.errors import StorageError
from tacan.files import write_text

__all__ = ["LEDGER", "Ledger", "remove"]

LEDGER = "demo.json"
FORMAT = 1


class Ledger:
    """The file `demo.json` in the folder of a demo.

    `done` holds the steps that are finished, in order, and `seconds` the time that each step has
    taken so far, all the parts of one that was interrupted included.
    """

    def __init__(
        self, out: Path, settings: dict[str, Any], done: list[str], seconds: dict[str, float]
    ) -> None:
        self.done = done
        self.seconds = seconds
        self._path = out / LEDGER
        self._settings = settings

    @classmethod
    def open(cls, out: Path, settings: dict[str, Any]) -> Ledger:
        """The ledger in `out`, or a new one where `out` is missing or empty.

        Raises `StorageError` where `out` holds anything else, or a demo with other settings;
        nothing is touched then.
        """
        # Through JSON and back, as what lies on the disk went: tuples become lists.
        settings = json.loads(json.dumps(settings))
        if _is_free(out):
            return cls(out, settings, [], {})
        content = _read(out)
        if differences := _differences(content["settings"], settings):
            raise StorageError(
                "a demo goes on with the settings that it began with",
                got="\n  - ".join([f"other settings in {out}:", *differences]),
                remedy="\nChoose another folder by --out, or start over by --fresh.",
            )
        return cls(out, settings, list(content["done"]), dict(content["seconds"]))

    @classmethod
    def start_over(cls, out: Path, settings: dict[str, Any], names: Iterable[str]) -> Ledger:
        """A new ledger in `out`, where the demo before and what it made (`names`) are removed.

        Nothing else in the folder is touched. Raises `StorageError` where `out` is not new, empty
        or a demo's own.
        """
        if not _is_free(out):
            _read(out)
        ledger = cls(out, json.loads(json.dumps(settings)), [], {})
        ledger.write()
        remove(out, names)
        return ledger

    def note(self, step: str, seconds: float, *, done: bool) -> None:
        """Adds `seconds` to those of `step`, and says whether it is done now."""
        self.seconds[step] = self.seconds.get(step, 0.0) + seconds
        if done:
            self.done.append(step)
        self.write()

    def forget(self, steps: Iterable[str]) -> None:
        """Takes `steps` for not begun."""
        for step in steps:
            self.seconds.pop(step, None)
            self.done = [name for name in self.done if name != step]
        self.write()

    def write(self) -> None:
        """Raises `StorageError`."""
        content = {
            "format": FORMAT,
            "settings": self._settings,
            "done": self.done,
            "seconds": self.seconds,
        }
        write_text(self._path, json.dumps(content, indent=2) + "\n")


def remove(out: Path, names: Iterable[str]) -> None:
    """Removes the files and folders `names` in `out`, where there are any."""
    try:
        for name in names:
            path = out / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            "what a demo made before must be removable",
            got=f"{error.filename}: {error.strerror}",
            remedy="Remove the folder by hand, or choose another one by --out.",
        ) from error


def _is_free(out: Path) -> bool:
    return not out.exists() or (out.is_dir() and not any(out.iterdir()))


def _read(out: Path) -> dict[str, Any]:
    path = out / LEDGER
    kinds = {"settings": dict, "done": list, "seconds": dict}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        known = isinstance(content, dict) and content.get("format") == FORMAT
        if known and all(isinstance(content.get(key), kind) for key, kind in kinds.items()):
            return content
        found = f"a {LEDGER} of another version"
    except (FileNotFoundError, NotADirectoryError):
        found = f"no {LEDGER}"
    except (OSError, ValueError) as error:
        found = f"a {LEDGER} that can't be read ({error})"
    raise StorageError(
        "a demo needs a folder that is new, empty or a demo's own",
        got=f"{out}, where there is {found}",
        remedy="Choose another folder by --out. Nothing was changed.",
    )


def _differences(before: Any, now: Any, name: str = "") -> list[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        inner = [
            _differences(before.get(key), now.get(key), f"{name}.{key}" if name else key)
            for key in sorted({*before, *now})
        ]
        return [difference for differences in inner for difference in differences]
    return [] if before == now else [f"{name} was {before!r}, now {now!r}"]
