"""torchvision's detectors, with random weights that stand for the real ones."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models.detection import ssdlite320_mobilenet_v3_large

from tacan.errors import DetectorError
from tacan.video.detectors import torchvision as torchvision_detectors
from tacan.video.detectors.torchvision import TorchvisionDetector, open_torchvision

NAME = "ssdlite320_mobilenet_v3_large"


class Answering(nn.Module):
    """Answers two people, a weak one, and a dog; keeps what it was shown."""

    def forward(self, images: list[Tensor]) -> list[dict[str, Tensor]]:
        self.seen = images[0]
        boxes = torch.tensor([[1.0, 2, 3, 4], [5, 6, 70, 80], [1, 1, 2, 2], [0, 0, 9, 9]])
        return [
            {
                "boxes": boxes,
                "labels": torch.tensor([1, 1, 1, 18]),
                "scores": torch.tensor([0.9, 0.8, 0.05, 0.9]),
            }
        ]


def test_people_of_enough_score_are_reported() -> None:
    network = Answering()
    image = np.zeros((60, 50, 3), np.uint8)
    image[..., 0] = 255
    found = TorchvisionDetector(network, threshold=0.1).detect_one(image)
    assert found.boxes.tolist() == [[1, 2, 3, 4], [5, 6, 50, 60]]
    np.testing.assert_allclose(found.scores, [0.9, 0.8])
    assert network.seen.shape == (3, 60, 50)
    assert network.seen.amax((1, 2)).tolist() == [1, 0, 0]


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match=NAME):
        open_torchvision("yolo", threshold=0.1, fetch=False, folder=tmp_path)


def test_weights_are_not_fetched_without_leave(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="--fetch"):
        open_torchvision(NAME, threshold=0.1, fetch=False, folder=tmp_path)


def test_a_file_of_another_content_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ssdlite320_mobilenet_v3_large_coco-a79551df.pth").write_bytes(b"other")
    with pytest.raises(DetectorError, match="must have the digest sha256:a79551df"):
        open_torchvision(NAME, threshold=0.1, fetch=True, folder=tmp_path)


def offered(monkeypatch: pytest.MonkeyPatch, folder: Path, state: dict[str, Tensor]) -> None:
    """Lets torchvision offer `state` as the weights, which lie in `folder` already."""
    draft = folder / "draft"
    torch.save(state, draft)
    digits = hashlib.sha256(draft.read_bytes()).hexdigest()[:8]
    draft.rename(folder / f"weights-{digits}.pth")
    offer = SimpleNamespace(url=f"https://nowhere.invalid/weights-{digits}.pth")
    monkeypatch.setattr(
        torchvision_detectors, "get_model_weights", lambda builder: {"DEFAULT": offer}
    )


def test_a_network_with_its_weights_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    network = ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None)
    offered(monkeypatch, tmp_path, network.state_dict())
    reader, digest = open_torchvision(NAME, threshold=0.1, fetch=False, folder=tmp_path)
    found = reader.detect_one(np.zeros((80, 60, 3), np.uint8))
    assert found.boxes.dtype == np.float32
    assert digest.startswith(f"torchvision:{NAME}:")


def test_weights_of_another_network_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    offered(monkeypatch, tmp_path, {"a.weight": torch.zeros(3)})
    with pytest.raises(DetectorError, match=f"must hold the weights of {NAME}"):
        open_torchvision(NAME, threshold=0.1, fetch=False, folder=tmp_path)
