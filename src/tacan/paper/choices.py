"""What the paper leaves open, each choice as a row beside the full model.

Every row is the full model (`min_max` of Table 1) with one setting changed, so that its step is
what the other choice is worth.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tacan.paper.variants import TABLE_1, Variant

__all__ = ["CHOICES"]

FULL = "min_max"


def _choice(name: str, title: str, **overrides: Any) -> Variant:
    own = {setting.replace("__", "."): value for setting, value in overrides.items()}
    return Variant(name, title, None, own, before=(FULL,))


_ROWS = (
    replace(TABLE_1[FULL], title="the full model", paper=None, before=()),
    _choice("weight_none", "clip weight: none, the plain mean", model__clip_weight="none"),
    _choice(
        "weight_linear_mean",
        "clip weight: linear, 1/m (Eq. 1 and 3 to the letter)",
        model__clip_weight="linear_mean",
    ),
    _choice("weight_sigmoid_mean", "clip weight: sigmoid, 1/m", model__clip_weight="sigmoid_mean"),
    _choice("weight_softmax", "clip weight: softmax over the clips", model__clip_weight="softmax"),
    _choice("two_clips", "m = 2 clips of a tracklet", clips__n_clips=2),
    _choice("eight_clips", "m = 8 clips of a tracklet", clips__n_clips=8),
    _choice(
        "frames_rectified",
        "frame attention: ReLU before the softmax",
        model__temporal_pooling="attention_rectified",
    ),
    _choice(
        "frames_literal",
        "frame attention: 1/T besides (Sec. 3.2)",
        model__temporal_pooling="attention_literal",
    ),
    _choice(
        "triplet_squared_sum",
        "triplet loss: squared, summed (Eq. 5 to the letter)",
        loss__triplet_form="squared_sum",
    ),
    _choice("triplet_squared", "triplet loss: squared, mean", loss__triplet_form="squared_mean"),
    _choice("triplet_sum", "triplet loss: distance, summed", loss__triplet_form="distance_sum"),
    _choice("triplet_soft", "triplet loss: softplus, no margin", loss__triplet_form="soft_margin"),
    _choice("adam_slow", "Adam at 3e-4", optimiser__learning_rate=3e-4),
    _choice(
        "sgd",
        "SGD at 3e-4 (Sec. 4.5)",
        optimiser__name="sgd",
        optimiser__learning_rate=3e-4,
    ),
    _choice(
        "sgd_fast",
        "SGD at 0.03",
        optimiser__name="sgd",
        optimiser__learning_rate=0.03,
    ),
    _choice("neck", "BNNeck", model__neck=True),
    _choice("hard_labels", "no label smoothing", loss__label_smoothing=0.0),
)

CHOICES: dict[str, Variant] = {row.name: row for row in _ROWS}
"""The full model first. Sec. 4.5 gives the learning rate, not the size at which it is used here:
`adam_slow` and `sgd` have the paper's, the full model that of its size."""
