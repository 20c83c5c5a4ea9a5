"""MobileNetV2's ImageNet weights, renamed from torchvision's layout to timm's.

    python experiments/shipped_model/first_weights.py WEIGHTS mobilenetv2_imagenet.safetensors

WEIGHTS is a file of torchvision's `mobilenet_v2`: its own .pth, or an .npz with the same names.
Both layouts list the same layers in the same order.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import timm
import torch
from safetensors.torch import save_file

from tacan.model.mobile_stages import MOBILE
from tacan.model.weights import read_weights


def read(path: Path) -> dict[str, torch.Tensor]:
    if path.suffix != ".npz":
        return read_weights(path)
    with np.load(path, allow_pickle=False) as file:
        return {name: torch.from_numpy(file[name].astype(np.float32)) for name in file.files}


def main() -> None:
    source, target = map(Path, sys.argv[1:3])
    given = {
        name: value
        for name, value in read(source).items()
        if not name.startswith("classifier") and not name.endswith("num_batches_tracked")
    }
    trunk = timm.create_model(MOBILE, num_classes=0, global_pool="")
    wanted = {
        name: value
        for name, value in trunk.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    if [v.shape for v in given.values()] != [v.shape for v in wanted.values()]:
        raise SystemExit(f"{source} does not hold MobileNetV2 in torchvision's layout")
    renamed = zip(wanted, given.values(), strict=True)
    save_file({name: value.contiguous() for name, value in renamed}, target)


if __name__ == "__main__":
    main()
