"""The resumable checkpoint of a run: everything that iteration i + 1 needs of iteration i."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import torch
from torch import Tensor
from torch.optim import Optimizer

from tacan.errors import CheckpointError
from tacan.files import atomic_path, drafts_in

__all__ = [
    "Checkpoint",
    "check_optimiser",
    "check_weights",
    "read_checkpoint",
    "remove_drafts",
    "write_checkpoint",
]

FORMAT = 1

_ADAM = frozenset({"step", "exp_avg", "exp_avg_sq"})
STATES: dict[type[Optimizer], frozenset[str]] = {
    torch.optim.Adam: _ADAM,
    torch.optim.AdamW: _ADAM,
    torch.optim.SGD: frozenset({"momentum_buffer"}),
}
"""The names of an optimiser's state of each weight."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A run after `iteration` iterations. Plain numbers, strings and tensors, nothing that runs.

    There is no state of random generators, data or schedule in it: those are functions of the
    iteration (see `TrainingModule`).
    """

    iteration: int
    config: dict[str, Any]
    """The settings, as plain values."""
    pids: list[int]
    """The identity behind each class."""
    weights: dict[str, Tensor]
    """The state of the model and of the losses."""
    optimiser: dict[str, Any]
    """The optimiser's state."""
    window: dict[str, float]
    """Sums of the loss terms since the last row of the log, and their `count`."""
    losses: dict[str, float]
    """The last row's."""
    scores: dict[str, float]
    """The last validation's; empty before the first."""


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Replaces `path`, whole or not at all. Raises `StorageError`."""
    content = {"format": FORMAT} | {
        name: getattr(checkpoint, name) for name in Checkpoint.__dataclass_fields__
    }
    # In memory first: torch's own writer tells a full disk as a RuntimeError, as which the death of
    # a reading process can arrive here too, and the two must not be taken for each other.
    whole = BytesIO()
    torch.save(content, whole)
    with atomic_path(path) as draft:
        draft.write_bytes(whole.getbuffer())


def read_checkpoint(path: Path) -> Checkpoint:
    """Raises `CheckpointError` for a file that is damaged, of another kind, or would run code."""
    try:
        with ZipFile(path) as archive:
            damaged = archive.testzip()  # which torch doesn't do
    except Exception as error:
        raise _broken(path, error) from error
    if damaged is not None:
        raise _broken(path, f"a damaged part, {damaged}")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise _broken(path, error) from error
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise _broken(path, "another content")
    try:
        checkpoint = Checkpoint(**content)
    except TypeError as error:
        raise _broken(path, error) from error
    if wrong := [name for name, holds in _KINDS.items() if not holds(getattr(checkpoint, name))]:
        raise _broken(path, f"another kind of content under {', '.join(wrong)}")
    return checkpoint


def check_weights(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> None:
    """Raises `CheckpointError` unless `found` has the names, shapes and types of `expected`."""
    faults = [f"{name} is missing" for name in expected if name not in found]
    faults += [f"{name} is unknown" for name in found if name not in expected]
    faults += [
        f"{name} is {_kind(found[name])}, not {_kind(value)}"
        for name, value in expected.items()
        if name in found and not _alike(found[name], value)
    ]
    if faults:
        raise _of_another_model(faults)


def check_optimiser(optimiser: Optimizer, state: Mapping[str, Any]) -> None:
    """Raises `CheckpointError` unless `optimiser` can go on from `state`.

    The fused kernels of torch trust what they are given: a state of another shape would be a
    write beside the memory.
    """
    fresh = optimiser.state_dict()["param_groups"]
    groups, states = state.get("param_groups"), state.get("state")
    if not isinstance(groups, list) or not isinstance(states, dict) or len(groups) != len(fresh):
        raise _of_another_model(["the optimiser's state has no groups, or others"])
    faults: list[str] = []
    for found, expected in zip(groups, fresh, strict=True):
        if not isinstance(found, dict) or "params" not in found:
            faults.append("a group of the optimiser is no group")
            continue
        faults += [
            f"{name} of the optimiser is {found[name]!r}, not {value!r}"[:200]
            for name, value in expected.items()
            if name != "lr" and name in found and found[name] != value
        ]
    weights = [weight for group in optimiser.param_groups for weight in group["params"]]
    for number, values in states.items():
        if not isinstance(number, int) or not 0 <= number < len(weights):
            faults.append(f"the optimiser has no weight {number!r}"[:200])
        elif not _is_state_of(weights[number], values, STATES[type(optimiser)]):
            faults.append(f"the optimiser's state of weight {number} has another shape or type")
    if faults:
        raise _of_another_model(faults)


def _is_state_of(weight: Tensor, values: Any, names: frozenset[str]) -> bool:
    """True where `values` fit `weight`: `step` a number, the rest of its shape."""
    if not isinstance(values, dict) or values.keys() != names:
        return False
    return all(
        _alike(value, torch.zeros(()) if name == "step" else weight)
        for name, value in values.items()
        if not (name == "momentum_buffer" and value is None)
    )


def _alike(found: Any, expected: Tensor) -> bool:
    return (
        isinstance(found, Tensor)
        and found.shape == expected.shape
        and found.dtype == expected.dtype
        and found.layout == torch.strided
    )


def _kind(value: Any) -> str:
    if not isinstance(value, Tensor):
        return type(value).__name__
    return f"{str(value.dtype).removeprefix('torch.')} {list(value.shape)}"


def _of_another_model(faults: list[str]) -> CheckpointError:
    more = f", and {len(faults) - 3} more" if len(faults) > 3 else ""
    return CheckpointError(
        "a run's checkpoint must have the shapes of its model",
        got="; ".join(faults[:3]) + more,
        remedy="Put back the run's own config.yaml and checkpoint.",
    )


def _numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) and type(number) in (int, float) and math.isfinite(number)
        for name, number in value.items()
    )


_KINDS: dict[str, Callable[[Any], bool]] = {
    "iteration": lambda value: type(value) is int and value >= 0,
    "config": lambda value: (
        isinstance(value, dict) and all(isinstance(section, dict) for section in value.values())
    ),
    "pids": lambda value: isinstance(value, list) and all(type(pid) is int for pid in value),
    "weights": lambda value: (
        isinstance(value, dict) and all(isinstance(name, str) for name in value)
    ),
    "optimiser": lambda value: isinstance(value, dict),
    "window": lambda value: _numbers(value) and (not value or value.get("count", 0) > 0),
    "losses": _numbers,
    "scores": _numbers,
}
"""A check of each field's type; for the tensors, `check_weights` does more."""


def remove_drafts(path: Path) -> None:
    """Clears away what a killed process had begun to write for `path`."""
    for draft in drafts_in(path.parent, path.name):
        draft.unlink(missing_ok=True)


def _broken(path: Path, found: object) -> CheckpointError:
    first_line, *_ = str(found).splitlines() or [type(found).__name__]
    return CheckpointError(
        "a run's checkpoint must be a whole file that `tacan train` wrote; what would run code is "
        "refused",
        got=f"{path}: {first_line}",
        remedy="Put back a copy of it, or delete it to start the run again.",
    )
