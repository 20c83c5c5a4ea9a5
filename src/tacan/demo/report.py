"""The demo's report: one HTML file that asks no host for anything."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tacan.cores import available_cores
from tacan.datasets import load_dataset
from tacan.demo.commands import commands_by_hand
from tacan.demo.headline import write_headline
from tacan.demo.occluded import MAX_FRAMES, MIN_FRAMES, sample_occluded, whole_strip
from tacan.demo.rankings import ShownQuery, sample_queries, show_query
from tacan.demo.settings import METHODS, PEOPLE, PROTOCOL, DemoSettings
from tacan.demo.training_view import loss_panels, settings_in_words, weight_histogram
from tacan.evaluation import evaluate
from tacan.evaluation.occlusion import CLEAN_FROM, OCCLUDED_TO, OcclusionTest, occlusion_test
from tacan.features.features_file import load_features
from tacan.files import write_text
from tacan.progress import Progress, silent
from tacan.records import Tracklet
from tacan.search.pictures import Strip
from tacan.synthetic import read_manifest, read_visibility
from tacan.text import counted
from tacan.views.page import render_page
from tacan.views.strip import save_strip, strip_svg

__all__ = ["N_QUERIES", "N_STRIPS", "write_report"]

N_QUERIES = 6
N_STRIPS = 3


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """What the report draws."""

    strips: tuple[tuple[Tracklet, Strip], ...]
    queries: tuple[ShownQuery, ...]
    occlusion: OcclusionTest


def write_report(
    settings: DemoSettings,
    out: Path,
    *,
    scores: Mapping[str, Mapping[str, Any]],
    seconds: Mapping[str, float],
    report: Path,
    picture: Path,
    progress: Progress = silent,
) -> None:
    """Writes the report on the demo in `out`, and the picture of one tracklet's clip weights.

    `scores` are those of the step that evaluates, `seconds` the time that each step has taken, by
    its title. Raises `StorageError`.
    """
    progress(0, 3)
    shown = _collect(settings, out)
    progress(1, 3)
    if shown.strips:
        save_strip(shown.strips[0][1], picture)
    progress(2, 3)
    write_text(report, _render(settings, out, scores, seconds, shown))
    progress(3, 3)


def _collect(settings: DemoSettings, out: Path) -> _Shown:
    split = load_dataset("mars", out / PEOPLE, "test")
    visibility = read_visibility(out / PEOPLE)
    features = {method.name: load_features(out / f"{method.name}.npz") for method in METHODS}
    models = {method.name: settings.training(method, out).model for method in METHODS}
    evaluations = {
        name: evaluate(features[name], PROTOCOL, metric=model.metric)
        for name, model in models.items()
    }
    weighted = METHODS[0].name
    clip_len = models[weighted].clip_len
    rows = sample_occluded(split, visibility, N_STRIPS, clip_len=clip_len, seed=settings.seed)
    queries = sample_queries(evaluations[weighted], N_QUERIES, seed=settings.seed)
    return _Shown(
        strips=tuple(
            (
                split.tracklets[row],
                whole_strip(
                    split,
                    features[weighted],
                    visibility[split.tracklets[row].tracklet_id],
                    row,
                    clip_len=clip_len,
                ),
            )
            for row in rows
        ),
        queries=tuple(show_query(split, visibility, features, evaluations, row) for row in queries),
        occlusion=occlusion_test(features[weighted], visibility, clip_len=clip_len),
    )


def _render(
    settings: DemoSettings,
    out: Path,
    scores: Mapping[str, Mapping[str, Any]],
    seconds: Mapping[str, float],
    shown: _Shown,
) -> str:
    training = settings.training(METHODS[0], out)
    return render_page(
        "demo_report.html.j2",
        settings=settings,
        training=training,
        headline=write_headline(settings, scores),
        shown_settings=settings_in_words(training),
        methods=METHODS,
        scores=scores,
        protocol=PROTOCOL,
        occlusion=shown.occlusion,
        clean_from=CLEAN_FROM,
        occluded_to=OCCLUDED_TO,
        lengths=(MIN_FRAMES, MAX_FRAMES),
        histogram=weight_histogram(shown.occlusion),
        strips=[
            (
                tracklet,
                len(strip.clip_weights),
                strip_svg(strip, name=f"Tracklet {tracklet.tracklet_id}", labelled=True),
            )
            for tracklet, strip in shown.strips
        ],
        queries=shown.queries,
        panels=loss_panels(out),
        counts=read_manifest(out / PEOPLE)["counts"],
        seconds=seconds,
        commands=commands_by_hand(settings, out),
        machine=f"{counted(available_cores(), 'core')}, {platform.machine()}",
    )
