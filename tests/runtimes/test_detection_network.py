"""Networks in files: both runtimes give the same numbers, and say what is wrong with a file."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from tacan.errors import DetectorError
from tacan.runtimes.detection_network import open_detection_network

RUNTIMES = ["onnx", "openvino"]


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


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_network_runs_from_several_threads(runtime: str, tmp_path: Path) -> None:
    network = open_detection_network(written(tmp_path / "a.onnx"), runtime)
    assert (network.width, network.height) == (12, 8)
    images = np.random.default_rng(0).random((20, 1, 3, 8, 12)).astype(np.float32)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(network.run, images))
    for image, answer in zip(images, answers, strict=True):
        expected = image.reshape(1, 3, 4, 2, 6, 2).mean((3, 5))
        np.testing.assert_allclose(answer["out"], expected, rtol=1e-5)


LET_GO = """
import signal, sys, threading
from pathlib import Path
from tacan.runtimes.detection_network import open_detection_network
kept = [open_detection_network(Path(sys.argv[1]), sys.argv[2])]
thread = threading.Thread(target=kept.clear)
thread.start()
thread.join()
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_interrupt_is_heard_after_another_thread_let_a_network_go(
    runtime: str, tmp_path: Path
) -> None:
    file = written(tmp_path / "a.onnx")
    found = subprocess.run(
        [sys.executable, "-c", LET_GO, str(file), runtime], capture_output=True, text=True
    )
    assert (found.returncode, found.stdout) == (0, "interrupted\n")


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_digest_tells_files_apart(runtime: str, tmp_path: Path) -> None:
    digests = {
        open_detection_network(
            written(tmp_path / f"{width}.onnx", shape=(1, 3, 8, width)), runtime
        ).digest
        for width in (8, 10)
    }
    assert len(digests) == 2


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_an_unfit_file_is_told(runtime: str, tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="must exist"):
        open_detection_network(tmp_path / "missing.onnx", runtime)
    (tmp_path / "text.onnx").write_text("not a network")
    with pytest.raises(DetectorError, match=r"text\.onnx"):
        open_detection_network(tmp_path / "text.onnx", runtime)
    for place, shape in enumerate([(1, 3, 8), (1, 1, 8, 8), (4, 3, 8, 8)]):
        with pytest.raises(DetectorError, match="one input of one image"):
            open_detection_network(written(tmp_path / f"{place}.onnx", shape=shape), runtime)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_size_left_open_is_that_of_the_training_or_the_usual_one(
    runtime: str, tmp_path: Path
) -> None:
    file = written(tmp_path / "a.onnx", shape=("n", 3, "h", "w"))
    network = open_detection_network(file, runtime)
    assert (network.width, network.height) == (640, 640)
    for text, size in {"[96, 64]": (64, 96), "[1, 2, 3]": (640, 640), "[": (640, 640)}.items():
        model = onnx.load(str(file))
        helper.set_model_props(model, {"imgsz": text})
        onnx.save(model, str(tmp_path / "b.onnx"))
        network = open_detection_network(tmp_path / "b.onnx", runtime)
        assert (network.width, network.height) == size
    found = network.run(np.ones((1, 3, 640, 640), np.float32))
    assert found["out"].shape == (1, 3, 320, 320)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{0: 'person', 7: 'train'}", {0: "person", 7: "train"}),
        ("['person', 'car']", {0: "person", 1: "car"}),
        ("__import__('os')", {}),
        ("{'a': 1}", {}),
        ("", {}),
    ],
)
@pytest.mark.parametrize("runtime", RUNTIMES)
def test_the_names_of_the_classes(
    text: str, names: dict[int, str], runtime: str, tmp_path: Path
) -> None:
    model = onnx.load(str(written(tmp_path / "a.onnx")))
    helper.set_model_props(model, {"names": text})
    onnx.save(model, str(tmp_path / "b.onnx"))
    assert open_detection_network(tmp_path / "b.onnx", runtime).class_names == names


@pytest.mark.parametrize(
    ("runtime", "package"), [("onnx", "onnxruntime"), ("openvino", "openvino")]
)
def test_an_absent_runtime_is_told(
    runtime: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DetectorError, match=rf"needs the package {package}.*Install {package}"):
        open_detection_network(written(tmp_path / "a.onnx"), runtime)
