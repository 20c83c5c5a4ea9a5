"""The image of an ONNX file gets another size, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tacan.runtimes.onnx_image_size import with_image_size


def two_inputs() -> onnx.ModelProto:
    """Weights are listed among its inputs, as in old files, and it says everything about itself."""
    weight = np.random.default_rng(0).normal(size=(5, 3, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["image", "w"], ["between"], pads=[1] * 4, group=1),
        helper.make_node("Relu", ["between"], ["out"], name="last", doc_string="ü" * 300),
    ]
    shapes = {
        "image": ["n", 3, 16, 300],
        "w": [5, 3, 3, 3],
        "between": None,
        "out": ["n", 5, 16, 300],
    }
    values = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    }
    graph = helper.make_graph(
        nodes,
        "two",
        [values["w"], values["image"]],
        [values["out"]],
        [numpy_helper.from_array(weight, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"names": "{0: 'person'}"})
    return onnx.shape_inference.infer_shapes(model)


def test_only_shapes_change() -> None:
    model = two_inputs()
    assert len(model.graph.value_info) == 1
    found = onnx.load_from_string(with_image_size(model.SerializeToString(), "image", (64, 1000)))
    expected = onnx.ModelProto()
    expected.CopyFrom(model)
    sides = expected.graph.input[1].type.tensor_type.shape.dim
    sides[2].dim_value, sides[3].dim_value = 64, 1000
    del expected.graph.value_info[:]
    expected.graph.output[0].type.tensor_type.ClearField("shape")
    assert found == expected


def test_what_breaks_off_or_is_no_network_is_told(tmp_path: Path) -> None:
    whole = two_inputs().SerializeToString()
    refused = 0
    for end in range(1, len(whole)):
        try:
            with_image_size(whole[:end], "image", (64, 64))
        except ValueError:
            refused += 1
    assert refused > len(whole) * 0.9
    for content in (b"\xff" * 40, b"\x3b", b"no network at all"):
        with pytest.raises(ValueError, match="a (number|field)"):
            with_image_size(content, "image", (64, 64))
