"""Faults that pydantic finds in settings, as sentences."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

__all__ = ["fault_messages", "faulty_settings", "shortened", "unknown_name"]

Location = tuple[str, ...]

LONGEST = 80
"""Characters of a faulty value that a message repeats."""


def fault_messages(
    error: ValidationError, model: type[BaseModel], *, also_known: Iterable[str] = ()
) -> list[str]:
    """One sentence for each fault of `error`: the setting by its dotted name, what is wrong, and
    the value. An unknown name comes with the nearest known one.

    Parameters
    ----------
    error
        What `model.model_validate` raised.
    model
        The class of the settings, whose sections may be models themselves.
    also_known
        Names beside those of `model` that the reader of the message could have meant.

    >>> class Size(BaseModel, extra="forbid"):
    ...     height: int = 1
    >>> try:
    ...     Size.model_validate({"hight": 2, "height": "tall"})
    ... except ValidationError as error:
    ...     fault_messages(error, Size)[1]
    "hight: there is no such setting; did you mean 'height'?"
    """
    return [_message(item, model, also_known) for item in error.errors()]


def faulty_settings(error: ValidationError, model: type[BaseModel]) -> list[Location]:
    """The settings that `error` is about, each once; a fault within a list is one of the list."""
    found: dict[Location, None] = {}
    for item in error.errors():
        steps = [str(step) for step in item["loc"]]
        depth = 1
        section = _section(model, steps[:1])
        while section is not None and depth < len(steps):
            depth += 1
            section = _section(model, steps[:depth])
        found[tuple(steps[:depth])] = None
    return list(found)


def unknown_name(what: str, name: str, known: Iterable[str], *, shown: str | None = None) -> str:
    """The sentence for a `name` that isn't one of `known`; `shown` is what it is called in full.

    >>> unknown_name("preset", "papr", ("paper", "demo"))
    "papr: there is no such preset; did you mean 'paper'?"
    """
    names = list(known)
    near = difflib.get_close_matches(name[:LONGEST], names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}"
    return f"{shortened(shown or name)}: there is no such {what}; {hint}"


def shortened(text: str) -> str:
    """`text`, its middle left out where it is long."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 20]} ... {text[-15:]}"


def _message(item: Any, model: type[BaseModel], also_known: Iterable[str]) -> str:
    steps = [str(step) for step in item["loc"]]
    name, kind, message = ".".join(steps), item["type"], item["msg"]
    if kind == "extra_forbidden":
        section = _section(model, steps[:-1]) or model
        known = [*also_known, *section.model_fields]
        return unknown_name("setting", steps[-1], known, shown=name)
    return f"{shortened(name)}: {message[0].lower()}{message[1:]}; got {_value(item['input'])}"


def _section(model: type[BaseModel], steps: list[str]) -> type[BaseModel] | None:
    """The class of the section at `steps`; None where a setting, or nothing, is there."""
    found: Any = model
    for step in steps:
        field = found.model_fields.get(step)
        found = None if field is None else field.annotation
        if not (isinstance(found, type) and issubclass(found, BaseModel)):
            return None
    return found


def _value(value: object) -> str:
    """The faulty value, shortened. A tree is named by its kind: its text can be endless."""
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, (list, tuple)) and not all(
        isinstance(part, (str, int, float)) for part in value
    ):
        return "a list"
    return shortened(repr(value))
