"""Layouts of detection networks: what small graphs answer is recognised, and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import DetectorError
from tacan.video.detectors.layouts import LAYOUTS, Layout, Probe, recognise
from tacan.video.detectors.network_detector import open_network_detector
from tests.video.detectors.graphs import (
    HEIGHT,
    N_CELLS,
    WIDTH,
    write_graph,
    yolov8_table,
    yolox_rows,
)

IMAGE = np.zeros((HEIGHT * 2, WIDTH * 2, 3), np.uint8)
"""As the input, twice as large: letterboxed and stretched it is the same."""
# Two people, in pixels of the input and of the image.
BOXES = np.array([[4, 8, 20, 48], [30, 10, 50, 90]], np.float32)
IN_IMAGE = BOXES * 2
CENTRES = np.concatenate([(BOXES[:, :2] + BOXES[:, 2:]) / 2, BOXES[:, 2:] - BOXES[:, :2]], axis=1)
SIDES = np.array([WIDTH, HEIGHT] * 2, np.float32)
DOG = 16
Outputs = Mapping[str, np.ndarray]


def rows(
    n: int, n_classes: int, *, unit: np.ndarray | float = 1.0, sure: float = 0.0
) -> np.ndarray:
    """Rows [1, n, 5 + c] of two people, a dog and a weak one."""
    found = np.zeros((n, 5 + n_classes), np.float32)
    found[:, :4] = [WIDTH / 2, HEIGHT / 2, 8, 8]
    found[:, 4] = sure
    for place, box, score, kind in (
        (3, CENTRES[0], 0.9, 0), (7, CENTRES[1], 0.6, 0), (9, CENTRES[0], 0.95, DOG),
        (11, CENTRES[1], 0.05, 0),
    ):  # fmt: skip
        found[place, :4], found[place, 4], found[place, 5 + kind] = box, 1, score
    found[:, :4] *= unit
    return found[None]


def decoded_yolox() -> np.ndarray:
    found = rows(N_CELLS, 80)
    empty = found[0, :, 4] == 0
    found[0, empty] = yolox_rows(n_classes=80, decoded=True)[0, empty]
    return found


def decoded_yolov6() -> np.ndarray:
    found = decoded_yolox()
    found[..., 4] = 1
    return found


def logits(n_classes: int, person: int, *, low: float = -9.0) -> np.ndarray:
    found = np.full((1, 20, n_classes), low, np.float32)
    for query, kind, value in ((2, person, 2.1972246), (5, person, 0.4054651), (6, DOG, 3.0)):
        found[0, query, kind] = value
    return found


def query_boxes() -> np.ndarray:
    boxes = np.full((1, 20, 4), 0.5, np.float32)
    boxes[0, 2], boxes[0, 5], boxes[0, 6] = CENTRES[0] / SIDES, CENTRES[1] / SIDES, 0.3
    return boxes


def chosen(scale: np.ndarray | float = 1.0) -> Outputs:
    boxes = np.zeros((1, 6, 4), np.float32)
    boxes[0, :3] = [*BOXES, [1, 1, 60, 90]]
    return {
        "labels": np.array([[0, 0, DOG, 1, 0, 0]], np.int64),
        "boxes": boxes / scale,
        "scores": np.array([[0.9, 0.6, 0.95, 0.9, 0.05, 0.01]], np.float32),
    }


def best_rows() -> np.ndarray:
    found = np.zeros((1, 30, 6), np.float32)
    found[0, :4, :4] = [BOXES[0], BOXES[1], BOXES[0], BOXES[1]]
    found[0, :4, 4:] = [[0.9, 0], [0.6, 0], [0.95, DOG], [0.05, 0]]
    return found


def outlines() -> Outputs:
    protos = np.zeros((1, 32, HEIGHT // 4, WIDTH // 4), np.float32)
    table = yolov8_table(*PEOPLE_V8, n_more=32)
    table[0, -32:] = 5.0
    return {"output0": table, "output1": protos}


def ssd() -> np.ndarray:
    boxes = BOXES / SIDES
    found = np.array(
        [[0, 1, 0.9, *boxes[0]], [0, 2, 0.9, 0.5, 0.5, 0.6, 0.6], [0, 1, 0.6, *boxes[1]],
         [0, 1, 0.05, *boxes[1]], [-1, 0, 0, 0, 0, 0, 0], [0, 1, 0.9, 0.4, 0.4, 0.5, 0.5]],
        np.float32,
    )  # fmt: skip
    return found[None, None]


PEOPLE_V8 = (
    (3, tuple(CENTRES[0]), 0.9, 0),
    (7, tuple(CENTRES[1]), 0.6, 0),
    (9, tuple(CENTRES[0]), 0.95, DOG),
    (11, tuple(CENTRES[1]), 0.05, 0),
)
POSES = yolov8_table(*PEOPLE_V8[:2], n_classes=1, n_more=51)

KINDS: dict[str, tuple[str, Callable[[], Outputs]]] = {
    "YOLOX, decoded": ("yolox-decoded", lambda: {"output": decoded_yolox()}),
    "YOLOv6": ("yolov6", lambda: {"outputs": decoded_yolov6()}),
    "YOLOv5": ("yolov5", lambda: {"output0": rows(3 * N_CELLS, 80)}),
    "YOLOv5, shares": ("yolov5", lambda: {"output0": rows(3 * N_CELLS, 80, unit=1 / SIDES)}),
    "YOLOv8": ("yolov8", lambda: {"output0": yolov8_table(*PEOPLE_V8)}),
    "YOLOv8, outlines": ("yolov8", outlines),
    "YOLOv10": ("yolov10", lambda: {"output0": best_rows()}),
    "RT-DETR": (
        "queries",
        lambda: {"logits": logits(80, 0), "pred_boxes": query_boxes()},
    ),
    "RF-DETR": ("queries", lambda: {"dets": query_boxes(), "labels": logits(91, 1)}),
    "DETR": ("queries", lambda: {"logits": logits(92, 1), "pred_boxes": query_boxes()}),
    "D-FINE": ("chosen", chosen),
    "D-FINE, shares": ("chosen", lambda: chosen(SIDES)),
    "SSD": ("ssd", lambda: {"detection_out": ssd()}),
}


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
@pytest.mark.parametrize("kind", KINDS)
def test_two_people_are_read_from_every_layout(kind: str, runtime: str, tmp_path: Path) -> None:
    name, make = KINDS[kind]
    outputs = make()
    file = write_graph(tmp_path / "a.onnx", outputs, told_size=name == "chosen")
    reader, digest = open_network_detector(file, runtime, threshold=0.3)
    found = reader.detect_one(IMAGE)
    best = np.argsort(-found.scores)
    np.testing.assert_allclose(found.boxes[best], IN_IMAGE, atol=1e-2)
    if kind == "DETR":  # whose scores sum to 1 over the classes
        assert (found.scores > 0.5).all()
    else:
        np.testing.assert_allclose(found.scores[best], [0.9, 0.6], atol=1e-4)
    expected = "openvino-ssd" if (name, runtime) == ("ssd", "openvino") else name
    assert digest.startswith(f"{expected}:")


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
@pytest.mark.parametrize("decoded", [False, True])
def test_yolox_is_decoded_once(decoded: bool, runtime: str, tmp_path: Path) -> None:
    # Place 0 is the cell at the upper left of stride 8, place 9 the second of the second row.
    found = ((0, 0.9, 0.9, 0), (9, 0.9, 0.5, 0), (30, 0.9, 0.9, 2), (40, 0.1, 0.9, 0))
    outputs = {"output": yolox_rows(*found, decoded=decoded)}
    reader, digest = open_network_detector(
        write_graph(tmp_path / "a.onnx", outputs), runtime, threshold=0.3
    )
    people = reader.detect_one(IMAGE)
    np.testing.assert_allclose(people.scores, [0.81, 0.45], atol=1e-6)
    np.testing.assert_allclose(people.boxes, [[0, 0, 8, 8], [8, 8, 24, 24]], atol=1e-4)
    assert digest.startswith("yolox-decoded:" if decoded else "yolox:")


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
@pytest.mark.parametrize("kind", ["YOLOX, decoded", "YOLOv8", "RT-DETR", "D-FINE"])
def test_files_of_half_precision(kind: str, runtime: str, tmp_path: Path) -> None:
    name, make = KINDS[kind]
    outputs = {
        name: value.astype(np.float16) if value.dtype == np.float32 else value
        for name, value in make().items()
    }
    file = write_graph(tmp_path / "a.onnx", outputs, half=True, told_size=name == "chosen")
    reader, _ = open_network_detector(file, runtime, threshold=0.3)
    found = reader.detect_one(IMAGE)
    assert found.boxes.dtype == found.scores.dtype == np.float32
    np.testing.assert_allclose(found.boxes[np.argsort(-found.scores)], IN_IMAGE, atol=0.2)


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_an_input_of_any_size_and_any_number(runtime: str, tmp_path: Path) -> None:
    """The file's own word for the size it was trained with counts."""
    outputs = {"output0": yolov8_table(*PEOPLE_V8, n_classes=80)}
    names = str({0: "person", **{number: str(number) for number in range(1, 80)}})
    file = write_graph(
        tmp_path / "a.onnx", outputs, shape=("batch", 3, "height", "width"), class_names=names
    )
    reader, _ = open_network_detector(file, runtime, threshold=0.3)
    found = reader.detect_one(IMAGE)
    np.testing.assert_allclose(found.boxes[np.argsort(-found.scores)], IN_IMAGE, atol=1e-2)


def test_the_class_of_people_is_found_by_its_name(tmp_path: Path) -> None:
    found = ((3, tuple(CENTRES[0]), 0.9, 2), (7, tuple(CENTRES[1]), 0.8, 0))
    outputs = {"output0": yolov8_table(*found, n_classes=3)}
    names = "{0: 'car', 1: 'bicycle', 2: 'Pedestrian'}"
    file = write_graph(tmp_path / "a.onnx", outputs, class_names=names)
    reader, _ = open_network_detector(file, "onnx", threshold=0.3)
    np.testing.assert_allclose(reader.detect_one(IMAGE).boxes, IN_IMAGE[:1], atol=1e-2)
    without = write_graph(tmp_path / "b.onnx", outputs, class_names="{0: 'car', 1: 'ship', 2: 'x'}")
    with pytest.raises(DetectorError, match=r"class person.*b\.onnx: 3 classes: car, ship, x"):
        open_network_detector(without, "onnx", threshold=0.3)


def test_poses_are_people(tmp_path: Path) -> None:
    file = write_graph(tmp_path / "a.onnx", {"output0": POSES}, class_names="{0: 'person'}")
    reader, _ = open_network_detector(file, "onnx", threshold=0.3)
    found = reader.detect_one(IMAGE)
    np.testing.assert_allclose(found.boxes[np.argsort(-found.scores)], IN_IMAGE, atol=1e-2)


def layout_of(outputs: Outputs, **how: int) -> Layout:
    return recognise(Probe(outputs, how.get("width", WIDTH), how.get("height", HEIGHT), {}))


@pytest.mark.parametrize(
    ("kind", "picture"),
    [
        ("YOLOX, decoded", ("corner", "bgr", 255, False)),
        ("YOLOv6", ("centre", "rgb", 1, False)),
        ("YOLOv5", ("centre", "rgb", 1, False)),
        ("YOLOv8", ("centre", "rgb", 1, False)),
        ("YOLOv10", ("centre", "rgb", 1, False)),
        ("RT-DETR", ("stretch", "rgb", 1, False)),
        ("D-FINE", ("stretch", "rgb", 1, False)),
        ("RF-DETR", ("stretch", "rgb", 1, True)),
        ("DETR", ("stretch", "rgb", 1, True)),
        ("SSD", ("stretch", "bgr", 255, False)),
    ],
)
def test_each_layout_gets_its_pictures_as_its_makers_give_them(
    kind: str, picture: tuple[object, ...]
) -> None:
    found = layout_of(KINDS[kind][1]()).picture
    assert (found.place, found.colours, found.white, found.imagenet) == picture


def test_probabilities_in_place_of_logits_stay_as_they_are() -> None:
    sure = np.zeros((1, 20, 80), np.float32)
    sure[0, 2, 0] = 0.9
    outputs = {"logits": sure, "pred_boxes": query_boxes()}
    _, scores = layout_of(outputs).read(outputs, 0.1)
    assert scores.max() == pytest.approx(0.9)


def test_boxes_and_logits_of_one_shape_are_told_apart_by_their_names() -> None:
    """A network of three classes and one more has four logits."""
    outputs = {"labels": logits(DOG + 1, 0)[..., :4], "dets": query_boxes()}
    boxes, scores = layout_of(outputs).read(outputs, 0.1)
    np.testing.assert_allclose(boxes[np.argsort(-scores)[:2]] * SIDES, BOXES, atol=1e-3)


def test_numbers_beyond_all_bounds_are_nobody(tmp_path: Path) -> None:
    table = yolov8_table(*PEOPLE_V8)
    table[0, :4, 3], table[0, 4, 7] = np.nan, np.nan
    file = write_graph(tmp_path / "a.onnx", {"output0": table})
    reader, _ = open_network_detector(file, "onnx", threshold=0.3)
    assert len(reader.detect_one(IMAGE)) == 0


@pytest.mark.parametrize(
    "outputs",
    [
        {"features": np.zeros((1, 512), np.float32)},
        {"output": np.zeros((1, 7, 85), np.float32)},
        {"a": np.zeros((1, 20, 4), np.float32), "b": np.zeros((1, 19, 80), np.float32)},
        {"picture": np.zeros((1, 3, HEIGHT, WIDTH), np.float32)},
    ],
)
@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_a_file_that_is_no_detector_is_told_what_it_has_and_what_is_known(
    outputs: Outputs, runtime: str, tmp_path: Path
) -> None:
    file = write_graph(tmp_path / "other.onnx", outputs)
    with pytest.raises(DetectorError) as caught:
        open_network_detector(file, runtime, threshold=0.3)
    message = str(caught.value)
    for name, value in outputs.items():
        assert f"{name} {list(value.shape)}" in message
    for family, known in LAYOUTS.items():
        assert f"{family}: {known.form}" in message
    assert "other.onnx" in message
    assert "mot:FILE" in message
    assert str(N_CELLS) in message
