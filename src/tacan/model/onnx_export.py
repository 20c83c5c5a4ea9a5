"""A model's `embed_clips` as an ONNX network: bytes in, embeddings and clip weights out.

Legend: n clips, T frames, D embedding size, H x W pixels.

Three things differ from the model as torch runs it, none of them in what it computes:

- Batch norms over vectors are one multiplication and one addition, which every runtime has.
- The sigmoid is written out, 1 / (1 + exp(-x)): onnxruntime's own is off by up to 1e-4, which the
  attention of banded encoders makes 5e-4 of a vector.
- The neck, a linear function of a mean of embeddings, is spread over them: each embedding carries
  its factor, and what it adds comes out beside them, to be added once.
"""

from __future__ import annotations

import copy
import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from tacan.errors import EncoderError
from tacan.installing import install_advice
from tacan.model.tacan import Tacan

__all__ = ["CLIPS", "OUTPUTS", "onnx_network"]

CLIPS = "clips"
"""Name of the input: uint8 RGB [n, T, 3, H, W]."""
OUTPUTS = ("embeddings", "weights", "shift")
"""Names of the outputs, in this order: [n, D]; the clip weights [n]; and [n, D], in each row what
is added to a tracklet's vector at its end. (OpenVINO knows them by other names as well.)"""

OPSET = 17

_AS_IT_IS = torch.onnx.TrainingMode.PRESERVE
"""Torch otherwise multiplies convolutions by their batch norms, and a model that was saved in
float16 would be rounded once more. The runtimes do so when they load the file."""


def onnx_network(
    model: Tacan, *, clip_len: int, input_size: tuple[int, int], half: bool = False
) -> bytes:
    """The content of an ONNX file that does what `model.embed_clips` does for T and (H, W).

    n is free. A tracklet's vector is `sum_i weights_i embeddings_i / z + shift`, with z of Eq. 3.
    With `half` weights are stored in float16, and computed with in float32. Raises `EncoderError`
    where the package `onnx` is absent, or the model does what ONNX has no word for.
    """
    try:
        import onnx  # noqa: F401  (torch's exporter asks for it when all work is done)
    except ImportError as error:
        raise EncoderError(
            "a model becomes an ONNX network with the package onnx",
            got=str(error),
            remedy=install_advice("onnx"),
        ) from error
    network = _ClipNetwork(model).eval()
    clips = torch.zeros(2, clip_len, 3, *input_size, dtype=torch.uint8)
    content = io.BytesIO()
    try:
        # torch prints the whole graph before it says what it can't do.
        with (
            warnings.catch_warnings(),
            _silent_output(),
            _written_out_sigmoids(),
            torch.no_grad(),
        ):
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network,
                (clips,),
                content,  # pyright: ignore[reportArgumentType]
                dynamo=False,  # the newer exporter wants one more package, and ten times as long
                input_names=[CLIPS],
                output_names=list(OUTPUTS),
                dynamic_axes={name: {0: "n"} for name in (CLIPS, *OUTPUTS)},
                opset_version=OPSET,
                training=_AS_IT_IS if half else torch.onnx.TrainingMode.EVAL,
            )
    except RuntimeError as error:  # torch.onnx.OnnxExporterError among them
        raise EncoderError(
            "a model must be made of operations that ONNX has",
            got=str(error).split("\n")[0][:300],
            remedy="Let torch run it, or choose another backbone.",
        ) from error
    whole = content.getvalue()
    return _in_half(whole) if half else whole


class _ClipNetwork(nn.Module):
    """A copy of a model's way from clips to embeddings, in the form described above."""

    def __init__(self, model: Tacan) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).cpu().float().requires_grad_(False)  # noqa: FBT003
        _replace_batch_norms(self.model)

    def forward(self, clips: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Clips uint8 [n, T, 3, H, W] -> embeddings [n, D], weights [n], shift [n, D]."""
        output = self.model.embed_clips(clips)
        embeddings = output.clip_embeddings
        # A constant would be written down with the number of clips that is seen now.
        shift = zeros = 0 * embeddings
        weights = output.clip_weights
        if self.model.clip_attention.predictor is None:
            weights = 1 + zeros[:, 0]
        if isinstance(self.model.neck, _Affine):
            embeddings = embeddings * self.model.neck.scale
            shift = zeros + self.model.neck.shift
        return embeddings, weights, shift


class _Affine(nn.Module):
    """What a batch norm over vectors does in evaluation mode: x scale + shift."""

    scale: Tensor
    shift: Tensor

    def __init__(self, norm: nn.BatchNorm1d) -> None:
        super().__init__()
        assert norm.running_mean is not None  # noqa: S101
        assert norm.running_var is not None  # noqa: S101
        scale = (norm.running_var.double() + norm.eps).rsqrt()
        if norm.affine:
            scale = scale * norm.weight.double()
        shift = -norm.running_mean.double() * scale
        if norm.affine:
            shift = shift + norm.bias.double()
        self.register_buffer("scale", scale.float())
        self.register_buffer("shift", shift.float())

    def forward(self, vectors: Tensor) -> Tensor:
        """[N, c] -> [N, c]."""
        return vectors * self.scale + self.shift


def _replace_batch_norms(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm1d):
            setattr(module, name, _Affine(child))
        else:
            _replace_batch_norms(child)


@contextmanager
def _silent_output() -> Iterator[None]:
    """A block in which nothing reaches the standard output, whoever writes to it."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


@contextmanager
def _written_out_sigmoids() -> Iterator[None]:
    """A block in which torch exports sigmoids as 1 / (1 + exp(-x))."""

    def sigmoid(g: Any, x: Any) -> Any:
        return g.op("Reciprocal", g.op("Add", g.op("Exp", g.op("Neg", x)), _one(g)))

    def silu(g: Any, x: Any) -> Any:
        return g.op("Mul", x, sigmoid(g, x))

    symbols_of_torch: Any = torch.onnx
    symbols = {"aten::sigmoid": sigmoid, "aten::silu": silu}
    for name, symbol in symbols.items():
        symbols_of_torch.register_custom_op_symbolic(name, symbol, OPSET)
    try:
        yield
    finally:
        for name in symbols:
            symbols_of_torch.unregister_custom_op_symbolic(name, OPSET)


def _one(g: Any) -> Any:
    return g.op("Constant", value_t=torch.tensor(1.0))


def _in_half(content: bytes) -> bytes:
    """The network with its matrices in float16, each cast to float32 before it is used."""
    import onnx
    from onnx import helper, numpy_helper

    network = onnx.load_from_string(content)
    graph = network.graph
    casts = []
    for array in graph.initializer:
        values = numpy_helper.to_array(array)
        if array.data_type != onnx.TensorProto.FLOAT or values.ndim < 2:
            continue
        name = array.name
        stored = numpy_helper.from_array(values.astype("float16"), f"{name}.half")
        casts.append(helper.make_node("Cast", [stored.name], [name], to=onnx.TensorProto.FLOAT))
        array.CopyFrom(stored)
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return network.SerializeToString()
