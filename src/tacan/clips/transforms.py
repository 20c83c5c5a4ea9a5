"""Augmentation of a clip: whatever happens to one of its frames happens to all.

All random parameters come from a generator of our own, so that a clip's augmentation is a function
of its seed and the global generators stay as they are.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from tacan.errors import ConfigError

__all__ = ["ClipAugmentation", "light_curves"]

# Random erasing: the box's share of the picture's area, and its height over its width.
_ERASED_SHARE = (0.02, 0.3)
_ERASED_ASPECT = (0.3, 3.3)


class ClipAugmentation:
    """Flip, zoom, shift, pasting, colour jitter, other light and erasing, in this order, the same
    for all frames of a clip.

    Parameters
    ----------
    flip
        Probability of a horizontal flip.
    pad
        Pixels added on each side before a crop of the old size is cut from a random place; what
        comes in from outside has the clip's mean colour.
    erase
        Probability that one box, at the same place in all frames, is filled with the clip's mean
        colour. It covers 2 to 30 % of the picture, with a height of 0.3 to 3.3 times its width.
    colour
        Strength c: brightness, contrast and saturation, in random order, are each multiplied by
        a factor between 1 - c and 1 + c.
    light
        Strength s of another camera's light: exposure, gains of the three channels, gamma and
        contrast, each as `light_curves` has it.
    zoom
        Share z of badly cut boxes: every other clip loses up to z / 2 of its height above, z below
        and z / 2 of its width on each side, and what is left is stretched to the old size.
    paste
        Probability that an occluder covers 20 to 60 % of the picture from the left, from the right
        or from below.

    Raises
    ------
    ConfigError
        With each number that is out of range.
    """

    def __init__(
        self,
        *,
        flip: float,
        pad: int,
        erase: float,
        colour: float,
        light: float = 0.0,
        zoom: float = 0.0,
        paste: float = 0.0,
    ) -> None:
        self.flip = flip
        self.pad = pad
        self.erase = erase
        self.colour = colour
        self.light = light
        self.zoom = zoom
        self.paste = paste
        rules = [
            (0 <= flip <= 1, f"flip is a probability, between 0 and 1; got {flip}"),
            (pad >= 0, f"pad must be 0 pixels or more; got {pad}"),
            (0 <= erase <= 1, f"erase is a probability, between 0 and 1; got {erase}"),
            (0 <= colour <= 1, f"colour is a strength, between 0 and 1; got {colour}"),
            (0 <= light <= 1, f"light is a strength, between 0 and 1; got {light}"),
            (0 <= zoom <= 0.5, f"zoom is a share, between 0 and 0.5; got {zoom}"),
            (0 <= paste <= 1, f"paste is a probability, between 0 and 1; got {paste}"),
        ]
        if faults := [fault for holds, fault in rules if not holds]:
            raise ConfigError(faults, source="the augmentation")

    def __call__(self, clip: Tensor, seed: int, *, occluder: Tensor | None = None) -> Tensor:
        """An augmented copy of the clip, uint8 [T, 3, H, W] to uint8 [T, 3, H, W].

        `occluder`, uint8 [3, H, W], is what may be pasted; without one nothing is. Equal seeds
        give equal results. The inputs are not changed.
        """
        rng = np.random.default_rng(seed)
        height, width = clip.shape[-2:]
        # Every part draws its numbers whether it acts or not: switching one off changes no other.
        flips = rng.random() < self.flip
        shift = rng.integers(-self.pad, self.pad, size=2, endpoint=True)
        order = rng.permutation(3)
        factors = rng.uniform(1 - self.colour, 1 + self.colour, size=3)
        erases = rng.random() < self.erase
        box = _random_box(height, width, rng)
        curves = light_curves(self.light * rng.standard_normal(6))
        window = _random_window(height, width, self.zoom, rng)
        pastes, side, share = rng.random() < self.paste, int(rng.integers(3)), rng.uniform(0.2, 0.6)

        augmented = clip.flip(-1) if flips else clip.clone()
        filling = _mean_colour(clip)
        if window != (0, 0, height, width):
            augmented = F.resized_crop(augmented, *window, size=[height, width], antialias=True)
        if shift.any():
            augmented = _shifted(augmented, int(shift[0]), int(shift[1]), filling)
        if pastes and occluder is not None:
            _paste(augmented, occluder, side, share)
        if self.colour > 0:
            augmented = _recoloured(augmented, order, factors)
        if self.light > 0:
            augmented = _relit(augmented, curves)
            filling = _relit(filling, curves)
        if erases:
            top, left, height, width = box
            augmented[..., top : top + height, left : left + width] = filling
        return augmented


def light_curves(changes: np.ndarray) -> np.ndarray:
    """What another camera makes of each of the 256 levels of red, green and blue: uint8 [3, 256].

    `changes` [6] are logarithms, and zeros change nothing. With exposure e, gains c_k, gamma g and
    contrast q = exp of changes 0, 1 to 3 (times 0.7), 4 and 5 (times 0.6), a level v from 0 to 1
    becomes 0.5 + q (w - 0.5), where w = (e c_k v^2.2)^(g / 2.2), both cut off at 0 and 1.
    """
    exposure, *gains, gamma, contrast = np.exp(changes * [1, 0.7, 0.7, 0.7, 0.6, 0.6]).tolist()
    linear = exposure * np.array(gains)[:, None] * np.linspace(0, 1, 256) ** 2.2
    levels = 0.5 + contrast * (np.clip(linear, 0, 1) ** (gamma / 2.2) - 0.5)
    return np.rint(255 * np.clip(levels, 0, 1)).astype(np.uint8)


def _mean_colour(clip: Tensor) -> Tensor:
    """uint8 [T, 3, H, W] -> uint8 [3, 1, 1]."""
    mean = clip.mean(dim=(0, 2, 3), dtype=torch.float32)
    return mean.round().to(torch.uint8)[:, None, None]


def _shifted(clip: Tensor, down: int, right: int, filling: Tensor) -> Tensor:
    """What padding by `filling` and cropping elsewhere gives, without the padded picture."""
    height, width = clip.shape[-2:]
    shifted = filling.expand_as(clip).clone()
    rows, columns = height - abs(down), width - abs(right)
    if rows <= 0 or columns <= 0:
        return shifted
    to_row, to_column = max(down, 0), max(right, 0)
    from_row, from_column = max(-down, 0), max(-right, 0)
    shifted[..., to_row : to_row + rows, to_column : to_column + columns] = clip[
        ..., from_row : from_row + rows, from_column : from_column + columns
    ]
    return shifted


def _recoloured(clip: Tensor, order: np.ndarray, factors: np.ndarray) -> Tensor:
    changes = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation)
    for which in order.tolist():
        clip = changes[which](clip, float(factors[which]))
    return clip


def _relit(clip: Tensor, curves: np.ndarray) -> Tensor:
    """uint8 [..., 3, H, W] through the curves uint8 [3, 256] of its channels."""
    tables = torch.from_numpy(curves)
    channels = [tables[k][clip[..., k, :, :].int()] for k in range(3)]
    return torch.stack(channels, dim=-3)


def _random_window(
    height: int, width: int, zoom: float, rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """Top, left, height and width of what a badly cut box keeps of the picture."""
    acts = rng.random() < 0.5
    above, below, left, right = rng.uniform(0, zoom * np.array([0.5, 1.0, 0.5, 0.5])) * acts
    top, first = round(above * height), round(left * width)
    bottom, last = height - round(below * height), width - round(right * width)
    return top, first, max(bottom - top, 1), max(last - first, 1)


def _paste(clip: Tensor, occluder: Tensor, side: int, share: float) -> None:
    """Covers a `share` of the clip [T, 3, H, W], in place, from the left, the right or below: the
    occluder [3, H, W] has come so far into the picture."""
    height, width = clip.shape[-2:]
    rows, columns = max(round(share * height), 1), max(round(share * width), 1)
    if side == 0:
        clip[..., :columns] = occluder[..., width - columns :]
    elif side == 1:
        clip[..., width - columns :] = occluder[..., :columns]
    else:
        clip[..., height - rows :, :] = occluder[..., :rows, :]


def _random_box(height: int, width: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Top, left, height and width of a box inside the picture, at least one pixel large."""
    area = rng.uniform(*_ERASED_SHARE) * height * width
    aspect = math.exp(rng.uniform(math.log(_ERASED_ASPECT[0]), math.log(_ERASED_ASPECT[1])))
    box_height = min(max(round(math.sqrt(area * aspect)), 1), height)
    box_width = min(max(round(math.sqrt(area / aspect)), 1), width)
    top = int(rng.integers(height - box_height, endpoint=True))
    left = int(rng.integers(width - box_width, endpoint=True))
    return top, left, box_height, box_width
