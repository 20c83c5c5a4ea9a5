from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.encoder_settings import EncoderSettings
from tacan.embeddings.open import open_model
from tacan.embeddings.stream import TrackletStream
from tacan.errors import ConfigError, EncoderError

HEIGHT, WIDTH = 16, 8
WEIGHTS = np.random.default_rng(0).normal(size=(5, 3, 1, 1)).astype(np.float32)


def write_onnx(
    path: Path,
    *,
    batch: int | str = "n",
    size: tuple[int | str, int | str] = (HEIGHT, WIDTH),
    kind: int = TensorProto.FLOAT,
    channels: int = 3,
    second_input: bool = False,
    weights: np.ndarray = WEIGHTS,
) -> Path:
    """A 1 x 1 convolution to `map` [n, 5, H, W], and `features` [n, 5], the mean of its square."""
    shape = [batch, channels, *size]
    inputs = [helper.make_tensor_value_info("images", kind, shape)]
    if second_input:
        inputs.append(helper.make_tensor_value_info("other", kind, shape))
    element = helper.tensor_dtype_to_np_dtype(kind)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["images", "weights"], ["map"]),
            helper.make_node("Mul", ["map", "map"], ["square"]),
            helper.make_node("GlobalAveragePool", ["square"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["features"]),
        ],
        "encoder",
        inputs,
        [
            helper.make_tensor_value_info("features", kind, [batch, 5]),
            helper.make_tensor_value_info("map", kind, [batch, 5, *size]),
        ],
        [numpy_helper.from_array(weights[:, :channels].astype(element), "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def write_openvino(path: Path, source: Path) -> Path:
    import openvino

    openvino.save_model(openvino.Core().read_model(str(source)), str(path), compress_to_fp16=False)
    return path


def frames(n: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(n)
    return torch.randint(0, 256, (n, 3, HEIGHT, WIDTH), dtype=torch.uint8, generator=generator)


def by_hand(walk: torch.Tensor, pixels: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The mean over frames of the features, where `pixels` prepares one frame [H, W, 3] RGB."""
    features = []
    for frame in walk.permute(0, 2, 3, 1).numpy().astype(np.float64):
        projected = pixels(frame) @ WEIGHTS[:, :, 0, 0].T.astype(np.float64)
        features.append((projected**2).mean((0, 1)))
    return np.mean(features, axis=0)


def imagenet(frame: np.ndarray) -> np.ndarray:
    return (frame / 255 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])


def bgr_bytes(frame: np.ndarray) -> np.ndarray:
    return frame[..., ::-1]


def mean_of(embedder: ClipEmbedder, walk: torch.Tensor) -> np.ndarray:
    stream = TrackletStream(embedder)
    stream.add_frames(walk)
    return stream.embedding()


@pytest.mark.parametrize("batch", ["n", 1, 3])
@pytest.mark.parametrize("threads", [1, 2])
def test_onnx_gives_the_plain_mean_over_all_frames(
    tmp_path: Path, batch: int | str, threads: int
) -> None:
    file = write_onnx(tmp_path / "net.onnx", batch=batch)
    embedder = open_model(f"onnx:{file}", threads=threads)
    assert (embedder.clip_len, embedder.input_size, embedder.embedding_dim) == (1, (16, 8), 5)
    assert embedder.metric == "cosine"
    walk = frames(7)
    np.testing.assert_allclose(mean_of(embedder, walk), by_hand(walk, imagenet), rtol=1e-4)


@pytest.mark.parametrize("kind", ["xml", "onnx"])
@pytest.mark.parametrize("batch", ["n", 1, 3])
def test_openvino_takes_bgr_bytes(tmp_path: Path, kind: str, batch: int | str) -> None:
    file = write_onnx(tmp_path / "net.onnx", batch=batch)
    if kind == "xml":
        file = write_openvino(tmp_path / "net.xml", file)
    embedder = open_model(f"openvino:{file}", threads=2)
    assert embedder.input_size == (16, 8)
    walk = frames(7)
    np.testing.assert_allclose(mean_of(embedder, walk), by_hand(walk, bgr_bytes), rtol=1e-4)


def test_both_runtimes_agree_on_the_same_pixels(tmp_path: Path) -> None:
    file = write_onnx(tmp_path / "net.onnx")
    settings = EncoderSettings(colours="rgb", pixel_range="0-1")
    one = open_model(f"onnx:{file}", settings=settings)
    other = open_model(f"openvino:{file}", settings=settings)
    np.testing.assert_allclose(mean_of(one, frames(5)), mean_of(other, frames(5)), rtol=1e-4)


def test_mean_and_deviation_are_for_red_green_and_blue_whatever_the_order(tmp_path: Path) -> None:
    file = write_onnx(tmp_path / "net.onnx")
    settings = EncoderSettings(
        colours="bgr", pixel_range="0-255", mean=(10, 100, 200), std=(1, 2, 4)
    )
    walk = frames(3)

    def pixels(frame: np.ndarray) -> np.ndarray:
        return ((frame - np.array([10, 100, 200])) / np.array([1, 2, 4]))[..., ::-1]

    found = mean_of(open_model(f"onnx:{file}", settings=settings), walk)
    np.testing.assert_allclose(found, by_hand(walk, pixels), rtol=1e-4)


def test_the_yaml_beside_the_file_counts_and_options_stand_above_it(tmp_path: Path) -> None:
    file = write_onnx(tmp_path / "net.onnx", size=("h", "w"))
    (tmp_path / "net.yaml").write_text("colours: bgr\npixel_range: 0-255\nheight: 32\nwidth: 24\n")
    embedder = open_model(f"onnx:{file}", settings=EncoderSettings(height=16, width=8))
    assert embedder.input_size == (16, 8)
    walk = frames(2)
    np.testing.assert_allclose(mean_of(embedder, walk), by_hand(walk, bgr_bytes), rtol=1e-4)


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_an_output_by_name_and_a_map_is_averaged(tmp_path: Path, runtime: str) -> None:
    file = write_onnx(tmp_path / "net.onnx", batch=1)
    settings = EncoderSettings(output="map", pixel_range="0-1", colours="rgb")
    found = mean_of(open_model(f"{runtime}:{file}", settings=settings), frames(3))
    pixels = np.stack([imagenet(frame) for frame in frames(3).permute(0, 2, 3, 1).numpy()])
    expected = (pixels @ WEIGHTS[:, :, 0, 0].T).mean((0, 1, 2))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)
    with pytest.raises(EncoderError, match="features, map; got 'logits'"):
        open_model(f"{runtime}:{file}", settings=EncoderSettings(output="logits"))


def test_half_precision_files(tmp_path: Path) -> None:
    file = write_onnx(tmp_path / "net.onnx", kind=TensorProto.FLOAT16)
    walk = frames(4)
    found = mean_of(open_model(f"onnx:{file}"), walk)
    np.testing.assert_allclose(found, by_hand(walk, imagenet), rtol=0.02)


def fingerprint(file: Path, kind: str = "onnx", **settings: object) -> str:
    return open_model(f"{kind}:{file}", settings=EncoderSettings(**settings)).fingerprint


def test_the_fingerprint_covers_weights_and_pixels_but_not_place_or_metric(tmp_path: Path) -> None:
    file = write_onnx(tmp_path / "net.onnx")
    elsewhere = write_onnx(tmp_path / "copy.onnx")
    heavier = write_onnx(tmp_path / "heavier.onnx", weights=2 * WEIGHTS)
    assert fingerprint(file) == fingerprint(elsewhere) == fingerprint(file, metric="euclidean")
    assert fingerprint(file) == fingerprint(file, colours="rgb")
    others = [
        fingerprint(heavier),
        fingerprint(file, colours="bgr"),
        fingerprint(file, mean=(0, 0, 0)),
        fingerprint(file, output="map"),
    ]
    assert len({fingerprint(file), *others}) == 5


def test_the_fingerprint_covers_weights_in_files_of_their_own(tmp_path: Path) -> None:
    prints = set()
    for number, factor in enumerate((1, 2)):
        source = write_onnx(tmp_path / f"{number}.onnx", weights=factor * WEIGHTS)
        folder = tmp_path / f"split{number}"
        folder.mkdir()
        onnx.save(
            onnx.load(source),
            folder / "net.onnx",
            save_as_external_data=True,
            location="net.onnx.data",
            size_threshold=0,
        )
        prints.add(fingerprint(folder / "net.onnx"))
    network = write_openvino(tmp_path / "net.xml", write_onnx(tmp_path / "net.onnx"))
    prints.add(fingerprint(network, "openvino"))
    weights = network.with_suffix(".bin")
    before = weights.read_bytes()
    weights.write_bytes(before.replace(WEIGHTS.tobytes(), (2 * WEIGHTS).tobytes()))
    assert weights.read_bytes() != before
    prints.add(fingerprint(network, "openvino"))
    assert len(prints) == 4


def test_files_that_are_no_encoder(tmp_path: Path) -> None:
    text = tmp_path / "text.onnx"
    text.write_text("no network")
    two = write_onnx(tmp_path / "two.onnx", second_input=True)
    grey = write_onnx(tmp_path / "grey.onnx", channels=1)
    for runtime in ("onnx", "openvino"):
        with pytest.raises(EncoderError, match="must exist"):
            open_model(f"{runtime}:{tmp_path / 'nowhere.onnx'}")
        for file in (text, two, grey):
            with pytest.raises(EncoderError, match="one input of images") as caught:
                open_model(f"{runtime}:{file}")
            assert file.name in str(caught.value)


def test_a_size_that_the_file_does_not_allow(tmp_path: Path) -> None:
    file = write_onnx(tmp_path / "net.onnx")
    with pytest.raises(ConfigError, match="height must be the 16"):
        open_model(f"onnx:{file}", settings=EncoderSettings(height=224))


@pytest.mark.parametrize(
    ("runtime", "package"), [("onnx", "onnxruntime"), ("openvino", "openvino")]
)
def test_an_absent_runtime_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runtime: str, package: str
) -> None:
    file = write_onnx(tmp_path / "net.onnx")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(EncoderError, match=f"{runtime}: .*Install {package}"):
        open_model(f"{runtime}:{file}")


WATCHED = """
import os, sys
def watch(event, values):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "os.fork"):
        os.write(2, f"{event} {values}".encode())
        os._exit(1)
sys.addaudithook(watch)
import torch
from tacan.embeddings.open import open_model
for kind in ("onnx", "openvino"):
    embedder = open_model(f"{kind}:{sys.argv[1]}")
    embedder.embed_clips(torch.zeros(3, 1, 3, *embedder.input_size, dtype=torch.uint8))
print("quiet")
"""


@pytest.mark.slow
def test_no_runtime_calls_home_or_leaves_a_file_there(tmp_path: Path) -> None:
    """A thread that opens a connection ends the process before it says that it is quiet."""
    file = write_onnx(tmp_path / "net.onnx")
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(file)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
    )
    assert done.stdout == "quiet\n", done.stderr
    assert list(home.rglob("*")) == []
