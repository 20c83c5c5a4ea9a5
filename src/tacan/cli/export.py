"""`tacan export`: a model as a file for ONNX Runtime or OpenVINO."""

from __future__ import annotations

from typing import Annotated, Literal

from cyclopts import Parameter

from tacan.cli.outputs import NewFile, Overwrite
from tacan.cli.parameters import Flag

__all__ = ["export"]


def export(
    model: str,
    out: NewFile,
    /,
    *,
    format: Annotated[Literal["onnx", "openvino"], Parameter(name="--format")] = "onnx",  # noqa: A002
    half: Flag = False,
    overwrite: Overwrite = False,
) -> None:
    """Writes a model of ours as a file that ONNX Runtime or OpenVINO runs, settings beside it.

    The file takes clips as bytes, any number of them, and gives their embeddings and clip weights.
    It is checked against torch before it is written: vectors and weights that differ by more than
    0.0001 of their size are refused (0.01 with --half). Where the difference stays below 0.0001, a
    gallery takes vectors of the file and of the model alike.

    Example: tacan export street street.onnx

    Then: tacan embed --model onnx:street.onnx --dataset folder --root people

    Example: tacan export runs/mine mine.xml --format openvino --half

    Parameters
    ----------
    model
        street, which ships with the package; a folder with config.json and model.safetensors; or a
        run folder of `tacan train`.
    out
        The file to write: its name ends in .onnx, or for OpenVINO in .xml, beside which lies a
        .bin. The settings lie in a file of the same name that ends in .yaml. None of them may
        exist yet, but with --overwrite.
    format
        What is to run it. OpenVINO reads .onnx as well.
    half
        Store the weights in float16: half the size. Arithmetic is float32 all the same.
    overwrite
        Replace files that are there.
    """
    from tacan.cli.console import say
    from tacan.embeddings.export import export_model, export_paths, load_own_model
    from tacan.files import require_new_output, require_safe_outputs

    paths = export_paths(out, format)
    require_safe_outputs(paths)
    if not overwrite:
        for path in paths:
            require_new_output(path)
    say(export_model(load_own_model(model), out, format, half=half).text())
