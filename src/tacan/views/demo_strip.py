"""A tracklet's frames in a strip under its clip weights (the paper's Fig. 6)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from tacan.evaluation.occlusion import CLEAN_FROM, OCCLUDED_TO, clip_visibility, weights_of
from tacan.features.files import Features
from tacan.images.read import read_crop
from tacan.records import DISTRACTOR_PID, TrackletSplit

__all__ = ["LEAST_FRAMES", "MOST_FRAMES", "Strip", "draw_occluded", "make_strip", "strip_svg"]

LEAST_FRAMES, MOST_FRAMES = 20, 32
"""Lengths of tracklets whose frames can be told apart side by side."""

_STREAM = 72
LEFT, FRAME, RATIO, CHART = 34, 29, 2, 120


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """One tracklet with what is drawn of it: n frames, m clips.

    `weights` [m] are the clip weights, `shares` [m] what each is of their sum, `seen` [n] the
    visibility of each frame, and `film` [h, n w, 3] the frames side by side.
    """

    tracklet_id: str
    pid: int
    camid: int
    clip_len: int
    weights: NDArray[np.float32]
    seen: NDArray[np.float32]
    film: NDArray[np.uint8]

    @property
    def shares(self) -> NDArray[np.float32]:
        return self.weights / self.weights.sum()

    @property
    def heights(self) -> NDArray[np.float32]:
        """The weights [m], the largest set to 1: sigmoid weights matter by their ratios alone."""
        return self.weights / self.weights.max()

    def kind(self, clip: int) -> str:
        """`clean`, `occluded` or `partly` seen, as the occlusion test has it."""
        seen = clip_visibility(self.seen, clip_len=self.clip_len)[clip]
        if seen.min() >= CLEAN_FROM:
            return "clean"
        return "occluded" if seen.max() <= OCCLUDED_TO else "partly"


def draw_occluded(
    split: TrackletSplit,
    visibility: dict[str, NDArray[np.float32]],
    count: int,
    *,
    clip_len: int,
    seed: int,
) -> list[int]:
    """Rows of `count` tracklets, drawn at random from those with an occlusion worth seeing.

    These show a real person in 20 to 32 frames, with two clean clips and two that are wholly
    occluded, or more of either. What the model made of them plays no part. Where there are too
    few, shorter and longer ones follow.
    """
    fitting: list[int] = []
    others: list[int] = []
    for row in np.random.default_rng([seed, _STREAM]).permutation(len(split)).tolist():
        tracklet = split.tracklets[row]
        if tracklet.pid <= DISTRACTOR_PID:
            continue
        seen = clip_visibility(visibility[tracklet.tracklet_id], clip_len=clip_len)
        clean = int((seen.min(axis=1) >= CLEAN_FROM).sum())
        occluded = int((seen.max(axis=1) <= OCCLUDED_TO).sum())
        if min(clean, occluded) >= 2 and LEAST_FRAMES <= len(tracklet) <= MOST_FRAMES:
            fitting.append(row)
        elif min(clean, occluded) >= 1:
            others.append(row)
    return [*fitting, *others][:count]


def make_strip(
    split: TrackletSplit, features: Features, seen: NDArray[np.float32], row: int, *, clip_len: int
) -> Strip:
    """The strip of the tracklet in `row` of both `split` and `features`."""
    tracklet = split.tracklets[row]
    return Strip(
        tracklet_id=tracklet.tracklet_id,
        pid=tracklet.pid,
        camid=tracklet.camid,
        clip_len=clip_len,
        weights=weights_of(features, row),
        seen=seen,
        film=np.concatenate([read_crop(tracklet.path(i)) for i in range(len(tracklet))], axis=1),
    )


def strip_svg(strip: Strip) -> str:
    """Bars of clip weight, the largest at 1, and the line of visibility over the frames."""
    n = len(strip.seen)
    film_height = FRAME * RATIO
    width, height = LEFT + n * FRAME + 2, 12 + CHART + 8 + film_height + 20
    floor = 12 + CHART
    parts = []
    for level in (0.0, 0.5, 1.0):
        y = floor - CHART * level
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{width - 2}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="end" x="{LEFT - 6}" y="{y + 4}">{level:g}</text>')
    for clip, (share, relative) in enumerate(zip(strip.shares, strip.heights, strict=True)):
        first, last = clip * strip.clip_len, min((clip + 1) * strip.clip_len, n)
        x, wide = LEFT + first * FRAME + 2, (last - first) * FRAME - 4
        tall = CHART * float(relative)
        parts.append(
            f'<rect class="bar {strip.kind(clip)}" x="{x}" y="{floor - tall:.1f}" width="{wide}" '
            f'height="{tall:.1f}"/>'
            f'<text class="mid value" x="{x + wide / 2}" y="{floor - tall - 4:.1f}">'
            f"{100 * share:.0f} %</text>"
            f'<text class="mid" x="{x + wide / 2}" y="{height - 5}">{clip + 1}</text>'
        )
    corners = _steps(strip.seen, floor)
    parts += [f'<polyline class="{name}" points="{corners}"/>' for name in ("halo", "line seen")]
    parts.append(
        f'<image x="{LEFT}" y="{floor + 8}" width="{n * FRAME}" height="{film_height}" '
        f'preserveAspectRatio="none" href="{_as_uri(strip.film)}"/>'
    )
    for clip in range(1, len(strip.weights)):
        x = LEFT + clip * strip.clip_len * FRAME
        parts.append(
            f'<line class="cut" x1="{x}" x2="{x}" y1="{floor + 8}" y2="{floor + 8 + film_height}"/>'
        )
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(_describe(strip))}">'
        f"{''.join(parts)}</svg>"
    )


def _steps(seen: NDArray[np.float32], floor: float) -> str:
    corners = []
    for i, share in enumerate(seen):
        y = floor - CHART * float(share)
        corners += [f"{LEFT + i * FRAME},{y:.1f}", f"{LEFT + (i + 1) * FRAME},{y:.1f}"]
    return " ".join(corners)


def _as_uri(film: NDArray[np.uint8]) -> str:
    jpeg = simplejpeg.encode_jpeg(np.ascontiguousarray(film), quality=90)
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _describe(strip: Strip) -> str:
    kinds = [strip.kind(clip) for clip in range(len(strip.weights))]
    phrases = []
    for kind, words in (("clean", "clean"), ("occluded", "wholly occluded")):
        shares = strip.shares[[k == kind for k in kinds]]
        if len(shares):
            phrases.append(f"{len(shares)} {words} clips with {100 * shares.sum():.0f} %")
    return (
        f"Tracklet {strip.tracklet_id}: {len(strip.seen)} frames in {len(strip.weights)} clips; "
        f"{', '.join(phrases)} of the weight."
    )
