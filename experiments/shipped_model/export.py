"""A run's model, in float16, as the model that ships with the package.

    python experiments/shipped_model/export.py runs/first first --shares 0.5 1 1.4
    python experiments/shipped_model/export.py runs/further src/tacan/shipped/street \
        --blend first 0.75
    python experiments/shipped_model/export.py runs/masked src/tacan/shipped/street \
        --blend second 0.7 --sharpen 2

--shares says how much colours, relit colours and textures count in the distance; clip weights stay
what they were. --mean takes the mean of the weights of the run and of models of other seeds; the
mask stays the run's, because the hidden units of two seeds are in no common order. --blend takes
the mean of the weights of the run and of the model that it went on from, the run's with this share,
after --mean. The clip length can be set anew by --clip-len, because plain means
over frames have no weights that depend on it.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from tacan.model import Tacan, load_model, save_model
from tacan.model.banded import BandedTrunk


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--clip-len", type=int, default=1)
    parser.add_argument("--shares", type=float, nargs=3)
    parser.add_argument("--sharpen", type=float)
    parser.add_argument("--mean", nargs="+", type=Path, default=[], metavar="MODEL")
    parser.add_argument("--blend", nargs=2, metavar=("MODEL", "SHARE"))
    chosen = parser.parse_args()
    saved = load_model(chosen.run / "model")
    if chosen.shares:
        _weigh_cues(saved.model, chosen.shares)
    if chosen.mean:
        others = [load_model(path).model.state_dict() for path in chosen.mean]
        saved.model.load_state_dict(_mean(saved.model.state_dict(), others))
    if chosen.blend:
        other, share = load_model(Path(chosen.blend[0])).model, float(chosen.blend[1])
        saved.model.load_state_dict(_blended(other.state_dict(), saved.model.state_dict(), share))
    if chosen.sharpen:
        _sharpen(saved.model, chosen.sharpen)
    config = saved.config.model_copy(update={"clip_len": chosen.clip_len})
    chosen.out.mkdir(parents=True, exist_ok=True)
    fingerprint = save_model(chosen.out, saved.model, config, notes=saved.notes, half=True)
    shutil.copy(chosen.run / "log.csv", chosen.out / "training_log.csv")
    print(f"{chosen.out}: {fingerprint}")


@torch.no_grad()
def _weigh_cues(model: Tacan, shares: Sequence[float]) -> None:
    """Sets the shares of the cues; what predicts clip weights undoes them."""
    trunk = _trunk(model)
    predictor = model.clip_attention.predictor
    if predictor is not None:
        cues = predictor.weight[:, : predictor.in_features - trunk.beside]
        size = cues.shape[1] // len(shares)
        cues.mul_((trunk.shares / torch.tensor(shares)).repeat_interleave(size))
    trunk.weigh_cues(shares)


@torch.no_grad()
def _sharpen(model: Tacan, times: float) -> None:
    mask = _trunk(model).attention
    for part in (mask.score.weight, mask.score.bias, mask.prior):
        part.mul_(times)


def _trunk(model: Tacan) -> BandedTrunk:
    return next(part for part in model.modules() if isinstance(part, BandedTrunk))


def _mean(own: dict[str, Tensor], others: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    return {
        name: torch.stack([value, *(other[name] for other in others)]).mean(0)
        if value.is_floating_point() and ".attention." not in name
        else value
        for name, value in own.items()
    }


def _blended(
    first: dict[str, Tensor], second: dict[str, Tensor], share: float
) -> dict[str, Tensor]:
    """The mean of two models' weights, the second's with `share`; counters are the second's, and so
    are attentions where the first's are of another kind."""
    alike = first.keys() == second.keys()
    return {
        name: torch.lerp(first[name], value, share)
        if value.is_floating_point() and (alike or "attention" not in name)
        else value
        for name, value in second.items()
    }


if __name__ == "__main__":
    main()
