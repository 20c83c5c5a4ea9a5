"""The steps of a demo, each a call of the library that any script could make."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tacan.cores import available_cores
from tacan.datasets import load_dataset
from tacan.demo.report import write_report
from tacan.demo.settings import METHODS, PEOPLE, PROTOCOL, DemoSettings, Method
from tacan.errors import StorageError
from tacan.evaluation import evaluate
from tacan.evaluation.occlusion import occlusion_test
from tacan.features.features_file import load_features
from tacan.files import write_text
from tacan.progress import Progress
from tacan.synthetic import DatasetSettings, generate, read_visibility
from tacan.views.evaluation_text import as_json

__all__ = ["PICTURE", "REPORT", "SCORES", "Step", "demo_steps", "read_scores"]

SCORES = "scores.json"
REPORT = "report.html"
PICTURE = "clip_weights.png"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a demo, in its folder.

    `makes` is what it leaves there, `partials` what it may leave when it is interrupted, and `unit`
    what its progress counts.
    """

    name: str
    title: str
    unit: str
    makes: tuple[str, ...]
    work: Callable[[Progress], None]
    partials: tuple[str, ...] = ()


def demo_steps(settings: DemoSettings, out: Path, seconds: dict[str, float]) -> tuple[Step, ...]:
    """The steps of a demo in `out`, in order. `seconds` is what the report says each has taken."""
    generating = Step(
        "generate",
        "Generate people",
        "tracklets",
        (PEOPLE,),
        partial(_generate, settings, out),
    )
    training = [
        Step(
            f"train_{method.name}",
            f"Train {_named(method)}",
            "iterations",
            (method.name,),
            partial(_train, settings, method, out),
        )
        for method in METHODS
    ]
    embedding = [
        Step(
            f"embed_{method.name}",
            f"Embed with {_named(method)}",
            "frames",
            (f"{method.name}.npz",),
            partial(_embed, method, out),
            partials=(f"{method.name}.npz.partial",),
        )
        for method in METHODS
    ]
    evaluating = Step(
        "evaluate", "Evaluate both", "models", (SCORES,), partial(_evaluate, settings, out)
    )
    reporting = Step(
        "report",
        "Write the report",
        "parts",
        (REPORT, PICTURE),
        partial(_report, settings, out, seconds),
    )
    return (generating, *training, *embedding, evaluating, reporting)


def read_scores(out: Path) -> dict[str, dict[str, Any]]:
    """What the step `evaluate` found, for each method's name. Raises `StorageError`."""
    path = out / SCORES
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StorageError(
            "the demo's scores must be readable",
            got=f"{path}: {error}",
            remedy="Start over by --fresh.",
        ) from error


def _named(method: Method) -> str:
    return method.title if method.title.isupper() else method.title.lower()


def _generate(settings: DemoSettings, out: Path, progress: Progress) -> None:
    generate(
        out / PEOPLE,
        DatasetSettings(**settings.people),
        workers=min(available_cores(), 8),
        force=True,
        progress=progress,
    )


def _train(settings: DemoSettings, method: Method, out: Path, progress: Progress) -> None:
    from tacan.training import train

    config = settings.training(method, out)
    train(config, out / method.name, resume=True, progress=progress)


def _embed(method: Method, out: Path, progress: Progress) -> None:
    from tacan.embeddings.extract import embed_to_file
    from tacan.embeddings.open import open_model

    split = load_dataset("mars", out / PEOPLE, "test")
    embedder = open_model(str(out / method.name))
    embed_to_file(split, embedder, out / f"{method.name}.npz", progress=progress)


def _evaluate(settings: DemoSettings, out: Path, progress: Progress) -> None:
    visibility = read_visibility(out / PEOPLE)
    scores: dict[str, Any] = {}
    for i, method in enumerate(METHODS):
        progress(i, len(METHODS))
        model = settings.training(method, out).model
        features = load_features(out / f"{method.name}.npz")
        evaluation = evaluate(features, PROTOCOL, metric=model.metric)
        entry: dict[str, Any] = as_json({PROTOCOL: evaluation})["protocols"][PROTOCOL]
        entry["occlusion_auc"] = None
        if model.clip_weight != "none":
            test = occlusion_test(features, visibility, clip_len=model.clip_len)
            # JSON has no NaN: without clips of both kinds there is no AUC.
            entry["occlusion_auc"] = None if test.auc != test.auc else test.auc
        scores[method.name] = entry
    write_text(out / SCORES, json.dumps(scores, indent=2) + "\n")
    progress(len(METHODS), len(METHODS))


def _report(
    settings: DemoSettings, out: Path, seconds: dict[str, float], progress: Progress
) -> None:
    write_report(
        settings,
        out,
        scores=read_scores(out),
        seconds={
            step.title: seconds[step.name]
            for step in demo_steps(settings, out, seconds)
            if step.name in seconds
        },
        report=out / REPORT,
        picture=out / PICTURE,
        progress=progress,
    )
