"""The trained detector as the ONNX file that ships.

    python experiments/shipped_detector/export.py detector.pt src/tacan/shipped/street_detector

Prints the largest difference between torch and OpenCV, which runs the file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import torch
from network import PeopleNetwork
from torch import Tensor, nn


class Scored(nn.Module):
    """The network with scores 0 to 1 in the place of logits."""

    def __init__(self, network: PeopleNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        rows = self.network(images)
        return torch.cat([rows[..., :4], rows[..., 4:].sigmoid()], -1)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    chosen = parser.parse_args()
    network = PeopleNetwork()
    network.load_state_dict(torch.load(chosen.weights, weights_only=True))
    scored = Scored(network).eval()
    chosen.out.mkdir(parents=True, exist_ok=True)
    file = chosen.out / "detector.onnx"
    torch.manual_seed(0)
    images = torch.rand(1, 3, 416, 640) * 255
    torch.onnx.export(
        scored,
        (images,),
        str(file),
        dynamo=False,
        opset_version=13,
        input_names=["images"],
        output_names=["rows"],
        dynamic_axes={"images": {2: "height", 3: "width"}, "rows": {1: "cells"}},
    )
    loaded = cv2.dnn.readNetFromONNX(str(file))
    loaded.setInput(images.numpy())
    with torch.no_grad():
        difference = (torch.from_numpy(loaded.forward()) - scored(images)).abs().amax((0, 1))
    print(f"{file}: {file.stat().st_size:,} bytes")
    print(f"largest difference: sides {difference[:4].max():.1e} pixels, score {difference[4]:.1e}")


if __name__ == "__main__":
    main()
