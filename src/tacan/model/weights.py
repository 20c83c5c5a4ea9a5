"""Reading weight files that others made, without running their code."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from tacan.errors import CheckpointError

__all__ = ["read_weights"]


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors file, or of a file of `torch.save` that holds only tensors.

    A pickle that would run code is refused, whatever its name. Raises `CheckpointError`.
    """
    if not path.is_file():
        raise CheckpointError(
            "a weight file must exist", got=str(path), remedy="Check the path and its spelling."
        )
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, OSError, EOFError) as error:
        raise CheckpointError(
            "a weight file must be whole, and hold tensors and nothing that runs",
            got=f"{path}: {str(error).splitlines()[0]}",
            remedy="Fetch it again, or have its maker save it as .safetensors.",
        ) from error
    tensors = content.get("state_dict", content) if isinstance(content, dict) else None
    if not isinstance(tensors, dict) or not all(isinstance(v, Tensor) for v in tensors.values()):
        raise CheckpointError(
            "a weight file must map names to tensors",
            got=f"{path}: {type(content).__name__}",
            remedy="Save the model's state_dict().",
        )
    return tensors
