"""Where people are seen: cameras that differ as real ones do, and how each spoils a picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageFilter

__all__ = ["Camera", "make_cameras", "take_picture"]

SIDES = (0.0, 180.0, 90.0, -90.0, 35.0, -145.0, -40.0, 140.0, 65.0)
"""Degrees that people are turned away from the lens: 0 shows the front, 180 the back."""

PLACES = ("street", "park", "hall", "plaza", "car park")

_STREAM = 12
_GREY = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera: what it looks at, and its own faults.

    `side` is the usual heading in degrees; `matrix` (12 numbers, row by row) holds exposure,
    colour cast and saturation; `gamma` the tone curve; `blur` the lens, as a Gaussian's standard
    deviation in shares of the picture's height; `noise` the sensor's, in levels of 256.
    """

    camid: int
    side: float
    place: str
    matrix: tuple[float, ...]
    gamma: float
    blur: float
    noise: float
    quality: int
    seed: int


def make_cameras(count: int, *, seed: int) -> tuple[Camera, ...]:
    """`count` cameras with numbers from 1. More cameras leave the first unchanged."""
    return tuple(_make_camera(camid, seed=seed) for camid in range(1, count + 1))


def _make_camera(camid: int, *, seed: int) -> Camera:
    rng = np.random.default_rng([seed, _STREAM, camid])
    cast = rng.uniform(0.82, 1.18, 3)
    exposure = rng.uniform(0.7, 1.25) / cast.mean()
    saturation = rng.uniform(0.55, 1.15)
    mix = saturation * np.eye(3) + (1 - saturation) * _GREY
    lift = rng.uniform(-6, 18, 3)
    matrix = np.concatenate([(exposure * cast)[:, None] * mix, lift[:, None]], axis=1)
    return Camera(
        camid=camid,
        side=SIDES[(camid - 1) % len(SIDES)] + float(rng.uniform(-10, 10)),
        place=PLACES[(camid - 1) % len(PLACES)],
        matrix=tuple(float(number) for number in matrix.ravel()),
        gamma=float(rng.uniform(0.8, 1.3)),
        blur=float(rng.uniform(0.0, 0.012)),
        noise=float(rng.uniform(2.0, 8.0)),
        quality=int(rng.integers(72, 94)),
        seed=int(rng.integers(2**31)),
    )


def take_picture(
    scene: Image.Image, camera: Camera, *, light: float, rng: np.random.Generator
) -> np.ndarray:
    """What the camera makes of a scene: uint8 [H, W, 3] from an RGB image of the same size.

    `light` multiplies the scene: the hour of the day, the cloud.
    """
    # PIL's stubs admit only tuples of exactly 4 or 12 floats.
    lit = tuple(number * light if i % 4 != 3 else number for i, number in enumerate(camera.matrix))
    picture = scene.convert("RGB", lit)  # pyright: ignore[reportArgumentType]
    sigma = camera.blur * scene.height
    if sigma > 0.25:
        picture = picture.filter(ImageFilter.GaussianBlur(sigma))
    levels = _tone_curve(camera.gamma)[np.asarray(picture)]
    pool = _noise(camera.noise, max(_NOISE_SIZE, 4 * levels.size))
    start = int(rng.integers(pool.size - levels.size))
    levels += pool[start : start + levels.size].reshape(levels.shape)
    return np.clip(levels, 0, 255, out=levels).astype(np.uint8)


_NOISE_SIZE = 1 << 18


@lru_cache(maxsize=32)
def _noise(strength: float, size: int) -> np.ndarray:
    """A pool of noise to take slices of, because drawing it anew is the slowest step of all."""
    drawn = np.random.default_rng(_STREAM).standard_normal(size, dtype=np.float32)
    return np.rint(drawn * strength).astype(np.int16)


@lru_cache(maxsize=32)
def _tone_curve(gamma: float) -> np.ndarray:
    """What becomes of each of the 256 levels, int16 [256]."""
    return np.rint(255 * (np.arange(256) / 255) ** gamma).astype(np.int16)
