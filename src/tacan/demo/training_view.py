"""The training in the report: its settings in words, and its charts."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from tacan.config import TrainConfig
from tacan.demo.settings import METHODS
from tacan.evaluation.occlusion import OcclusionTest
from tacan.views.charts import MAIN, PLAIN, WARNING, Curve, curve_panel, histogram_panel

__all__ = ["loss_panels", "settings_in_words", "weight_histogram"]

STROKES = {METHODS[0].name: (MAIN, "-"), METHODS[1].name: (PLAIN, (0, (5, 3)))}
"""The colour and the stroke of each method's curves."""

LOSSES = (
    ("loss", "All terms together (Eq. 4)"),
    ("softmax", "Softmax"),
    ("triplet", "Batch-hard triplet (Eq. 5)"),
    ("min_max", "Min-max (Eq. 9)"),
)


def settings_in_words(config: TrainConfig) -> dict[str, str]:
    """The settings that matter, each with its name."""
    model, clips, optimiser = config.model, config.clips, config.optimiser
    losses = {
        "softmax": config.loss.softmax,
        "triplet": config.loss.triplet,
        "min-max": config.loss.min_max,
    }
    return {
        "Encoder": f"{model.encoder}, {model.height} × {model.width}",
        "Frames to clip": model.temporal_pooling,
        "Clips to tracklet": model.clip_weight,
        "Embedding": f"D = {model.embedding_dim}",
        "Clip length": f"T = {model.clip_len}",
        "Clips in training": f"m = {clips.n_clips}, {clips.sampling}",
        "Batch": f"{clips.identities_per_batch} people × {clips.tracklets_per_identity} tracklets",
        "Losses": ", ".join(name for name, weight in losses.items() if weight),
        "Margin": f"{config.loss.margin:g}",
        "Label smoothing": f"{config.loss.label_smoothing:g}",
        "Optimiser": f"{optimiser.name}, {optimiser.learning_rate:g}, {optimiser.decay}",
        "Iterations": f"{config.run.iterations:,}, warm-up {optimiser.warmup}",
        "Arithmetic": config.run.precision,
        "Seed": str(config.run.seed),
    }


def weight_histogram(occlusion: OcclusionTest) -> str:
    """The clip weights of clean and of wholly occluded clips, as an `<svg>`."""
    return histogram_panel(
        "How often each clip weight occurs",
        (
            ("wholly occluded clips", WARNING, occlusion.occluded),
            ("clean clips", MAIN, occlusion.clean),
        ),
        x_name="clip weight",
    )


def loss_panels(out: Path) -> list[tuple[str, str]]:
    """For each loss its title and an `<svg>` with the curves of both runs in the demo `out`."""
    logs = [(method, _read_log(out / method.name / "log.csv")) for method in METHODS]
    panels = []
    for column, title in LOSSES:
        curves = [
            Curve(method.title, log["iteration"], log[column], *STROKES[method.name])
            for method, log in logs
        ]
        panels.append((title, curve_panel(title, curves, x_name="iteration")))
    return panels


def _read_log(path: Path) -> dict[str, np.ndarray]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    columns = ("iteration", *(name for name, _ in LOSSES))
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in columns}
