"""Which runtime computes our own models, and the check that it says what torch says.

On a CPU that is OpenVINO where it is installed, and ONNX Runtime elsewhere, wherever the model's
folder holds an export of itself, `model.onnx` with its settings: the shipped models have one, and
`tacan train` writes one. Without it torch does the work: to export takes seconds, more than a short
video gains, and nothing is kept outside of the folders that a user names.

An export keeps what torch says of a few made-up clips, so that the check needs no torch model,
which takes longer to build and to run once than all else of an opening.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, get_args

from tacan.computing import RuntimeChoice
from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.exported import (
    LARGEST_DIFFERENCE,
    PROBE,
    ExportedEmbedder,
    difference,
    difference_on_record,
    open_exported,
)
from tacan.errors import ConfigError, EncoderError, TacanError
from tacan.model import ModelFolder, SavedModel, load_model

__all__ = [
    "READY",
    "RUNTIMES",
    "OtherVectorsWarning",
    "RuntimeChoice",
    "in_runtime",
    "make_ready",
]


RUNTIMES: tuple[RuntimeChoice, ...] = get_args(RuntimeChoice)

READY = "model.onnx"
"""An export of a model in its own folder."""


class OtherVectorsWarning(UserWarning):
    """A runtime doesn't give a model's vectors on this machine, and torch computes them."""


def in_runtime(
    saved: SavedModel,
    torch_model: Callable[[], ClipEmbedder],
    runtime: RuntimeChoice,
    *,
    plain: bool,
    threads: int,
) -> ClipEmbedder:
    """The model `saved`, computed by what `runtime` names; `torch_model` builds it in torch.

    It is asked for on a CPU and in 32 bits where it is `plain`.

    Its vectors carry the model's fingerprint, and so must be torch's: on made-up clips they differ
    by at most 1e-4 of their length, and the weights likewise. `auto` falls back to torch with a
    warning where they differ more in whatever is installed; another `runtime` raises
    `EncoderError`, as for a package that is absent. Raises `ConfigError` where `runtime` can't do
    what was asked of the model.
    """
    if runtime == "torch" or (runtime == "auto" and not plain):
        return torch_model()
    if not plain:
        fault = (
            f"the runtime {runtime} computes on a CPU in 32 bits; choose torch for a GPU or bf16"
        )
        raise ConfigError([fault], source="the model's options")
    if runtime != "auto":
        found = _ready(saved, runtime, threads) or _exported(saved.build(), runtime, threads)
        _require_same(torch_model, found, runtime)
        return found
    failure: TacanError | None = None
    for kind in _fastest_first():
        try:
            ready = _ready(saved, kind, threads)
            if ready is not None:
                _require_same(torch_model, ready, kind)
        except TacanError as error:
            failure = error
        else:
            return ready or torch_model()
    warnings.warn(f"torch computes the model: {failure}", OtherVectorsWarning, stacklevel=2)
    return torch_model()


def _fastest_first() -> tuple[Literal["onnx", "openvino"], ...]:
    return ("openvino", "onnx") if find_spec("openvino") else ("onnx",)


def make_ready(folder: Path) -> None:
    """Writes the export of the model in `folder` beside it. Raises as `export_model` does."""
    from tacan.embeddings.export import export_model

    export_model(load_model(folder), folder / READY, "onnx")


def _ready(
    saved: SavedModel, runtime: Literal["onnx", "openvino"], threads: int
) -> ExportedEmbedder | None:
    """The export in the model's own folder; None where there is none, or one of an older model,
    and where the model itself is damaged."""
    file = saved.folder / READY
    if not file.is_file() or not saved.is_whole:
        return None
    found = open_exported(file, runtime, threads=threads)
    return found if found is not None and found.fingerprint == saved.fingerprint else None


def _exported(
    saved: ModelFolder, runtime: Literal["onnx", "openvino"], threads: int
) -> ExportedEmbedder:
    from tacan.embeddings.export import export_model

    with TemporaryDirectory(prefix="tacan-export-") as folder:
        file = Path(folder) / READY
        export_model(saved, file, "onnx")
        found = open_exported(file, runtime, threads=threads)
    assert found is not None  # noqa: S101  (its settings were just written)
    return found


def _require_same(
    torch_model: Callable[[], ClipEmbedder], found: ExportedEmbedder, runtime: str
) -> None:
    if difference_on_record(found) <= LARGEST_DIFFERENCE:
        return
    apart = difference(torch_model(), found, batches=(PROBE,))
    if not apart <= LARGEST_DIFFERENCE:
        raise EncoderError(
            f"a runtime must give torch's vectors within {LARGEST_DIFFERENCE:g} of their length",
            got=f"{apart:.1e} from {runtime} on this machine",
            remedy="Use --runtime torch.",
        )
