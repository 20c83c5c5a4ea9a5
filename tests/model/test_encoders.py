from __future__ import annotations

import io
import socket
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save, save_file

from tacan.errors import CheckpointError, EncoderError, TacanError
from tacan.model.encoders import FrameEncoder, build_encoder
from tacan.model.small_encoders import small_trunk
from tacan.model.weights import read_weights

SIZE = (64, 32)


def test_a_timm_backbone_makes_timms_own_map() -> None:
    torch.manual_seed(0)
    encoder = build_encoder("resnet18", input_size=SIZE).eval()
    oracle = timm.create_model("resnet18", pretrained=False).eval()
    oracle.load_state_dict(encoder.trunk.state_dict(), strict=False)
    frames = torch.randn(2, 3, *SIZE)
    torch.testing.assert_close(encoder(frames), oracle.forward_features(frames))
    assert (encoder.feature_dim, encoder.map_size) == (512, (2, 1))


@pytest.mark.parametrize(
    "name",
    [
        "convnext_atto",
        "mobilenetv3_small_050",
        "vit_tiny_patch16_224",
        "swin_tiny_patch4_window7_224",
    ],
)
def test_every_kind_of_backbone_gives_a_map(name: str) -> None:
    encoder = build_encoder(name, input_size=(224, 112)).eval()
    with torch.inference_mode():
        maps = encoder(torch.zeros(1, 3, 224, 112))
    assert maps.shape == (1, encoder.feature_dim, *encoder.map_size)


def test_tokens_return_to_their_places() -> None:
    encoder = build_encoder("vit_tiny_patch16_224", input_size=(64, 32)).eval()
    tokens = torch.arange(1 + 4 * 2, dtype=torch.float32).view(1, -1, 1)
    grid = encoder._from_tokens(tokens)
    assert grid[0, 0].tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet18d", "legacy_seresnet50"])
def test_last_stride_1_doubles_the_map_and_keeps_the_weights(name: str) -> None:
    wide = build_encoder(name, input_size=(64, 32), last_stride=1)
    usual = build_encoder(name, input_size=(64, 32))
    assert wide.map_size == (4, 2)
    assert usual.map_size == (2, 1)
    assert wide.state_dict().keys() == usual.state_dict().keys()
    assert all(
        module.dilation == (1, 1)
        for module in wide.modules()
        if isinstance(module, torch.nn.Conv2d)
    )


def test_last_stride_1_needs_resnets_stages() -> None:
    with pytest.raises(EncoderError, match="layer4"):
        build_encoder("convnext_atto", input_size=SIZE, last_stride=1)


def test_recomputing_changes_neither_gradients_nor_statistics() -> None:
    frames = torch.randn(4, 3, *SIZE)
    results = []
    for recompute in (False, True):
        torch.manual_seed(0)
        encoder = build_encoder("resnet18", input_size=SIZE).train()
        encoder.recompute = recompute
        encoder(frames).square().mean().backward()
        results.append(
            [p.grad.clone() for p in encoder.parameters()] + [b.clone() for b in encoder.buffers()]
        )
    for plain, recomputed in zip(*results, strict=True):
        assert torch.equal(plain, recomputed)


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(EncoderError, match="resnet50"):
        build_encoder("resnet5", input_size=SIZE)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_weights_come_from_a_local_file(tmp_path: Path, suffix: str) -> None:
    source = timm.create_model("resnet18", pretrained=False)
    path = tmp_path / f"weights{suffix}"
    if suffix == ".pth":
        torch.save({"state_dict": source.state_dict()}, path)
    else:
        save_file(source.state_dict(), path)
    encoder = build_encoder("resnet18", input_size=SIZE, weights=str(path))
    state = source.state_dict()
    for name, value in encoder.trunk.state_dict().items():
        assert torch.equal(value, state[name])


def same_weights(encoder: FrameEncoder, source: torch.nn.Module) -> bool:
    state = source.state_dict()
    return all(torch.equal(value, state[key]) for key, value in encoder.trunk.state_dict().items())


@pytest.mark.parametrize("prefix", ["module.", "base.", "model.", "module.model.", "backbone."])
@pytest.mark.parametrize("others", [{}, {"classifier.weight": torch.ones(3, 512)}])
def test_names_may_stand_behind_a_prefix(
    tmp_path: Path, prefix: str, others: dict[str, torch.Tensor]
) -> None:
    source = timm.create_model("resnet18", pretrained=False)
    state = {prefix + key: value for key, value in source.state_dict().items()}
    path = tmp_path / "weights.pth"
    torch.save({"state_dict": state | others}, path)
    assert same_weights(build_encoder("resnet18", input_size=SIZE, weights=str(path)), source)


def test_numpys_numbers_beside_the_weights_are_passed_over(tmp_path: Path) -> None:
    source = timm.create_model("resnet18", pretrained=False)
    beside = {"mAP": np.float64(0.5), "epoch": np.int64(3), "cmc": np.arange(5.0), "name": "it"}
    for content in ({"model": source.state_dict(), **beside}, source.state_dict() | beside):
        path = tmp_path / "weights.pth"
        torch.save(dict(content), path)
        assert same_weights(build_encoder("resnet18", input_size=SIZE, weights=str(path)), source)


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "swin_tiny_patch4_window7_224"])
def test_positions_of_another_size_are_resampled_as_timm_does(tmp_path: Path, name: str) -> None:
    torch.manual_seed(0)
    source = timm.create_model(name, pretrained=False)
    path = tmp_path / "weights.safetensors"
    save_file(source.state_dict(), path)
    size = (224, 112)
    oracle = timm.create_model(
        name,
        img_size=size,
        num_classes=0,
        global_pool="",
        pretrained=True,
        pretrained_cfg_overlay={"file": str(path)},
    )
    encoder = build_encoder(name, input_size=size, weights=str(path))
    assert same_weights(encoder, oracle)


def test_positions_that_cannot_be_resampled_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    state = timm.create_model("vit_tiny_patch16_224", pretrained=False).state_dict()
    save_file(state | {"pos_embed": torch.zeros(1, 12, 192)}, path)
    with pytest.raises(EncoderError, match="every weight of it"):
        build_encoder("vit_tiny_patch16_224", input_size=(224, 112), weights=str(path))


def test_messages_are_whole_and_without_colours(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    source = timm.create_model("resnet18", pretrained=False).state_dict()
    contents = {
        "pickle": {"layer": Exploit(tmp_path / "it ran")},
        "list": [1, 2],
        "other": {"fc.weight": torch.ones(2)},
        "shapes": source | {"conv1.weight": torch.ones(2)},
    }
    for content in contents.values():
        torch.save(content, path)
        with pytest.raises((CheckpointError, EncoderError)) as caught:
            build_encoder("resnet18", input_size=SIZE, weights=str(path))
        said = str(caught.value)
        assert "\x1b" not in said
        assert "[" not in said
        assert said.endswith(".")
        assert len(said) < 500


@pytest.mark.fuzz
@given(st.binary(max_size=200), st.integers(0, 2000))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_weights_or_an_error_of_ours(junk: bytes, place: int) -> None:
    for whole in (b"", _saved("torch"), _saved("safetensors")):
        place = min(place, len(whole))
        data = whole[:place] + junk + whole[place + len(junk) :]
        with tempfile.TemporaryDirectory() as folder:
            for suffix in (".pth", ".safetensors"):
                path = Path(folder) / f"weights{suffix}"
                path.write_bytes(data)
                try:
                    read_weights(path)
                except TacanError:
                    continue


@cache
def _saved(kind: str) -> bytes:
    state = {"conv.weight": torch.ones(3, 2), "conv.bias": torch.ones(3)}
    if kind == "safetensors":
        return save(state)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["a" * 300, "a\0b", ""])
def test_names_that_no_file_can_have_are_an_error_of_ours(name: str) -> None:
    with pytest.raises(CheckpointError, match="file that can be read"):
        read_weights(Path(name))


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_file(timm.create_model("resnet34", pretrained=False).state_dict(), path)
    with pytest.raises(EncoderError, match="misshapen|missing"):
        build_encoder("resnet50", input_size=SIZE, weights=str(path))
    save_file(small_trunk((16, 32, 64, 128, 256)).state_dict(), path)
    with pytest.raises(EncoderError, match="misshapen"):
        build_encoder("small", input_size=SIZE, weights=str(path))


class Exploit:
    """A pickle that runs code when it is read."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_pickle_that_runs_code_is_refused(tmp_path: Path, suffix: str) -> None:
    path, trace = tmp_path / f"weights{suffix}", tmp_path / "it ran"
    torch.save({"layer": Exploit(trace)}, path)
    with pytest.raises(CheckpointError, match="nothing that runs"):
        build_encoder("resnet18", input_size=SIZE, weights=str(path))
    assert not trace.exists()


def test_a_missing_weight_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="nowhere.pth"):
        build_encoder("resnet18", input_size=SIZE, weights=str(tmp_path / "nowhere.pth"))


def test_without_a_network_pretrained_weights_fail_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*address: object, **options: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *names: None)
    with pytest.raises(EncoderError, match="no network.*local file"):
        build_encoder("resnet18", input_size=SIZE, weights="pretrained")
