"""What a command writes, as types of its parameters, checked before the command begins."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

from cyclopts import Parameter

from tacan.files import require_new_output, require_safe_outputs

__all__ = ["JsonFile", "NewFile", "OutputFile", "OutputFolder", "Overwrite", "check_outputs"]


@dataclass(frozen=True, slots=True)
class Writes:
    """Marks a parameter as something that the command writes.

    folder
        A folder, whose command says what may be in it; it must not lie in a gallery.
    replaces
        Whether an ordinary file in its place is replaced without `--overwrite`.
    """

    folder: bool = False
    replaces: bool = True


OutputFile = Annotated[Path, Writes()]
"""A file that an option names."""

NewFile = Annotated[Path, Writes(replaces=False)]
"""A file named beside the inputs, where a slip would name an input: `--overwrite` replaces it."""

Overwrite = Annotated[bool, Parameter(negative="")]
"""The parameter `overwrite` of a command with a `NewFile`."""

JsonFile = Annotated[str, Parameter(allow_leading_hyphen=True), Writes()]
"""A file for JSON, or - for standard output."""

OutputFolder = Annotated[Path, Writes(folder=True)]
"""A folder for what the command makes."""


def check_outputs(command: Callable[..., object], bound: inspect.BoundArguments) -> None:
    """Raises `StorageError` where what `command` would write harms something.

    Outputs are known by their types above; whatever else was given and names something on the
    disk is an input, also within `yolox:FILE`, `FILE@SECONDS:x,y,w,h` or `--data.root=FOLDER`.
    """
    hints = get_type_hints(command, include_extras=True)
    given = dict(bound.arguments)
    bound.apply_defaults()
    files, folders, inputs, new = [], [], [], []
    for name, value in bound.arguments.items():
        kind = _marker(hints.get(name))
        if kind is None:
            inputs += list(_inputs(value)) if name in given else []
        elif value is not None and value != "-":
            (folders if kind.folder else files).append(Path(value))
            if not kind.replaces and not bound.arguments["overwrite"]:
                new.append(Path(value))
    require_safe_outputs(files, inputs=inputs)
    for path in new:
        require_new_output(path)
    for folder in folders:
        # The folder itself may hold earlier work, which its command knows.
        require_safe_outputs([folder / "new"])


def _marker(hint: Any) -> Writes | None:
    """The mark of a parameter's type, also within `... | None`."""
    for part in getattr(hint, "__metadata__", ()):
        if isinstance(part, Writes):
            return part
    return next(filter(None, map(_marker, get_args(hint))), None)


def _inputs(value: object) -> Iterator[Path]:
    """Paths of what is there already, among all that `value` holds."""
    if isinstance(value, Path):
        yield from _existing([value])
    elif isinstance(value, str):
        after = [value[i + 1 :] for i, letter in enumerate(value) if letter in ":="]
        names = [value, value.rpartition("@")[0], *after]
        yield from _existing([Path(name) for name in names if name])
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _inputs(part)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _inputs(getattr(value, field.name))
    else:  # settings of pydantic; nothing else has such fields
        for name in getattr(type(value), "model_fields", ()):
            yield from _inputs(getattr(value, name))


def _existing(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        try:
            if path.exists():
                yield path
        except (OSError, ValueError):
            continue
