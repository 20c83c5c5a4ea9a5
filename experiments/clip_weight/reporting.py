"""The study's table and its chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True, slots=True)
class Score:
    """mAP and Rank-1 of one pooling; `seed` is None for tracklets as they are."""

    footage: str
    encoder: str
    seed: int | None
    pooling: str
    mean_ap: float
    rank_1: float


def _gains(scores: Sequence[Score], pooling: str) -> dict[tuple[str, str, int | None], float]:
    """mAP above that of the plain mean, by footage, encoder and seed."""
    by = {(s.footage, s.encoder, s.seed, s.pooling): s.mean_ap for s in scores}
    return {
        key[:3]: by[(*key[:3], pooling)] - value for key, value in by.items() if key[3] == "mean"
    }


def table(scores: Sequence[Score], poolings: Sequence[str]) -> str:
    """Markdown: mAP / Rank-1 in %, of three seeds the mean and the range of mAP."""
    lines = []
    for hidden in (False, True):
        title = "Half of the clips hidden" if hidden else "As they are"
        head = ["footage", "encoder", *poolings]
        lines += [f"## {title}", "", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
        pairs = dict.fromkeys((s.footage, s.encoder) for s in scores)
        for pair in pairs:
            cells = []
            for pooling in poolings:
                some = [
                    s
                    for s in scores
                    if (s.footage, s.encoder) == pair
                    and s.pooling == pooling
                    and (s.seed is not None) == hidden
                ]
                aps = [100 * s.mean_ap for s in some]
                spread = f" ({min(aps):.1f} to {max(aps):.1f})" if hidden else ""
                rank = np.mean([100 * s.rank_1 for s in some])
                cells.append(f"{np.mean(aps):.1f}{spread} / {rank:.1f}")
            lines.append(f"| {' | '.join([*pair, *cells])} |")
        lines.append("")
    lines += ["## mAP against the plain mean, worst and mean over everything", ""]
    lines += [
        "| pooling | as they are: worst | mean | hidden: worst | mean |",
        "|---|---|---|---|---|",
    ]
    for pooling in poolings[1:]:
        gains = _gains(scores, pooling)
        parts = []
        for hidden in (False, True):
            some = [100 * g for key, g in gains.items() if (key[2] is not None) == hidden]
            parts += [f"{min(some):+.1f}", f"{np.mean(some):+.1f}"]
        lines.append(f"| {' | '.join([pooling, *parts])} |")
    return "\n".join([*lines, ""])


def chart(scores: Sequence[Score], path: Path) -> None:
    """mAP above the plain mean's: a panel for each footage, as it is (left) and hidden."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    poolings = [p for p in dict.fromkeys(s.pooling for s in scores) if p != "mean"]
    places = list(dict.fromkeys(s.footage for s in scores))
    encoders = list(dict.fromkeys(s.encoder for s in scores))
    figure, axes = plt.subplots(
        len(places), 2, figsize=(13, 3 * len(places)), sharex=True, squeeze=False
    )
    for row, place in zip(axes, places, strict=True):
        for hidden, panel in enumerate(row):
            for shift, encoder in zip(np.linspace(-0.3, 0.3, len(encoders)), encoders, strict=True):
                heights = []
                for pooling in poolings:
                    gains = _gains(scores, pooling)
                    some = [
                        100 * gain
                        for (at, of, seed), gain in gains.items()
                        if (at, of) == (place, encoder) and (seed is not None) == bool(hidden)
                    ]
                    heights.append(np.mean(some))
                panel.plot(np.arange(len(poolings)) + shift, heights, "o", label=encoder)
            panel.axhline(0, color="black", linewidth=0.8)
            panel.set_title(f"{place}, {'half of the clips hidden' if hidden else 'as it is'}")
            panel.set_ylabel("mAP above the mean's, points")
            panel.set_xticks(range(len(poolings)), poolings, rotation=40, ha="right")
    axes[0, 0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
