from __future__ import annotations

import pytest

from tacan.model.build import TEMPORAL_POOLINGS
from tacan.paper.published import TABLE_2 as PUBLISHED
from tacan.paper.published import TABLE_2_OTHERS
from tacan.paper.rivals import TABLE_2
from tacan.paper.sizes import SIZES
from tacan.paper.variants import TABLE_1, variant_config

OURS = ("clip_attention", "min_max", "se")
RIVALS = [name for name in TABLE_2 if name not in OURS]
BASE = SIZES["two-cores"].base


@pytest.mark.parametrize("name", RIVALS)
def test_rivals_differ_in_their_temporal_pooling_alone(name: str) -> None:
    rival, mean = (variant_config(TABLE_2[row], BASE) for row in (name, "mean"))
    pooling = rival.model.temporal_pooling
    assert rival.model_copy(update={"model": mean.model}) == mean
    assert rival.model.model_copy(update={"temporal_pooling": "mean"}) == mean.model
    assert pooling == ("attention" if name == "several_clips" else name)


def test_every_pooling_is_a_row_but_for_the_readings_of_one() -> None:
    readings = {"attention_rectified", "attention_literal"}
    poolings = {variant_config(TABLE_2[name], BASE).model.temporal_pooling for name in RIVALS}
    assert poolings == set(TEMPORAL_POOLINGS) - readings


def test_ours_differs_from_temporal_attention_in_the_clip_weight_alone() -> None:
    attention, ours = (
        variant_config(TABLE_2[row], BASE) for row in ("several_clips", "clip_attention")
    )
    assert ours.model.clip_weight != "none"
    assert ours.model.model_copy(update={"clip_weight": "none"}) == attention.model
    assert ours.model_copy(update={"model": attention.model}) == attention


def test_rows_of_one_name_are_one_training() -> None:
    for name in set(TABLE_1) & set(TABLE_2):
        assert variant_config(TABLE_1[name], BASE) == variant_config(TABLE_2[name], BASE)


def test_the_published_rows_are_all_twelve() -> None:
    assert len(PUBLISHED) + len(TABLE_2_OTHERS) == 12
    named = {row.paper for row in TABLE_2.values() if row.paper} | set(TABLE_2_OTHERS)
    assert len(named) == 12
    assert {row.name for row in TABLE_2.values() if row.paper} == set(PUBLISHED)
    best = max(p.scores.get("mAP", 0.0) for p in [*PUBLISHED.values(), *TABLE_2_OTHERS.values()])
    assert best == PUBLISHED["se"].scores["mAP"]
