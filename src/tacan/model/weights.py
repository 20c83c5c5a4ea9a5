"""Reading weight files that others made, without running their code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from tacan.errors import CheckpointError

__all__ = ["read_weights"]

NESTED = ("state_dict", "model", "model_state_dict")
"""Under which of these names training programs put the weights, beside their own state."""


class _PassedOver:
    """Stands for a NumPy number or array beside the weights, none of which is made."""

    def __init__(self, *_: Any) -> None:
        pass

    def __setstate__(self, _: Any) -> None:
        pass


_NUMPY = (
    "numpy.dtype",
    "numpy.ndarray",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct",
    "numpy._core.multiarray._reconstruct",
)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors file, or of a file of `torch.save`.

    They may stand under one of the names `NESTED`. Numbers and words beside them are passed over.
    A pickle that would run code is refused, whatever its name. Raises `CheckpointError`.
    """
    try:
        with path.open("rb"):
            pass
    except (OSError, ValueError) as error:
        raise CheckpointError(
            "a weight file must be a file that can be read",
            got=f"{path}: {getattr(error, 'strerror', None) or error}",
            remedy="Check the path and its spelling.",
        ) from error
    try:
        content = load_file(path) if path.suffix == ".safetensors" else _unpickled(path)
    except Exception as error:  # Damaged files are answered with errors of any kind.
        raise CheckpointError(
            "a weight file must be whole, and hold tensors and nothing that runs",
            got=f"{path}: {_fault(path, error)}",
            remedy="Fetch it again, or have its maker save it as .safetensors.",
        ) from error
    found = content
    if isinstance(content, dict):
        found = next(
            (content[key] for key in NESTED if isinstance(content.get(key), dict)), content
        )
    tensors = found if isinstance(found, dict) else {}
    tensors = {
        name: value
        for name, value in tensors.items()
        if isinstance(name, str) and isinstance(value, Tensor)
    }
    if not tensors:
        raise CheckpointError(
            "a weight file must map names to tensors",
            got=f"{path}: {type(content).__name__} without any",
            remedy="Save the model's state_dict().",
        )
    return tensors


def _unpickled(path: Path) -> Any:
    with torch.serialization.safe_globals([(_PassedOver, name) for name in _NUMPY]):
        return torch.load(path, map_location="cpu", weights_only=True)


def _fault(path: Path, error: Exception) -> str:
    """One whole sentence: torch's own messages are pages of advice, in colours."""
    wanted = re.search(r"GLOBAL (\S+)", str(error))
    if wanted is not None:
        return f"it asks for {wanted[1]}"
    kind = "the safetensors format" if path.suffix == ".safetensors" else "torch.save"
    return f"this is no whole file of {kind}"
