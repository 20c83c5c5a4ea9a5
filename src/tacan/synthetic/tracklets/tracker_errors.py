"""What a tracker makes of the true boxes: shaken, loose, cut, late, lost, and on somebody else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tacan.synthetic.places.placed_cameras import Boxing
from tacan.synthetic.random_choices import between, shake

__all__ = ["Box", "Errors", "box_at", "make_errors", "make_fragment"]

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels of the camera's picture."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of a tracklet's boxes, frame by frame, as shares of the true box's size.

    `shift` float64 [n, 2] moves the middle (right, down), `scale` float64 [n, 2] multiplies
    breadth and height, and `drift` float64 [n] (0 to 1) says how far the box has gone over to
    the walker number `onto`.
    """

    shift: np.ndarray
    scale: np.ndarray
    drift: np.ndarray
    onto: int


def make_errors(
    n: int, boxing: Boxing, *, neighbours: int, lost: np.ndarray | None, rng: np.random.Generator
) -> Errors:
    """The errors of one tracklet of `n` frames, among so many `neighbours`.

    `lost` are frames in which the box stands beside the person, on nothing.
    """
    shift = np.stack([shake(n, boxing.shake, rng) for _ in range(2)], axis=1)
    scale = 1 + np.stack([shake(n, 1.2 * boxing.shake, rng) for _ in range(2)], axis=1)
    scale *= np.array([boxing.loose[1], boxing.loose[0]]) * np.exp(rng.normal(0, 0.04, 2))
    drift, onto = np.zeros(n), 0
    few = max(1, min(n // 5, 8))
    if n > 4:
        for end in (slice(None, few), slice(n - few, None)):
            if rng.random() < 0.1:
                _slide(shift, end, late=end.start is None, rng=rng)
        if neighbours and rng.random() < 0.12:
            onto = int(rng.integers(neighbours))
            start = int(rng.integers(n - few + 1))
            drift[start : start + few] = np.sin(np.linspace(0.4, np.pi - 0.4, few)) ** 0.5
        if rng.random() < 0.08:
            _halve(shift, scale, rng)
    if lost is not None and len(lost):
        side = rng.choice([-1, 1]) * between(rng, (1.15, 1.8))
        shift[lost] += (side, between(rng, (-0.1, 0.1)))
    return Errors(shift, np.clip(scale, 0.3, 3.0), drift, onto)


def _slide(shift: np.ndarray, end: slice, *, late: bool, rng: np.random.Generator) -> None:
    """The box comes onto the person late, or slides off them at the end."""
    way = np.linspace(0.2, 1.0, len(shift[end]))
    far = rng.choice([-1, 1]) * between(rng, (0.5, 1.4))
    shift[end, 0] += far * (way[::-1] if late else way)


def _halve(shift: np.ndarray, scale: np.ndarray, rng: np.random.Generator) -> None:
    """For a while only the upper or the lower part of the person is taken for them."""
    n = len(shift)
    start = int(rng.integers(n))
    some = slice(start, start + int(rng.integers(2, max(3, n // 3))))
    kept = between(rng, (0.45, 0.8))
    scale[some, 1] *= kept
    shift[some, 1] += (1 - kept) / 2 * (-1 if rng.random() < 0.75 else 1)


def make_fragment(n: int, errors: Errors, rng: np.random.Generator) -> Errors:
    """Errors so large that the crops show a piece of a person, or next to nothing else."""
    scale = errors.scale * between(rng, (0.45, 1.6))
    down = between(rng, (0.35, 1.0)) * (1 if rng.random() < 0.5 else -1)
    return Errors(errors.shift + np.array([between(rng, (-0.7, 0.7)), down]), scale, np.zeros(n), 0)


def box_at(
    true: Box, neighbour: Box | None, errors: Errors, frame: int, boxing: Boxing, size: tuple
) -> Box:
    """The tracker's box for a `true` one; `size` is the picture's (height, width).

    It is at least 8 pixels wide and 16 high, and never wholly beyond the picture if clipped.
    """
    x1, y1, x2, y2 = true
    drift = float(errors.drift[frame])
    if neighbour is not None and drift > 0:
        x1, y1, x2, y2 = (a + drift * (b - a) for a, b in zip(true, neighbour, strict=True))
    (right, down), (wider, taller) = errors.shift[frame].tolist(), errors.scale[frame].tolist()
    x, y = (x1 + x2) / 2 + right * (x2 - x1), (y1 + y2) / 2 + down * (y2 - y1)
    height = taller * (y2 - y1)
    breadth = boxing.aspect * height if boxing.aspect else wider * (x2 - x1)
    x1, x2 = _side(x, max(breadth, 8.0) / 2, 8.0, size[1] if boxing.clipped else None)
    y1, y2 = _side(y, max(height, 16.0) / 2, 16.0, size[0] if boxing.clipped else None)
    return x1, y1, x2, y2


def _side(middle: float, half: float, least: float, edge: int | None) -> tuple[float, float]:
    """Where a box begins and ends along one side of the picture, which clips it at `edge`."""
    low, high = middle - half, middle + half
    if edge is not None:
        low = min(max(low, 0.0), edge - 2 * min(half, 8.0))
        high = max(min(high, float(edge)), low + least)
    return low, high
