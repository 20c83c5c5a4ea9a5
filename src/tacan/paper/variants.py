"""The rows of Table 1: what each of them adds to the row before, and rows of our own between them.

A row is a set of overrides over the settings of the full model (its `base`), which says what
encoder, sizes and budget there are. So the same rows hold at the paper's size and at a small one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tacan.config import TrainConfig, load_config
from tacan.errors import ConfigError

__all__ = [
    "SE_ENCODERS",
    "TABLE_1",
    "Variant",
    "find_variants",
    "variant_config",
    "variant_yaml",
]

SE_ENCODERS = {
    "small": "small_se",
    "small_banded": "small_banded_se",
    "resnet50": "legacy_seresnet50",
}
"""Each encoder and the same with squeeze and excitation."""

TRIPLET_OFF = {"loss.triplet": 0.0}
MIN_MAX_OFF = {"loss.min_max": 0.0}
NO_TEMPORAL_ATTENTION = {"model.temporal_pooling": "mean"}
NO_EMBEDDING = {"model.embedding_dim": 0}
PLAIN_MEAN = {"model.clip_weight": "none"}
ONE_CLIP = {"clips.n_clips": 1}
LITERAL = {"model.clip_weight": "linear_mean"}


@dataclass(frozen=True, slots=True)
class Variant:
    """One row.

    name
        What it is called in files.
    title
        What it is, in our words.
    paper
        What the paper's table calls it; None for a row that the paper doesn't have.
    overrides
        How it differs from the full model.
    before
        The rows that it is a step from, by their names: first the one that the paper steps from.
    se
        Whether the encoder has squeeze and excitation.
    """

    name: str
    title: str
    paper: str | None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    se: bool = False


_ROWS = (
    Variant(
        "softmax",
        "baseline: plain means, softmax loss",
        "baseline(ResNet50+L_s)",
        {
            **TRIPLET_OFF,
            **MIN_MAX_OFF,
            **NO_TEMPORAL_ATTENTION,
            **NO_EMBEDDING,
            **PLAIN_MEAN,
            **ONE_CLIP,
        },
    ),
    Variant(
        "triplet",
        "+ triplet loss",
        "ResNet50+L_s+L_t",
        {**MIN_MAX_OFF, **NO_TEMPORAL_ATTENTION, **NO_EMBEDDING, **PLAIN_MEAN, **ONE_CLIP},
        before=("softmax",),
    ),
    Variant(
        "temporal_attention",
        "+ temporal attention",
        "ResNet50+TA+L_s+L_t",
        {**MIN_MAX_OFF, **NO_EMBEDDING, **PLAIN_MEAN, **ONE_CLIP},
        before=("triplet",),
    ),
    Variant(
        "embedding",
        "+ embedding layer",
        None,
        {**MIN_MAX_OFF, **PLAIN_MEAN, **ONE_CLIP},
        before=("temporal_attention",),
    ),
    Variant(
        "several_clips",
        "+ several clips of a tracklet, plain mean",
        None,
        {**MIN_MAX_OFF, **PLAIN_MEAN},
        before=("embedding",),
    ),
    Variant(
        "clip_attention",
        "+ clip attention",
        "ResNet50+TA+CA+L_s+L_t",
        MIN_MAX_OFF,
        before=("temporal_attention", "several_clips"),
    ),
    Variant(
        "min_max",
        "+ min-max loss: the full model",
        "ResNet50+TA+CA+L",
        before=("clip_attention",),
    ),
    Variant(
        "se",
        "+ squeeze and excitation in the encoder",
        "SENet50+TA+CA+L",
        before=("min_max",),
        se=True,
    ),
    Variant(
        "literal_one_clip",
        "clip attention by Eq. 3 to the letter, one clip",
        None,
        {**MIN_MAX_OFF, **LITERAL, **ONE_CLIP},
        before=("temporal_attention", "embedding"),
    ),
    Variant(
        "literal_several_clips",
        "clip attention by Eq. 3 to the letter, several clips",
        None,
        {**MIN_MAX_OFF, **LITERAL},
        before=("temporal_attention", "several_clips"),
    ),
)

TABLE_1: dict[str, Variant] = {row.name: row for row in _ROWS}
"""In the paper's order, the literal readings of Eq. 3 last.

The paper's row with clip attention changes three things at once: it adds the embedding layer, it
draws several clips of each tracklet in training (with one, a weight that competes learns
nothing), and it weighs them. `embedding` and `several_clips` take these steps one at a time.
"""


def find_variants(names: str, variants: Mapping[str, Variant] = TABLE_1) -> tuple[Variant, ...]:
    """The rows of `variants` that `names`, separated by commas, asks for, in the table's order.

    Raises `ConfigError` with all that are unknown.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    known = ", ".join(variants)
    faults = [f"{name!r} is no row; known are {known}" for name in wanted if name not in variants]
    if faults or not wanted:
        raise ConfigError(faults or [f"a row must be named; known are {known}"], source="the rows")
    return tuple(row for name, row in variants.items() if name in wanted)


def variant_config(
    variant: Variant, base: str | Path, overrides: Mapping[str, Any] | None = None
) -> TrainConfig:
    """The settings of `variant`, where `base` is the preset or file of the full model.

    `overrides` are laid over the base, and the row's own over them. Raises `ConfigError`, also
    where a row with squeeze and excitation needs an encoder that `SE_ENCODERS` doesn't know.
    """
    own = dict(variant.overrides)
    if variant.se:
        encoder = load_config(base, overrides).model.encoder
        if encoder not in SE_ENCODERS:
            known = ", ".join(SE_ENCODERS)
            fault = f"model.encoder must be one of {known} for the row {variant.name!r}"
            raise ConfigError([f"{fault}; got {encoder!r}"], source=f"configuration {base}")
        own["model.encoder"] = SE_ENCODERS[encoder]
    return load_config(base, {**(overrides or {}), **own})


def variant_yaml(variant: Variant, base: str | Path) -> str:
    """A row of Table 1 as a file of its own, without the settings that have their defaults."""
    config = variant_config(variant, base).model_dump(mode="json", exclude_defaults=True)
    named = f" In Table 1: {variant.paper}." if variant.paper else " Not a row of Table 1."
    return f"# {variant.title[0].upper()}{variant.title[1:]}.{named}\n{yaml.safe_dump(config)}"
