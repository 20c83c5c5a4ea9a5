"""Frame encoders: crops in, feature maps out.

timm is imported where a backbone is built of it: that takes a second, and an exported model needs
none.

Legend: N frames, d feature size, H x W pixels, h x w cells of the map.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import torch
from torch import Tensor, nn

from tacan.errors import EncoderError
from tacan.model.banded import BandedTrunk
from tacan.model.banded_trunks import BANDED_TRUNKS
from tacan.model.mobile_stages import MOBILE, MobileStages
from tacan.model.recompute import find_blocks, recomputing
from tacan.model.small_encoders import SMALL_TRUNKS
from tacan.model.weights import read_weights

__all__ = ["FrameEncoder", "build_encoder"]


class FrameEncoder(nn.Module):
    """Any trunk, with its output as a map [N, d, h, w].

    `feature_dim` is d and `map_size` is (h, w) for the input size that it was built for; the last
    `beside` features are for the clip weight alone, and the first `compared_dim` for the vector.
    With `recompute` a training pass drops activations and computes them again on the way back.
    """

    def __init__(self, trunk: nn.Module, *, input_size: tuple[int, int]) -> None:
        super().__init__()
        self.trunk = trunk
        self.recompute = False
        self.beside: int = getattr(trunk, "beside", 0)
        self._prefix_tokens: int = getattr(trunk, "num_prefix_tokens", 0)
        self.feature_dim, *size = _probe(self, input_size)
        self.compared_dim = self.feature_dim - self.beside
        self.map_size = (size[0], size[1])

    def forward(self, frames: Tensor) -> Tensor:
        """Normalised frames [N, 3, H, W] -> feature maps [N, d, h, w]."""
        if self.recompute and self.training and torch.is_grad_enabled():
            with recomputing(find_blocks(self.trunk)):
                return self._maps(frames)
        return self._maps(frames)

    def _maps(self, frames: Tensor) -> Tensor:
        output = self.trunk(frames)
        if output.dim() == 3:
            output = self._from_tokens(output)
        elif output.shape[-1] == getattr(self.trunk, "num_features", None) != output.shape[1]:
            output = output.permute(0, 3, 1, 2)
        return output

    def _from_tokens(self, tokens: Tensor) -> Tensor:
        """A transformer's tokens [N, L, d], back in their grid."""
        height, width = cast(Any, self.trunk).patch_embed.grid_size
        grid = tokens[:, self._prefix_tokens :].transpose(1, 2)
        return grid.unflatten(2, (height, width))


def build_encoder(
    name: str,
    *,
    input_size: tuple[int, int],
    last_stride: int = 2,
    weights: str | None = None,
) -> FrameEncoder:
    """The encoder `name`: of `SMALL_TRUNKS`, of `BANDED_TRUNKS`, or any backbone of timm.

    `weights` is a local file, `pretrained` (timm fetches its own), or None. Raises `EncoderError`
    for an unknown name, weights that can't be had or don't fit, and a backbone that makes no map.
    """
    if name in BANDED_TRUNKS:
        trunk = _banded_trunk(name, input_size, weights)
    elif name in SMALL_TRUNKS:
        trunk = SMALL_TRUNKS[name]()
        if weights is not None:
            _load_file(trunk, Path(weights), name)
    else:
        trunk = _timm_trunk(name, input_size, weights)
    if last_stride == 1:
        _set_last_stride(trunk, name)
    try:
        return FrameEncoder(trunk, input_size=input_size)
    except (RuntimeError, ValueError, AssertionError, AttributeError) as error:
        raise EncoderError(
            "a frame encoder must turn a crop into a map of features",
            got=f"{name} at {input_size[0]} x {input_size[1]} pixels: {error}",
            remedy="Choose another backbone or input size.",
        ) from error


def _banded_trunk(name: str, input_size: tuple[int, int], weights: str | None) -> BandedTrunk:
    """Weights of mobile stages are those of the whole backbone that the stages begin."""
    trunk = BANDED_TRUNKS[name](input_size)
    if weights is None:
        return trunk
    if not isinstance(trunk.stages, MobileStages):
        _load_file(trunk, Path(weights), name)
        return trunk
    donor = _timm_trunk(MOBILE, input_size, weights).state_dict()
    own = trunk.stages.state_dict()
    trunk.stages.load_state_dict({key: donor[key] for key in own})
    return trunk


def _timm_trunk(name: str, input_size: tuple[int, int], weights: str | None) -> nn.Module:
    import timm

    if not timm.is_model(name):
        near = timm.list_models(f"*{name.split('.')[0].strip('*')}*")[:5]
        own = ", ".join((*SMALL_TRUNKS, *BANDED_TRUNKS))
        raise EncoderError(
            f"an encoder must be {own}, or a backbone of timm",
            got=repr(name),
            remedy=f"Did you mean {' or '.join(near)}?" if near else "See timm.list_models().",
        )
    pretrained = weights == "pretrained"
    if pretrained:
        _check_network(name)

    def create(**sizes: Any) -> nn.Module:
        return timm.create_model(
            name, pretrained=pretrained, num_classes=0, global_pool="", **sizes
        )

    trunk = _create_for_size(create, name, input_size)
    if weights is not None and not pretrained:
        _load_file(trunk, Path(weights), name)
    return trunk


def _create_for_size(
    create: Callable[..., nn.Module], name: str, input_size: tuple[int, int]
) -> nn.Module:
    """Transformers must be told the input size when they are made; convolutional nets can't be."""
    try:
        return create(img_size=input_size)
    except TypeError:
        return create()
    except (OSError, RuntimeError) as error:
        raise EncoderError(
            "the weights of a timm backbone must be in timm's cache or on the network",
            got=f"{name}: {error}",
            remedy="Name a local file with model.weights, or leave it out.",
        ) from error


def _check_network(name: str) -> None:
    """timm tries an unreachable host for most of a minute; this says so after seconds."""
    import timm
    from huggingface_hub import constants, try_to_load_from_cache

    repository = getattr(timm.get_pretrained_cfg(name), "hf_hub_id", None)
    cached = repository and any(
        isinstance(try_to_load_from_cache(repository, file), str)
        for file in ("model.safetensors", "pytorch_model.bin")
    )
    if cached:
        return
    host = urlsplit(constants.ENDPOINT).hostname or ""
    try:
        socket.create_connection((host, 443), timeout=5).close()
    except OSError as error:
        raise EncoderError(
            f"model.weights 'pretrained' lets timm fetch the weights of {name} from {host}",
            got=f"no cached copy, and no connection ({error})",
            remedy="Name a local file with model.weights, or leave it out for random weights.",
        ) from error


def _resampling(trunk: nn.Module) -> Callable[..., dict[str, Tensor]] | None:
    """What fits a file's position embeddings to another input size, for backbones that have any."""
    from timm.models import swin_transformer, vision_transformer

    return {
        vision_transformer.VisionTransformer: vision_transformer.checkpoint_filter_fn,
        swin_transformer.SwinTransformer: swin_transformer.checkpoint_filter_fn,
    }.get(type(trunk))


def _load_file(trunk: nn.Module, path: Path, name: str) -> None:
    """Loads weights that cover the whole trunk; a classifier beside them is passed over.

    The names may stand behind a prefix, such as `module.` or `base.`. A transformer's positions are
    resampled for the trunk's input size, as timm does it.
    """
    fitting = trunk.state_dict()
    weights = _without_prefix(read_weights(path), fitting)
    resampled = _resampling(trunk)
    try:
        if resampled is not None and _misfits(weights, fitting):
            weights = resampled(weights, trunk)
        misfits = _misfits(weights, fitting)
        if not misfits:
            chosen = {key: weights[key] for key in fitting if key in weights}
            trunk.load_state_dict(chosen, strict=False)
    except Exception as error:  # Weights of another network fail in timm's code in any way.
        misfits = " ".join(str(error).split()) or type(error).__name__
        raise _unfit_weights(path, name, misfits) from error
    if misfits:
        raise _unfit_weights(path, name, misfits)


def _without_prefix(weights: dict[str, Tensor], fitting: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights behind that prefix of names which covers most of the trunk; often it is ""."""
    first = next(iter(fitting), "")
    prefixes = {"", *(key.removesuffix(first) for key in weights if key.endswith(first))}
    best = max(
        sorted(prefixes, key=len),
        key=lambda prefix: sum(prefix + key in weights for key in fitting),
    )
    return {key.removeprefix(best): value for key, value in weights.items() if key.startswith(best)}


def _misfits(weights: dict[str, Tensor], fitting: dict[str, Tensor]) -> str:
    """What is missing or misshapen among the weights; empty where nothing is."""
    missing = sorted(set(fitting) - set(weights) - _counters(fitting))
    other = [
        f"{key} {tuple(weights[key].shape)} for {tuple(value.shape)}"
        for key, value in fitting.items()
        if key in weights and weights[key].shape != value.shape
    ]
    found = (("missing", missing), ("misshapen", other))
    return "; ".join(
        f"{len(keys)} of {len(fitting)} {what}, such as {', '.join(keys[:3])}"
        for what, keys in found
        if keys
    )


def _unfit_weights(path: Path, name: str, misfits: str) -> EncoderError:
    return EncoderError(
        f"a weight file for {name} must hold every weight of it, in its shape",
        got=f"{path}: {misfits}",
        remedy="Name the file that belongs to this backbone.",
    )


def _counters(state: dict[str, Tensor]) -> set[str]:
    """Weight files of old don't hold the batch norms' counters."""
    return {key for key in state if key.endswith("num_batches_tracked")}


def _set_last_stride(trunk: nn.Module, name: str) -> None:
    """Stride 1 in the last stage. (timm's `output_stride=16` would dilate: another network.)"""
    stage = getattr(trunk, "layer4", None)
    if not isinstance(stage, nn.Sequential):
        raise EncoderError(
            "model.last_stride 1 needs a backbone with ResNet's stages (layer4)",
            got=name,
            remedy="Set model.last_stride to 2, or choose a ResNet.",
        )
    for parent in list(stage[0].modules()):
        for child_name, child in list(parent.named_children()):
            if isinstance(child, nn.Conv2d) and child.stride == (2, 2):
                child.stride = (1, 1)
            elif isinstance(child, nn.AvgPool2d):
                setattr(parent, child_name, nn.Identity())


@torch.no_grad()
def _probe(encoder: FrameEncoder, input_size: tuple[int, int]) -> tuple[int, int, int]:
    """(d, h, w) of the map that the encoder makes of one blank crop."""
    was_training = encoder.training
    encoder.eval()
    maps = encoder(torch.zeros(1, 3, *input_size))
    encoder.train(was_training)
    if maps.dim() != 4:
        raise ValueError(f"its output has the shape {tuple(maps.shape)}")
    return maps.shape[1], maps.shape[2], maps.shape[3]
