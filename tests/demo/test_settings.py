from pathlib import Path

from tacan.config import load_config
from tacan.demo.settings import METHODS, DemoSettings

NOWHERE = Path("nowhere")


def test_the_two_models_differ_in_the_clip_weight_alone():
    own, plain = (DemoSettings().training(method, NOWHERE) for method in METHODS)
    assert own.model.clip_weight == load_config("demo").model.clip_weight != "none"
    assert plain.model.clip_weight == "none"
    same = {"model": own.model.model_copy(update={"clip_weight": "none"})}
    assert own.model_copy(update=same) == plain


def test_settings_left_out_are_those_of_the_preset():
    preset = load_config("demo")
    config = DemoSettings(seed=5).training(METHODS[0], NOWHERE)
    assert config.run.iterations == preset.run.iterations
    assert config.run.seed == 5
    assert config.optimiser == preset.optimiser


def test_few_iterations_leave_room_for_the_warm_up():
    config = DemoSettings(iterations=12).training(METHODS[0], NOWHERE)
    assert (config.run.iterations, config.optimiser.warmup) == (12, 1)


def test_crops_are_of_the_size_that_the_model_takes():
    settings = DemoSettings()
    model = load_config("demo").model
    assert (settings.height, settings.width) == (model.height, model.width)


def test_the_record_tells_settings_apart_and_not_places():
    assert DemoSettings().record() == DemoSettings().record()
    assert DemoSettings(seed=1).record() != DemoSettings().record()
    assert DemoSettings(iterations=9).record() != DemoSettings().record()
    assert "nowhere" not in str(DemoSettings().record())
