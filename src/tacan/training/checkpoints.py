"""The resumable checkpoint of a run: everything that iteration i + 1 needs of iteration i."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import torch
from torch import Tensor

from tacan.errors import CheckpointError
from tacan.files import atomic_path

__all__ = ["Checkpoint", "read_checkpoint", "remove_drafts", "write_checkpoint"]

FORMAT = 1


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
        return Checkpoint(**content)
    except TypeError as error:
        raise _broken(path, error) from error


def remove_drafts(path: Path) -> None:
    """Clears away what a killed process had begun to write for `path`."""
    for draft in path.parent.glob(f".{path.name}.*.tmp"):
        draft.unlink(missing_ok=True)


def _broken(path: Path, found: object) -> CheckpointError:
    first_line, *_ = str(found).splitlines() or [type(found).__name__]
    return CheckpointError(
        "a run's checkpoint must be a whole file that `tacan train` wrote; what would run code is "
        "refused",
        got=f"{path}: {first_line}",
        remedy="Put back a copy of it, or delete it to start the run again.",
    )
