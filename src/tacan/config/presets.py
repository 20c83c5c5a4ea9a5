"""Named starting points. A preset holds only what differs from the defaults."""

from __future__ import annotations

from typing import Any

__all__ = ["PRESETS"]

PRESETS: dict[str, dict[str, Any]] = {
    # The paper's sizes (Sec. 4.5); where its text is silent, those of the code it builds on. The
    # 32 x 4 clips of a batch need `recompute` to fit into 24 GB.
    "paper": {
        "augmentation": {"flip": 0.5, "pad": 8},
        "model": {
            "encoder": "resnet50",
            "weights": "pretrained",
            "temporal_pooling": "attention_rectified",
        },
        "run": {"recompute": True},
    },
    # What re-identification has learnt since (Luo et al., arXiv 1903.07071), on the same model.
    "strong": {
        "augmentation": {"flip": 0.5, "pad": 10, "erase": 0.5},
        "model": {
            "encoder": "resnet50",
            "weights": "pretrained",
            "last_stride": 1,
            "height": 256,
            "width": 128,
            "neck": True,
            "metric": "cosine",
        },
        "optimiser": {"warmup": 1000, "decay": "cosine"},
        "run": {"recompute": True},
    },
    # Minutes on two cores, from random weights, for generated people.
    "demo": {
        "data": {"validation_share": 0.0},
        "model": {
            "encoder": "small_banded",
            "height": 64,
            "width": 32,
            "mean": (0.5, 0.5, 0.5),
            "std": (0.5, 0.5, 0.5),
            "embedding_dim": 256,
            "metric": "cosine",
        },
        "loss": {"unit_length": True},
        "optimiser": {"learning_rate": 2e-3, "warmup": 20, "decay": "cosine"},
        "run": {"iterations": 250, "checkpoint_every": 100, "validate_every": 0},
    },
}
