"""Small ONNX files with the outputs of detection networks, written by the tests themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tacan.video.detectors.yolox import STRIDES, grid_cells

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


def write_cells(
    path: Path,
    *,
    shape: Sizes = (1, 3, 256, 320),
    open_cells: bool = True,
    decoded: bool = False,
    table: bool = False,
    upside_down: bool = False,
) -> Path:
    """A network that says of each cell of three grids what convolutions see there, and next to it.

    Its answer is YOLOX's, or YOLOv8's `table`. Where it makes rows of maps, the number of cells is
    left open or stated; `decoded`, it holds the places of all cells. `upside_down`, each cell tells
    of another one, which depends on the size.
    """
    rng = np.random.default_rng(1)
    n = 8
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []

    def constant(name: str, value: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(value, name))
        return name

    def node(kind: str, inputs: Sequence[str], output: str, **how: object) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], **how))
        return output

    image = "images"
    if upside_down:
        ends = {"from": -1, "to": -(2**31), "axis": 2, "step": -1}
        turn = [constant(name, np.array([value], np.int64)) for name, value in ends.items()]
        image = node("Slice", [image, *turn], "turned")
    grids = []
    for stride in STRIDES:
        weight = rng.normal(0, 0.01, (n, 3, 3, 3)).astype(np.float32)
        seen = node(
            "AveragePool",
            [image],
            f"pool{stride}",
            kernel_shape=[stride] * 2,
            strides=[stride] * 2,
        )
        seen = node("Conv", [seen, constant(f"w{stride}", weight)], f"conv{stride}", pads=[1] * 4)
        seen = node("Sigmoid", [seen], f"map{stride}")
        cells = -1 if open_cells else int(shape[2]) // stride * (int(shape[3]) // stride)
        form = constant(f"form{stride}", np.array([1, n, cells], np.int64))
        grids.append(node("Reshape", [seen, form], f"grid{stride}"))
    last = node("Concat", grids, "table", axis=2)
    if not table:
        last = node("Transpose", [last], "rows", perm=[0, 2, 1])
    if decoded:
        cells, strides = grid_cells(int(shape[3]), int(shape[2]))
        places = np.zeros((1, len(cells), n), np.float32)
        places[0, :, :2] = cells * strides
        last = node("Add", [last, constant("places", places)], "placed")
    graph = helper.make_graph(
        nodes,
        "cells",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, None)],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(onnx.shape_inference.infer_shapes(model), str(path))
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
