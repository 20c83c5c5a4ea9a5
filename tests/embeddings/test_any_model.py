"""Whatever is named as a model, and whatever bytes its files hold: it opens, or says why not."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tacan.embeddings.encoder_settings import EncoderSettings, read_encoder_settings
from tacan.embeddings.open import open_model
from tacan.errors import ConfigError, EncoderError, TacanError
from tests.embeddings.test_file_encoders import write_onnx, write_openvino

BOUNDED = settings(
    max_examples=60,
    # Native readers of files: the same bytes in every run, so that a crash is nobody's surprise.
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
KINDS = ("", "onnx:", "openvino:", "timm:", "ONNX:", ":")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["", "/", "..", "x" * 300, "y/" * 3000, "a\0b", "\udc80", "?*[", "\n"]
)
def test_a_name_that_names_no_model_is_told(kind: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(TacanError):
        open_model(f"{kind}{name}", weights="random" if kind == "timm:" else None)


@pytest.mark.fuzz
@BOUNDED
@given(kind=st.sampled_from(KINDS), name=st.text(alphabet=st.characters(), max_size=12))
def test_any_name_is_told(kind: str, name: str) -> None:
    with pytest.raises(TacanError):
        open_model(f"{kind}no-{name}")


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """`whole` with some bytes replaced, left out or put in, perhaps cut short."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(content)))
        how = draw(st.sampled_from(["replace", "replace", "remove", "insert", "cut"]))
        if how == "cut":
            del content[place:]
            continue
        taken = draw(st.integers(1, 8)) if how == "remove" else int(how == "replace")
        put = b"" if how == "remove" else draw(st.binary(min_size=1, max_size=4))
        content[place : place + taken] = put
    return bytes(content)


YAML = (
    b"height: 64\nwidth: 32\ncolours: bgr\npixel_range: 0-255\nmean: [1, 2.5, 3e0]\noutput: map\n"
)


@pytest.mark.fuzz
@settings(parent=BOUNDED, max_examples=200)
@example(content=b"mean: [1e400, nan, -inf]")
@example(content=b"std: [0, 1, 1]\nheight: 1" + b"0" * 5000)
@example(content=b'output: "\\ud800"')
@example(content=b"[" * 5000)
@given(content=st.one_of(damaged(YAML), st.binary(max_size=40)))
def test_any_settings_beside_a_file_are_read_or_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_bytes(content)
    with suppress(ConfigError):
        assert isinstance(read_encoder_settings(tmp_path / "net.onnx"), EncoderSettings)


@pytest.mark.fuzz
@pytest.mark.parametrize("kind", ["onnx", "openvino"])
@BOUNDED
@given(data=st.data())
def test_any_onnx_file_embeds_or_is_refused(kind: str, data: st.DataObject, tmp_path: Path) -> None:
    whole = write_onnx(tmp_path / "whole.onnx").read_bytes()
    file = tmp_path / "net.onnx"
    file.write_bytes(data.draw(damaged(whole)))
    embed_or_refuse(f"{kind}:{file}")


@pytest.mark.fuzz
@BOUNDED
@given(data=st.data())
def test_any_openvino_file_embeds_or_is_refused(data: st.DataObject, tmp_path: Path) -> None:
    if not (tmp_path / "whole.xml").exists():
        write_openvino(tmp_path / "whole.xml", write_onnx(tmp_path / "whole.onnx"))
    for ending in (".xml", ".bin"):
        whole = (tmp_path / f"whole{ending}").read_bytes()
        (tmp_path / f"net{ending}").write_bytes(
            data.draw(damaged(whole)) if ending == ".xml" or data.draw(st.booleans()) else whole
        )
    embed_or_refuse(f"openvino:{tmp_path / 'net.xml'}")


def embed_or_refuse(spec: str) -> None:
    with suppress(TacanError):
        model = open_model(spec, threads=1)
        model.embed_clips(torch.zeros(2, 1, 3, *model.input_size, dtype=torch.uint8))


def test_a_file_that_asks_for_all_memory_is_refused(tmp_path: Path) -> None:
    file = write_onnx(tmp_path / "net.onnx", batch=50_000, size=(2000, 1000))
    with pytest.raises(EncoderError, match=r"more than 134,217,728 pixels"):
        open_model(f"onnx:{file}")
