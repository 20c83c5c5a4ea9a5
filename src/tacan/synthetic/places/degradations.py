"""What a camera makes of light: exposure, colour, blur, noise, sharpening and compression."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import simplejpeg
from numba import njit

from tacan.synthetic.random_choices import between, one_of
from tacan.synthetic.rendering.compiled import LEAN
from tacan.synthetic.rendering.motion_blur import smeared

__all__ = ["Look", "make_look", "take_picture"]

_LEVELS = 2048
_RANGE = 1.6
"""Linear light above this is white in every camera."""

_GREY = np.array([0.25, 0.65, 0.10])
_RESIZES = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA, cv2.INTER_LINEAR)


@dataclass(frozen=True, slots=True)
class Look:
    """One camera's own faults.

    Attributes
    ----------
    matrix
        Colour cast and saturation, from linear light to linear levels, row by row.
    brightness
        The linear level that the automatic exposure brings a place's middle to.
    gamma, contrast, haze
        Levels are ``(light * (1 - haze) + haze * 0.6) ** (1 / gamma)``, then bent by an S of
        strength `contrast`.
    blur
        The lens's blur, a Gaussian's standard deviation in pixels of the sensor.
    shutter
        How long a picture is exposed, in seconds: what moves is smeared along its way.
    noise
        The sensor's noise in levels of 256, at black and at white.
    sharpen
        How much the camera overdraws edges.
    compression
        JPEG quality of the stream that crops are cut from; 0 leaves it uncompressed.
    quality
        JPEG quality of the crops' own files.
    resize
        How crops are brought to their size, a flag of OpenCV.
    """

    matrix: tuple[float, ...]
    brightness: float
    gamma: float
    contrast: float
    haze: float
    blur: float
    shutter: float
    noise: tuple[float, float]
    sharpen: float
    compression: int
    quality: int
    resize: int

    def gain(self, brightness: float) -> float:
        """The exposure for a place whose middle is so bright; a metre that gives in half way."""
        return self.brightness / (max(brightness, 0.02) ** 0.7 * 0.2**0.3)


def make_look(rng: np.random.Generator) -> Look:
    """Some camera's faults."""
    cast = np.exp(rng.normal(0, 0.09, 3))
    cast /= cast.mean()
    saturation = between(rng, (0.55, 1.25))
    mix = saturation * np.eye(3) + (1 - saturation) * _GREY
    noise = np.exp(rng.uniform(np.log(0.8), np.log(7.0)))
    return Look(
        matrix=tuple(float(number) for number in (cast[:, None] * mix).ravel()),
        brightness=between(rng, (0.10, 0.30)),
        gamma=between(rng, (1.9, 2.6)),
        contrast=between(rng, (-0.1, 0.6)),
        haze=max(0.0, between(rng, (-0.08, 0.09))),
        blur=max(0.0, between(rng, (-0.3, 1.1))),
        shutter=between(rng, (0.0, 0.03)),
        noise=(float(noise), float(noise * between(rng, (0.6, 1.6)))),
        sharpen=max(0.0, between(rng, (-0.6, 1.2))),
        compression=int(rng.integers(35, 95)),
        quality=int(rng.integers(78, 95)),
        resize=int(one_of(rng, _RESIZES)),
    )


def take_picture(
    light: np.ndarray,
    look: Look,
    *,
    gain: float,
    smear: tuple[float, float],
    size: tuple[int, int] | None,
    rng: np.random.Generator,
) -> np.ndarray:
    """What the camera makes of linear light float32 [h, w, 3]: uint8 [height, width, 3].

    `gain` is the exposure, `smear` how far (across, down) what is followed moves in a second, in
    pixels; `size` the (height, width) that the picture is brought to in the end (None: as it is).
    The stream's own compression is part of it.
    """
    light = smeared(light, smear[0] * look.shutter, smear[1] * look.shutter)
    if look.blur > 0.2:
        light = cv2.GaussianBlur(light, (0, 0), look.blur, borderType=cv2.BORDER_REPLICATE)
    picture = np.empty(light.shape, dtype=np.uint8)
    _develop(
        np.ascontiguousarray(light, dtype=np.float32).reshape(-1, 3),
        (_matrix(look) * (gain * (_LEVELS - 1) / _RANGE)).astype(np.float32),
        _tone_curve(look),
        _noise(light.size, rng).reshape(-1, 3),
        look.noise[0],
        (look.noise[1] - look.noise[0]) / 255,
        picture.reshape(-1, 3),
    )
    if look.sharpen > 0.05:
        soft = cv2.GaussianBlur(picture, (0, 0), 1.0, borderType=cv2.BORDER_REPLICATE)
        picture = cv2.addWeighted(picture, 1 + look.sharpen, soft, -look.sharpen, 0)
    if look.compression:
        stream = simplejpeg.encode_jpeg(picture, quality=look.compression, colorsubsampling="420")
        picture = simplejpeg.decode_jpeg(stream)
    if size is not None and picture.shape[:2] != size:
        picture = cv2.resize(picture, (size[1], size[0]), interpolation=look.resize)
    return np.ascontiguousarray(picture)


@njit(**LEAN)
def _develop(
    light: np.ndarray,
    matrix: np.ndarray,
    curve: np.ndarray,
    noise: np.ndarray,
    dark: float,
    slope: float,
    out: np.ndarray,
) -> None:
    """Levels uint8 [n, 3] of linear light float32 [n, 3]: colour matrix, tone curve, noise.

    `matrix` float32 [3, 3] leads to steps of the `curve`; `noise` is float32 [n, 3].
    """
    last = np.float32(curve.size - 1)
    for i in range(len(light)):
        r, g, b = light[i, 0], light[i, 1], light[i, 2]
        for k in range(3):
            step = matrix[k, 0] * r + matrix[k, 1] * g + matrix[k, 2] * b
            level = curve[int(min(max(step, np.float32(0)), last))]
            level += noise[i, k] * (dark + slope * level) + np.float32(0.5)
            out[i, k] = np.uint8(min(max(level, np.float32(0)), np.float32(255)))


@lru_cache(maxsize=64)
def _matrix(look: Look) -> np.ndarray:
    return np.array(look.matrix).reshape(3, 3)


@lru_cache(maxsize=64)
def _tone_curve(look: Look) -> np.ndarray:
    """The level, float32 0 to 255, of each step of linear light from 0 to `_RANGE`."""
    light = np.linspace(0, _RANGE, _LEVELS)
    # A shoulder: what is brighter than 0.8 runs softly into white.
    light = np.where(light > 0.8, 0.8 + 0.2 * np.tanh((light - 0.8) / 0.2), light)
    level = (light * (1 - look.haze) + 0.6 * look.haze) ** (1 / look.gamma)
    level += look.contrast * 0.5 * level * (1 - level) * (2 * level - 1)
    return (255 * np.clip(level, 0, 1)).astype(np.float32)


def _noise(count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` numbers of normal noise, cut out of a pool, because drawing them anew is slow."""
    pool = _noise_pool(max(1 << 20, 2 * count))
    start = int(rng.integers(pool.size - count))
    return pool[start : start + count]


@lru_cache(maxsize=2)
def _noise_pool(size: int) -> np.ndarray:
    return np.random.default_rng(12).standard_normal(size, dtype=np.float32)
