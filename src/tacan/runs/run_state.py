"""The state of long work in its folder: its settings, which steps are done, and how long each took.

Work that was interrupted goes on in its folder, with the settings that it began with. What these
are compared by is the same for all: `setting_differences`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tacan.errors import StorageError
from tacan.files import write_text
from tacan.runs.lock import FOLDER_LOCK

__all__ = ["RunKind", "RunState", "remove", "setting_differences"]

FORMAT = 1


def setting_differences(
    before: Any, now: Any, *, changeable: Collection[str] = (), unknown_differs: bool = False
) -> list[str]:
    """The settings, by their dotted names, that are not `now` what they were `before`.

    Those in `changeable` may differ. A setting that one of the two doesn't know came or went with
    a version of the software, and is a difference only with `unknown_differs`.

    >>> setting_differences({"run": {"seed": 0, "log": 1}}, {"run": {"seed": 3, "log": 2}},
    ...     changeable={"run.log"})
    ['run.seed was 0, now 3']
    """

    def walk(before: Any, now: Any, name: str) -> Iterator[str]:
        if name in changeable or before == now:
            return
        if not (isinstance(before, dict) and isinstance(now, dict)):
            yield f"{name} was {_shown(before)}, now {_shown(now)}"
            return
        keys = {*before, *now} if unknown_differs else {*before} & {*now}
        for key in sorted(keys):
            yield from walk(before.get(key), now.get(key), f"{name}.{key}" if name else key)

    return list(walk(before, now, ""))


def _shown(value: object) -> str:
    return "not given" if value is None else repr(value)


@dataclass(frozen=True, slots=True)
class RunKind:
    """A kind of long work, such as `a demo`: its state's file, and what its messages say.

    `remedy` is what to do about other settings; `unknown_differs` as for `setting_differences`.
    """

    name: str
    file: str
    remedy: str
    unknown_differs: bool = False


class RunState:
    """The file of one run's state, in the run's folder.

    `done` holds the steps that are finished, in order, and `seconds` the time that each step has
    taken so far, all the parts of one that was interrupted included.
    """

    def __init__(
        self, path: Path, settings: dict[str, Any], done: list[str], seconds: dict[str, float]
    ) -> None:
        self.done = done
        self.seconds = seconds
        self._path = path
        self._settings = settings

    @classmethod
    def open_or_create(cls, kind: RunKind, out: Path, settings: Mapping[str, Any]) -> RunState:
        """The state in `out`; a new one, written down, where `out` is missing or empty.

        Raises `StorageError` where `out` holds anything else, or a run with other settings, which
        it lists; nothing is touched then.
        """
        if _is_free(out, kind):
            state = cls(out / kind.file, _plain(settings), [], {})
            state.write()
            return state
        content = _read(out, kind)
        differences = setting_differences(
            content["settings"], _plain(settings), unknown_differs=kind.unknown_differs
        )
        if differences:
            raise StorageError(
                f"{kind.name} goes on with the settings that it began with",
                got="\n  - ".join([f"other settings in {out}:", *differences]),
                remedy=f"\n{kind.remedy}",
            )
        path = out / kind.file
        return cls(path, _plain(settings), list(content["done"]), dict(content["seconds"]))

    @classmethod
    def start_over(
        cls, kind: RunKind, out: Path, settings: Mapping[str, Any], names: Iterable[str]
    ) -> RunState:
        """A new state in `out`, where the run before and what it made (`names`) are removed.

        Nothing else in the folder is touched. Raises `StorageError` where `out` is not new, empty
        or a run of this kind.
        """
        if not _is_free(out, kind):
            _read(out, kind)
        state = cls(out / kind.file, _plain(settings), [], {})
        state.write()
        remove(out, names)
        return state

    def note(self, step: str, seconds: float, *, done: bool) -> None:
        """Adds `seconds` to those of `step`, and says whether it is done now."""
        self.seconds[step] = self.seconds.get(step, 0.0) + seconds
        if done:
            self.done.append(step)
        self.write()

    def reset(self, steps: Iterable[str]) -> None:
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
            "what a run made before must be removable",
            got=f"{error.filename}: {error.strerror}",
            remedy="Remove the folder by hand, or choose another one by --out.",
        ) from error


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Through JSON and back, as what lies on the disk went: tuples become lists."""
    return json.loads(json.dumps(settings))


def _is_free(out: Path, kind: RunKind) -> bool:
    """Missing, or empty but for a lock, and a draft of the state by a process that was killed."""
    if not out.exists():
        return True
    ours = (f".{kind.file}.", FOLDER_LOCK)
    return out.is_dir() and all(path.name.startswith(ours) for path in out.iterdir())


def _read(out: Path, kind: RunKind) -> dict[str, Any]:
    path = out / kind.file
    kinds = {"settings": dict, "done": list, "seconds": dict}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and content.get("format") == FORMAT:
            content = {"done": [], "seconds": {}} | content
            if all(isinstance(content.get(key), kind) for key, kind in kinds.items()):
                return content
        found = f"a {kind.file} of another version"
    except (FileNotFoundError, NotADirectoryError):
        found = f"no {kind.file}"
    except (OSError, ValueError, RecursionError) as error:
        found = f"a {kind.file} that can't be read ({error})"
    raise StorageError(
        f"{kind.name} needs a folder that is new, empty or {kind.name}'s own",
        got=f"{out}, where there is {found}",
        remedy="Choose another folder by --out. Nothing was changed.",
    )
