"""Figures of the report as inline SVG, coloured by the page's own style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

__all__ = ["Curve", "curve_panel", "histogram_panel", "nice_ticks"]

WIDTH, HEIGHT = 340, 210
LEFT, RIGHT, TOP, BOTTOM = 40, 14, 14, 34


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A line or an outline: `style` is its class in the style sheet."""

    name: str
    style: str
    x: NDArray[np.floating]
    y: NDArray[np.floating]


def curve_panel(title: str, curves: Sequence[Curve], *, x_name: str) -> str:
    """One panel with its lines from zero up, as an `<svg>` with a description for readers."""
    top = max((float(curve.y.max()) for curve in curves if len(curve.y)), default=1.0)
    right = max((float(curve.x.max()) for curve in curves if len(curve.x)), default=1.0)
    axes = _Axes((0.0, right or 1.0), (0.0, 1.04 * top or 1.0))
    drawn = [
        f'<polyline class="line {curve.style}" points="{axes.points(curve.x, curve.y)}"/>'
        for curve in curves
    ]
    ends = "; ".join(f"{curve.name} ends at {curve.y[-1]:.3g}" for curve in curves if len(curve.y))
    return axes.svg(f"{title}: {ends}.", drawn, x_name=x_name)


def histogram_panel(
    title: str, samples: Sequence[tuple[str, str, NDArray[np.floating]]], *, x_name: str
) -> str:
    """Histograms, (name, style, values) each, as shares of their own sample, over each other."""
    top = max((float(values.max()) for _, _, values in samples if len(values)), default=1.0)
    edges = np.linspace(0.0, nice_ticks(0.0, top)[-1], 31)
    shares = [np.histogram(values, edges)[0] / max(len(values), 1) for _, _, values in samples]
    axes = _Axes((0.0, float(edges[-1])), (0.0, 1.08 * max(float(s.max()) for s in shares) or 1.0))
    drawn = []
    for (_, style, _), share in zip(samples, shares, strict=True):
        x = np.repeat(edges, 2)
        y = np.concatenate([[0.0], np.repeat(share, 2), [0.0]])
        drawn.append(f'<polygon class="area {style}" points="{axes.points(x, y)}"/>')
    medians = "; ".join(
        f"median of {name} {np.median(values):.2f}" for name, _, values in samples if len(values)
    )
    return axes.svg(f"{title}: {medians}.", drawn, x_name=x_name, percent=True)


def nice_ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Round numbers that cover `low` to `high` in about `count` steps of 1, 2 or 5 x 10^n.

    >>> nice_ticks(0, 0.93)
    [0.0, 0.5, 1.0]
    """
    if not high > low:
        return [low, low + 1.0]
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * unit for unit in (1, 2, 5, 10) if power * unit >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


@dataclass(frozen=True, slots=True)
class _Axes:
    """From data to the picture, and the frame around it."""

    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, value: float) -> float:
        share = (value - self.x[0]) / (self.x[1] - self.x[0])
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def up(self, value: float) -> float:
        share = (value - self.y[0]) / (self.y[1] - self.y[0])
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def points(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> str:
        return " ".join(
            f"{self.across(float(a)):.1f},{self.up(float(b)):.1f}"
            for a, b in zip(x, y, strict=True)
        )

    def svg(
        self, description: str, drawn: Sequence[str], *, x_name: str, percent: bool = False
    ) -> str:
        frame = []
        for tick in nice_ticks(*self.y):
            if tick <= self.y[1]:
                y = self.up(tick)
                label = f"{100 * tick:g} %" if percent else f"{tick:g}"
                frame.append(
                    f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" '
                    f'y2="{y:.1f}"/>'
                )
                frame.append(f'<text x="{LEFT - 6}" y="{y + 3.5:.1f}" class="end">{label}</text>')
        floor = HEIGHT - BOTTOM + 15
        frame += [
            f'<text x="{self.across(tick):.1f}" y="{floor}" class="mid">{tick:g}</text>'
            for tick in nice_ticks(*self.x)
            if tick <= self.x[1] * 1.001
        ]
        frame.append(
            f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" class="end name">{escape(x_name)}</text>'
        )
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(description)}">'
            f"{''.join(frame)}{''.join(drawn)}</svg>"
        )
