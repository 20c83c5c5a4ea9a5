"""Networks in files: both runtimes give the same numbers, and say what is wrong with a file."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from tacan.errors import DetectorError
from tacan.runtimes.network import open_onnx, open_openvino

OPENERS = [open_onnx, open_openvino]


def written(path: Path, *, shape: tuple[object, ...] = (1, 3, 8, 12), n_inputs: int = 1) -> Path:
    """A network that takes 2 x 2 means of its image."""
    names = [f"in{place}" for place in range(n_inputs)]
    nodes = [helper.make_node("AveragePool", ["in0"], ["out"], kernel_shape=[2, 2], strides=[2, 2])]
    graph = helper.make_graph(
        nodes,
        "pool",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize("open_network", OPENERS)
def test_a_network_runs_from_several_threads(open_network, tmp_path: Path) -> None:
    network = open_network(written(tmp_path / "a.onnx"))
    assert (network.width, network.height) == (12, 8)
    images = np.random.default_rng(0).random((20, 1, 3, 8, 12)).astype(np.float32)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(network.run, images))
    for image, answer in zip(images, answers, strict=True):
        expected = image.reshape(1, 3, 4, 2, 6, 2).mean((3, 5))
        np.testing.assert_allclose(answer, expected, rtol=1e-5)


@pytest.mark.parametrize("open_network", OPENERS)
def test_the_digest_tells_files_apart(open_network, tmp_path: Path) -> None:
    digests = {
        open_network(written(tmp_path / f"{width}.onnx", shape=(1, 3, 8, width))).digest
        for width in (8, 10)
    }
    assert len(digests) == 2


@pytest.mark.parametrize("open_network", OPENERS)
def test_an_unfit_file_is_told(open_network, tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="must exist"):
        open_network(tmp_path / "missing.onnx")
    (tmp_path / "text.onnx").write_text("not a network")
    with pytest.raises(DetectorError, match=r"text\.onnx"):
        open_network(tmp_path / "text.onnx")
    for place, shape in enumerate([(1, 3, "h", "w"), (1, 1, 8, 8), (4, 3, 8, 8)]):
        with pytest.raises(DetectorError, match="one input of one image"):
            open_network(written(tmp_path / f"{place}.onnx", shape=shape))


@pytest.mark.parametrize(
    ("open_network", "package"), [(open_onnx, "onnxruntime"), (open_openvino, "openvino")]
)
def test_an_absent_runtime_is_told(
    open_network, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DetectorError, match=rf"needs the package {package}.*pip install"):
        open_network(written(tmp_path / "a.onnx"))
