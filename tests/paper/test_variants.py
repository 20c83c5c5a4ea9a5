from __future__ import annotations

from pathlib import Path

import pytest

from tacan.config import load_config
from tacan.errors import ConfigError
from tacan.paper.published import TABLE_1 as PUBLISHED
from tacan.paper.sizes import SIZES
from tacan.paper.variants import TABLE_1, find_variants, variant_config, variant_yaml

EXPERIMENT = Path(__file__).parents[2] / "experiments" / "table1"


def settings(name: str, base: str | Path = "demo") -> tuple[object, ...]:
    config = variant_config(TABLE_1[name], base)
    model, loss = config.model, config.loss
    return (
        loss.triplet > 0,
        loss.min_max > 0,
        model.temporal_pooling,
        model.embedding_dim > 0,
        model.clip_weight,
        config.clips.n_clips,
    )


def test_each_row_has_what_its_name_says() -> None:
    assert settings("softmax") == (False, False, "mean", False, "none", 1)
    assert settings("triplet") == (True, False, "mean", False, "none", 1)
    assert settings("temporal_attention") == (True, False, "attention", False, "none", 1)
    assert settings("embedding") == (True, False, "attention", True, "none", 1)
    assert settings("several_clips") == (True, False, "attention", True, "none", 4)
    assert settings("clip_attention") == (True, False, "attention", True, "sigmoid_sum", 4)
    assert settings("min_max") == (True, True, "attention", True, "sigmoid_sum", 4)
    assert settings("se") == settings("min_max")
    assert settings("literal_one_clip") == (True, False, "attention", True, "linear_mean", 1)
    assert settings("literal_several_clips") == (True, False, "attention", True, "linear_mean", 4)


def test_the_base_decides_what_the_rows_leave_open() -> None:
    assert settings("temporal_attention", "paper")[2] == "attention_rectified"
    assert variant_config(TABLE_1["se"], "paper").model.encoder == "legacy_seresnet50"
    assert variant_config(TABLE_1["se"], "demo").model.encoder == "small_banded_se"
    assert variant_config(TABLE_1["min_max"], "demo") == load_config("demo")


def test_the_papers_rows_stand_in_its_order_and_each_has_its_figures() -> None:
    rows = [row for row in TABLE_1.values() if row.paper]
    assert [row.name for row in rows] == list(PUBLISHED)
    # Each of the paper's rows is a step from the one that it has before it.
    assert [row.before[0] for row in rows[1:]] == [row.name for row in rows[:-1]]
    assert all(before in TABLE_1 for row in TABLE_1.values() for before in row.before)


def test_the_gains_that_the_text_names_are_those_of_its_table() -> None:
    softmax, triplet, full, se = (
        PUBLISHED[name].scores for name in ("softmax", "triplet", "min_max", "se")
    )
    assert triplet["mAP"] - softmax["mAP"] == pytest.approx(14.8)
    assert triplet["Rank-1"] - softmax["Rank-1"] == pytest.approx(10.0)
    assert (full["mAP"], full["Rank-1"]) == (83.0, 88.2)
    assert se["mAP"] - full["mAP"] == pytest.approx(1.0)


def test_a_rows_own_settings_win_over_those_of_the_caller() -> None:
    config = variant_config(TABLE_1["triplet"], "demo", {"clips.n_clips": 2, "run.iterations": 70})
    assert (config.clips.n_clips, config.run.iterations) == (1, 70)


def test_rows_are_found_by_name_in_the_tables_order() -> None:
    assert [row.name for row in find_variants("min_max, triplet")] == ["triplet", "min_max"]
    with pytest.raises(ConfigError) as caught:
        find_variants("min-max,triplet,CA")
    assert len(caught.value.faults) == 2
    with pytest.raises(ConfigError, match="a row must be named"):
        find_variants(" ,")


def test_an_encoder_without_squeeze_and_excitation_is_refused() -> None:
    with pytest.raises(ConfigError, match="small, small_banded, resnet50.*got 'resnet18'"):
        variant_config(TABLE_1["se"], "demo", {"model.encoder": "resnet18"})


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", TABLE_1)
def test_each_row_has_its_file_in_the_experiment(size: str, name: str) -> None:
    base, file = SIZES[size].base, EXPERIMENT / size / "rows" / f"{name}.yaml"
    again = f"tacan paper configs experiments/table1/{size}/rows --size {size}"
    assert file.read_text("utf-8") == variant_yaml(TABLE_1[name], base), again
    assert load_config(file) == variant_config(TABLE_1[name], base)


@pytest.mark.parametrize("size", SIZES)
def test_no_other_files_pass_for_rows(size: str) -> None:
    assert {p.stem for p in (EXPERIMENT / size / "rows").iterdir()} == set(TABLE_1)
