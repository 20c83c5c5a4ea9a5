"""Small ONNX files with the outputs of detection networks, written by the tests themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tacan.video.detectors.yolox import grid_cells

WIDTH, HEIGHT = 64, 96
N_CELLS = len(grid_cells(WIDTH, HEIGHT)[0])
Sizes = Sequence[int | str]

_KINDS = {
    np.dtype(np.float32): TensorProto.FLOAT,
    np.dtype(np.float16): TensorProto.FLOAT16,
    np.dtype(np.int64): TensorProto.INT64,
}


def write_graph(
    path: Path,
    outputs: Mapping[str, np.ndarray],
    *,
    shape: Sizes = (1, 3, HEIGHT, WIDTH),
    half: bool = False,
    told_size: bool = False,
    class_names: str | None = None,
) -> Path:
    """A network that answers the same to every image; an image of another form it can't take.

    `half` makes its input 16 bits wide; with `told_size` it has a second one for the image's size.
    """
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info("images", kind, shape)]
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
        helper.make_node("Cast", ["mean"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["wide", "zero"], ["nothing"]),
    ]
    constants = [numpy_helper.from_array(np.array(0, np.float32), "zero")]
    if told_size:
        inputs.append(helper.make_tensor_value_info("orig_target_sizes", TensorProto.INT64, [1, 2]))
    for name, value in outputs.items():
        constants.append(numpy_helper.from_array(value, f"{name}_value"))
        nodes += [
            helper.make_node("Cast", ["nothing"], [f"{name}_0"], to=_KINDS[value.dtype]),
            helper.make_node("Add", [f"{name}_value", f"{name}_0"], [name]),
        ]
    graph = helper.make_graph(
        nodes,
        "detector",
        inputs,
        [helper.make_tensor_value_info(n, _KINDS[v.dtype], v.shape) for n, v in outputs.items()],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if class_names is not None:
        helper.set_model_props(model, {"names": class_names, "imgsz": f"[{HEIGHT}, {WIDTH}]"})
    onnx.save(model, str(path))
    return path


def yolox_rows(
    *found: tuple[int, float, float, int], n_classes: int = 3, decoded: bool = False
) -> np.ndarray:
    """YOLOX's rows [1, a, 5 + c] with (place, objectness, class score, class) in them.

    Undecoded, every box is in the corner of its cell and as large as its stride; decoded, it is
    the same box in pixels.
    """
    rows = np.zeros((N_CELLS, 5 + n_classes), np.float32)
    if decoded:
        cells, strides = grid_cells(WIDTH, HEIGHT)
        rows[:, :2], rows[:, 2:4] = cells * strides, strides
    for place, objectness, score, kind in found:
        rows[place, 4] = objectness
        rows[place, 5 + kind] = score
    return rows[None]


def yolov8_table(
    *found: tuple[int, tuple[float, float, float, float], float, int],
    n_classes: int = 80,
    n_more: int = 0,
    unit: float = 1.0,
) -> np.ndarray:
    """YOLOv8's table [1, 4 + c + more, a] with (place, centre and size, score, class) in it."""
    table = np.zeros((4 + n_classes + n_more, N_CELLS), np.float32)
    cells, strides = grid_cells(WIDTH, HEIGHT)
    table[:2], table[2:4] = (cells * strides).T, strides.T
    for place, box, score, kind in found:
        table[:4, place] = box
        table[4 + kind, place] = score
    table[:4] *= unit
    return table[None]
