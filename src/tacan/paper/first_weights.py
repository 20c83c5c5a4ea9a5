"""First weights for an encoder that ImageNet has none for.

The paper's encoders begin with ImageNet's weights. Small ones begin with what they learn by
telling other generated people apart, none of whom is trained on or tested with later: by softmax
alone, from single clips and plain means, which is the first row of Table 1. From random weights
the batch-hard triplet loss draws all vectors into one point before the encoder sees anything
(`experiments/table1/README.md`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tacan.config import TrainConfig
from tacan.files import atomic_path
from tacan.paper.people import Crowd
from tacan.paper.variants import TABLE_1, variant_config
from tacan.progress import Progress, silent

if TYPE_CHECKING:
    from tacan.model.encoders import FrameEncoder

__all__ = ["first_weights_config", "learn_first_weights", "weights_file"]


def weights_file(folder: Path, encoder: str) -> Path:
    """Where the first weights of `encoder` lie."""
    return folder / f"{encoder}.safetensors"


def first_weights_config(
    base: str | Path, crowd: Crowd, encoder: str, overrides: Mapping[str, Any]
) -> TrainConfig:
    """The settings of the row `softmax` over `base`, for `encoder` and `crowd`."""
    own = {
        "data.dataset": crowd.dataset,
        "data.root": str(crowd.root),
        "model.encoder": encoder,
        "run.seed": 0,
    }
    return variant_config(TABLE_1["softmax"], base, {**overrides, **own})


def learn_first_weights(config: TrainConfig, folder: Path, *, progress: Progress = silent) -> Path:
    """Trains as `config` says and leaves the encoder's weights in `weights_file`.

    An interrupted training goes on. Raises what `tacan.training.train` raises.
    """
    from safetensors.torch import save_file

    from tacan.model import load_model
    from tacan.training import train

    path = weights_file(folder, config.model.encoder)
    record = train(config, folder / config.model.encoder, resume=True, progress=progress)
    encoder = cast("FrameEncoder", load_model(record.model_folder).model.encoder)
    weights = {name: value.contiguous() for name, value in encoder.trunk.state_dict().items()}
    with atomic_path(path) as draft:
        save_file(weights, draft)
    return path
