"""RF-DETR: absent, and as a package that only pretends."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from tacan.errors import DetectorError
from tacan.video.detectors.rfdetr import open_rfdetr


def test_without_the_package_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "rfdetr", None)
    with pytest.raises(DetectorError, match=r"needs the package rfdetr.*rfdetr.*yolox:nano"):
        open_rfdetr("nano", threshold=0.1, fetch=False, folder=tmp_path)


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="nano, small, medium, large"):
        open_rfdetr("huge", threshold=0.1, fetch=False, folder=tmp_path)


class Pretended:
    def __init__(self, *, pretrain_weights: str) -> None:
        self.weights = Path(pretrain_weights).read_text()

    def predict(self, image: np.ndarray, *, threshold: float) -> SimpleNamespace:
        assert threshold == 0.3
        return SimpleNamespace(
            xyxy=np.array([[0.0, 0, 5, 9], [1, 1, 90, 90], [2, 2, 4, 4]]),
            confidence=np.array([0.9, 0.8, 0.7]),
            class_id=np.array([1, 1, 3]),
        )


def test_weights_come_from_our_folder_and_people_are_chosen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "rf-detr-nano.pth").write_text("the weights")
    md5 = hashlib.md5(b"the weights").hexdigest()
    offer = SimpleNamespace(url="https://nowhere.invalid/a", md5_hash=md5)
    package, assets = ModuleType("rfdetr"), ModuleType("rfdetr.assets")
    known = ModuleType("rfdetr.assets.model_weights")
    package.RFDETRNano = Pretended
    known.ModelWeights = SimpleNamespace(from_filename=lambda name: offer)
    for module in (package, assets, known):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    reader, digest = open_rfdetr("nano", threshold=0.3, fetch=False, folder=tmp_path)
    found = reader.detect_one(np.zeros((50, 60, 3), np.uint8))
    assert found.boxes.tolist() == [[0, 0, 5, 9], [1, 1, 60, 50]]
    np.testing.assert_allclose(found.scores, [0.9, 0.8])
    assert md5 in digest
