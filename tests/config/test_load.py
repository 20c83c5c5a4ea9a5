from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from tacan.config import PRESETS, TrainConfig, config_yaml, load_config
from tacan.config.load import parse_overrides
from tacan.errors import ConfigError


def faults(source: str | Path, overrides: dict[str, object] | None = None) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_config(source, overrides)
    return caught.value.faults


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_valid_and_survive_being_written(preset: str, tmp_path: Path) -> None:
    config = load_config(preset)
    path = tmp_path / "config.yaml"
    path.write_text(config_yaml(config), encoding="utf-8")
    assert load_config(path) == config


def test_a_file_starts_from_its_preset(tmp_path: Path) -> None:
    path = tmp_path / "mein Lauf.yaml"
    path.write_text("preset: demo\nrun: {iterations: 70}\nmodel: {height: 96}\n")
    config = load_config(path, {"model.width": 48})
    assert (config.run.iterations, config.model.height, config.model.width) == (70, 96, 48)
    assert config.model.encoder == PRESETS["demo"]["model"]["encoder"]
    assert PRESETS["demo"]["model"]["height"] == 64, "a preset must not change when it is used"


def test_three_faults_are_reported_at_once(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "clips: {n_clip: 4}\nloss: {margin: -0.3}\noptimiser: {warmup: 90000}\nrun: {seed: 1}\n"
    )
    found = faults(path)
    assert len(found) == 3
    assert any("clips.n_clip" in fault and "'n_clips'" in fault for fault in found)
    assert any("loss.margin" in fault and "-0.3" in fault for fault in found)
    assert any("warmup" in fault and "62000" in fault for fault in found)


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"clips.n_clips": 1}, "no gradient"),
        ({"clips.n_clips": 1, "model.clip_weight": "softmax"}, "no gradient"),
        ({"clips.identities_per_batch": 1}, "nothing to compare"),
        ({"clips.tracklets_per_identity": 1}, "pull together"),
        ({"loss.softmax": 0, "loss.triplet": 0, "loss.min_max": 0}, "nothing is learnt"),
        ({"model.encoder": "small", "model.weights": "pretrained"}, "no published weights"),
        ({"model.encoder": "small_se", "model.weights": "pretrained"}, "no published weights"),
        ({"optimiser.warmup": 62_000}, "leaves none"),
        ({"run.accumulate": 8 * 4 * 4 + 1}, "128 clips can't be taken in 129 parts"),
        ({"data.validation_share": 0}, "nothing to validate on"),
    ],
)
def test_contradictions_are_refused_with_the_reason(
    overrides: dict[str, object], words: str
) -> None:
    found = faults("paper", overrides)
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize("clip_weight", ["none", "linear_mean", "sigmoid_mean"])
def test_one_clip_is_allowed_where_weights_do_not_compete(clip_weight: str) -> None:
    load_config("paper", {"clips.n_clips": 1, "model.clip_weight": clip_weight})


def test_softmax_alone_needs_no_pairs() -> None:
    load_config(
        "paper",
        {"clips.identities_per_batch": 1, "loss.triplet": 0, "loss.min_max": 0},
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("run: [", "not YAML"),
        ("- 1\n", "sections"),
        ("preset: papr\n", "'paper'"),
        ("run: 5\n", "run"),
        ("trainer: {}\n", "no such setting"),
    ],
)
def test_files_that_are_no_configuration(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    assert words in " ".join(faults(path))


def test_a_missing_file_names_the_presets() -> None:
    assert "did you mean 'strong'" in faults("stron")[0].lower()
    assert "paper" in faults("nowhere.yaml")[0]


def test_overrides_stay_text_until_the_settings_read_them() -> None:
    words = ["--run.seed", "3", "--model.neck=true", "--loss.margin", "0.5", "--data.root=a b/ü"]
    words += ["--run.precision", "32", "--model.weights", "null", "--model.mean=[.1, 0.2,1]"]
    overrides = parse_overrides(words)
    assert overrides["run.seed"] == "3"
    config = load_config("paper", overrides)
    assert (config.run.seed, config.model.neck, config.loss.margin) == (3, True, 0.5)
    assert config.data.root == Path("a b/ü")
    assert config.run.precision == "32"
    assert config.model.weights is None
    assert config.model.mean == (0.1, 0.2, 1.0)


@pytest.mark.parametrize(
    "text", ["0123", "on", "2026-11-22", "y #2", "12:30:00", "1e3", "~", "a: b"]
)
def test_names_are_never_taken_for_numbers_dates_or_yes(text: str, tmp_path: Path) -> None:
    assert load_config("demo", parse_overrides(["--data.root", text])).data.root == Path(text)
    path = tmp_path / "config.yaml"
    path.write_text(f"data: {{root: '{text}', variant: '{text}'}}\nmodel: {{weights: '{text}'}}\n")
    config = load_config(path)
    assert (str(config.data.root), config.data.variant, config.model.weights) == (text,) * 3


@pytest.mark.parametrize("plain", ["0123", "on", "2026-11-22", "12:30:00", "1e3", "0o17", ".inf"])
def test_plain_words_of_a_file_are_text(plain: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"data: {{root: {plain}}}\n")
    assert str(load_config(path).data.root) == plain


def test_numbers_are_decimal(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("run: {seed: 010, iterations: 1_000}\noptimiser: {learning_rate: 1e-3}\n")
    config = load_config(path, parse_overrides(["--run.log_every", "010"]))
    assert (config.run.seed, config.run.iterations, config.run.log_every) == (10, 1000, 10)
    assert config.optimiser.learning_rate == 0.001
    for text in ("0x10", "1:30", "1.5", "9" * 5000, ""):
        found = faults("demo", {"run.seed": text})
        assert "run.seed" in found[0]
        assert len(found[0]) < 250


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("optimiser.learning_rate", "1e400"),
        ("loss.margin", "1e400"),
        ("loss.softmax", "nan"),
        ("model.mean", "[1e400, 0, 0]"),
        ("model.std", "[0, 1, 1]"),
        ("model.std", "[nan, 1, 1]"),
        ("optimiser.decay_at", "[nan]"),
    ],
)
def test_numbers_are_finite(name: str, value: str) -> None:
    assert name in faults("demo", {name: value})[0]


@pytest.mark.parametrize(
    "words", [["seed"], ["--run.seed"], ["--run.seed", "--model.neck"], ["--"]]
)
def test_words_that_are_no_overrides(words: list[str]) -> None:
    with pytest.raises(ConfigError):
        parse_overrides(words)


def test_an_override_cannot_go_through_a_setting(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("run: {seed: 1}\n")
    assert "is a setting" in faults(path, {"run.seed.deeper": 1})[0]


def test_every_setting_is_described() -> None:
    def settings(section: type[BaseModel], name: str) -> list[str]:
        bare = []
        for key, field in section.model_fields.items():
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                bare += settings(field.annotation, f"{name}{key}.")
            elif not field.description:
                bare.append(name + key)
        return bare

    assert settings(TrainConfig, "") == []
