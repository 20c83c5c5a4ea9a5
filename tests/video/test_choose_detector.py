"""The choice of a detector where none is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tacan.errors import DetectorError
from tacan.video import choose_detector as module
from tacan.video.choose_detector import PREFERENCE, choose_detector
from tacan.video.detect import DETECTORS
from tacan.video.detectors import rfdetr, torchvision, yolox_weights

FILES = {
    "yolox:nano": "yolox_nano.onnx",
    "yolox:tiny": "yolox_tiny.onnx",
    "yolox:s": "yolox_s.onnx",
    "torchvision:fasterrcnn_resnet50_fpn": "fasterrcnn_resnet50_fpn_coco-258fb6c6.pth",
    "torchvision:ssd300_vgg16": "ssd300_vgg16_coco-b556d3b4.pth",
    "torchvision:fcos_resnet50_fpn": "fcos_resnet50_fpn_coco-99b0c9b7.pth",
    "torchvision:fasterrcnn_mobilenet_v3_large_320_fpn": (
        "fasterrcnn_mobilenet_v3_large_320_fpn-907ea3f9.pth"
    ),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The weights folder, which is not there yet."""
    monkeypatch.setenv("TACAN_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"


def put(folder: Path, *specs: str) -> None:
    folder.mkdir(exist_ok=True)
    for spec in specs:
        (folder / FILES[spec]).touch()


def test_every_entry_can_be_opened_and_every_name_has_an_entry() -> None:
    names = {
        "yolox": yolox_weights.WEIGHTS,
        "torchvision": torchvision.MODELS,
        "rfdetr": rfdetr.MODELS,
    }
    fetched = [f"{kind}:{n}" for kind, of in names.items() for n in of]
    assert sorted(PREFERENCE) == sorted([*fetched, "street"])
    assert PREFERENCE[-1] == "street"
    assert {spec.partition(":")[0] for spec in PREFERENCE} <= set(DETECTORS)


@pytest.mark.parametrize("spec", FILES)
def test_a_detector_is_here_when_its_file_is(folder: Path, spec: str) -> None:
    put(folder, spec)
    choice = choose_detector()
    assert choice.spec == spec
    assert choice.text == f"Detector: {spec}, the best that is here."


def test_a_download_that_broke_off_is_no_detector(folder: Path) -> None:
    folder.mkdir()
    (folder / "yolox_nano.onnx.part").touch()
    assert choose_detector().spec == "street"


def test_the_best_of_several_is_taken(folder: Path) -> None:
    put(folder, "yolox:nano", "yolox:s", "torchvision:ssd300_vgg16")
    assert choose_detector().spec == "yolox:s"


def test_a_detector_whose_package_is_absent_is_not_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "yolox:nano")
    for file_name in [file for _, file in rfdetr.MODELS.values()]:
        (folder / file_name).touch()
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert choose_detector().spec == "yolox:nano"
    monkeypatch.setattr(module, "find_spec", lambda name: name)
    assert choose_detector().spec == "rfdetr:large"


def test_the_one_used_before_is_used_again(folder: Path) -> None:
    put(folder, "yolox:nano", "yolox:s")
    choice = choose_detector(before="yolox:nano")
    assert choice.spec == "yolox:nano"
    assert choice.text == "Detector: yolox:nano, as before; yolox:s is here too."
    assert choose_detector(before="yolox:s").text == "Detector: yolox:s, as before."


def test_one_used_before_that_is_gone_is_said_or_fetched(folder: Path) -> None:
    put(folder, "yolox:nano")
    choice = choose_detector(before="yolox:tiny")
    assert choice.spec == "yolox:nano"
    assert "yolox:tiny, used before, is not" in choice.text
    assert choose_detector(before="yolox:tiny", fetch=True).spec == "yolox:tiny"


@pytest.mark.parametrize("before", ["hog", "mot", "yolox", "onnx:a.onnx"])
def test_what_has_no_name_says_nothing(folder: Path, before: str) -> None:
    put(folder, "yolox:nano")
    assert choose_detector(before=before).text == "Detector: yolox:nano, the best that is here."


def test_where_nothing_was_fetched_the_shipped_one_is_used_and_a_better_one_is_named(
    folder: Path,
) -> None:
    choice = choose_detector()
    assert choice.spec == "street"
    assert "--detector yolox:nano --fetch" in choice.text
    assert choose_detector(before="yolox:s").spec == "street"
    assert "yolox:s, used before, is not here" in choose_detector(before="yolox:s").text
    assert choose_detector(fetch=True).spec == "yolox:nano"
