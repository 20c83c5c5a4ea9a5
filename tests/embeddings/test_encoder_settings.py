from __future__ import annotations

from pathlib import Path

import pytest

from tacan.embeddings.encoder_settings import EncoderSettings, Pixels, read_encoder_settings
from tacan.errors import ConfigError


def test_defaults_follow_the_range() -> None:
    unit = Pixels.decide(EncoderSettings())
    assert (unit.height, unit.width, unit.colours, unit.pixel_range) == (256, 128, "rgb", "0-1")
    assert unit.mean == (0.485, 0.456, 0.406)
    assert unit.std == (0.229, 0.224, 0.225)
    bytes_ = Pixels.decide(EncoderSettings(pixel_range="0-255"))
    assert (bytes_.mean, bytes_.std) == ((0, 0, 0), (1, 1, 1))


def test_a_size_comes_from_the_file_and_may_not_contradict_it() -> None:
    pixels = Pixels.decide(EncoderSettings(width=48), file_size=(96, None))
    assert (pixels.height, pixels.width) == (96, 48)
    with pytest.raises(ConfigError) as caught:
        Pixels.decide(EncoderSettings(height=1000, width=48), file_size=(96, 32))
    assert len(caught.value.faults) == 2
    assert "height must be the 96" in str(caught.value)


def test_the_yaml_beside_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a net.v2.onnx"
    assert read_encoder_settings(file) == EncoderSettings()
    beside = tmp_path / "a net.v2.yaml"
    beside.write_text("colours: bgr\npixel_range: 0-255\nmean: [1, 2, 3]\nheight: 64\n")
    settings = read_encoder_settings(file)
    assert settings == EncoderSettings(
        colours="bgr", pixel_range="0-255", mean=(1, 2, 3), height=64
    )
    stronger = EncoderSettings(colours="rgb").over(settings)
    assert (stronger.colours, stronger.height) == ("rgb", 64)
    beside.write_text("")
    assert read_encoder_settings(file) == EncoderSettings()


def test_all_faults_of_the_yaml_are_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("color: bgr\nstd: [0, 1, 1]\nheight: tall\nmean: 3\n")
    with pytest.raises(ConfigError) as caught:
        read_encoder_settings(tmp_path / "net.onnx")
    shown = str(caught.value)
    assert len(caught.value.faults) == 4
    for fault in ("net.yaml", "color: there is no such setting", "std.0", "height", "mean"):
        assert fault in shown


@pytest.mark.parametrize("text", ["[1, 2]", "a: b: c", "\xff"])
def test_no_settings_at_all(tmp_path: Path, text: str) -> None:
    (tmp_path / "net.yaml").write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match=r"net\.yaml has 1 fault"):
        read_encoder_settings(tmp_path / "net.onnx")
