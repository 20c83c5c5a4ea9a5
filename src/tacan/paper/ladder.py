"""Trains and tests the rows of Table 1, one after another, and goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacan.config import TrainConfig
from tacan.datasets import load_dataset
from tacan.errors import StorageError
from tacan.evaluation import evaluate
from tacan.evaluation.occlusion import occlusion_test
from tacan.evaluation.summary import measures
from tacan.features.files import Features, load_features
from tacan.paper.people import Bed, Crowd
from tacan.paper.variants import Variant, variant_config
from tacan.progress import Progress, Stage, StageListener, unheard
from tacan.records import TrackletSplit
from tacan.runs.table1_results import Result, TestScores, read_result, result_file, write_result

if TYPE_CHECKING:
    from tacan.embeddings.embedder import ClipEmbedder  # the networks take ten seconds to load

__all__ = ["PROTOCOL", "Rung", "climb", "plan_ladder"]

PROTOCOL = "mars-9330"
"""The one whose gallery has the size that the paper gives."""

NO_ATTENTION = "none"


@dataclass(frozen=True, slots=True)
class Rung:
    """One row with one seed: what it is trained with, and where its result lies."""

    variant: Variant
    seed: int
    config: TrainConfig
    result: Path

    @property
    def title(self) -> str:
        return f"{self.variant.name}, seed {self.seed}"


def plan_ladder(
    base: str | Path,
    bed: Bed,
    out: Path,
    *,
    variants: Sequence[Variant],
    seeds: Sequence[int],
    overrides: Mapping[str, Any] | None = None,
) -> tuple[Rung, ...]:
    """All rows with the first seed, then all with the next, so that a table is soon complete.

    `base` and `overrides` are those of `variant_config`. Raises `ConfigError`.
    """
    data = {"data.dataset": bed.train.dataset, "data.root": str(bed.train.root)}
    return tuple(
        Rung(
            variant,
            seed,
            variant_config(variant, base, {**(overrides or {}), **data, "run.seed": seed}),
            result_file(out, variant.name, seed),
        )
        for seed in seeds
        for variant in variants
    )


def climb(
    rungs: Sequence[Rung], bed: Bed, *, device: str = "auto", listener: StageListener = unheard
) -> None:
    """Trains, embeds and tests each of `rungs`, where its result is not there yet.

    Raises `StorageError` where a result is of other people, `TrainingError` where it is of other
    settings, and what `tacan.training.train` and `tacan.embeddings.extract.extract_to_file` raise.
    An interrupted training goes on at the next call.
    """
    for place, rung in enumerate(rungs):
        result = read_result(rung.result)
        if result is not None:
            _check_same(result, rung, bed)
        done, count = result is not None, 2 * len(rungs)
        training = Stage(2 * place + 1, count, f"Train {rung.title}", "iterations", done)
        with listener(training) as progress:
            if not done:
                _train(rung, progress)
        testing = Stage(2 * place + 2, count, f"Test {rung.title}", "frames", done)
        with listener(testing) as progress:
            if not done:
                write_result(rung.result, _test(rung, bed, device, progress))


def _train(rung: Rung, progress: Progress) -> None:
    from tacan.training import train

    train(rung.config, rung.result.parent, resume=True, progress=progress)


def _test(rung: Rung, bed: Bed, device: str, progress: Progress) -> Result:
    from tacan.embeddings.open import open_embedder
    from tacan.runs.training_folder import plain_settings

    run, config = rung.result.parent, rung.config
    embedder = open_embedder(str(run), device=device)
    splits = {
        name: load_dataset(crowd.dataset, crowd.root, "test") for name, crowd in bed.tests.items()
    }
    total, before = sum(split.n_frames for split in splits.values()), 0
    tests = {}
    for name, split in splits.items():
        in_all = partial(_in_all, progress, before, total)
        features = _embed(split, embedder, run / f"features-{name}.npz", in_all)
        before += split.n_frames
        tests[name] = TestScores(
            scores=measures(evaluate(features, PROTOCOL, metric=config.model.metric)),
            occlusion_auc=_occlusion_auc(features, bed.tests[name], config),
        )
    return Result(
        row=rung.variant.name,
        seed=rung.seed,
        tests=tests,
        model_fingerprint=embedder.fingerprint,
        training=plain_settings(config),
        people=bed.settings,
    )


def _in_all(progress: Progress, before: int, total: int, done: int, _of_part: int) -> None:
    """Tells `progress` of a part of the work as of the whole."""
    progress(before + done, total)


def _embed(
    split: TrackletSplit, embedder: ClipEmbedder, path: Path, progress: Progress
) -> Features:
    from tacan.embeddings.extract import extract_to_file

    if not path.exists():
        extract_to_file(split, embedder, path, progress=progress)
    return load_features(path)


def _occlusion_auc(features: Features, crowd: Crowd, config: TrainConfig) -> float | None:
    if crowd.visibility is None or config.model.clip_weight == NO_ATTENTION:
        return None
    auc = occlusion_test(features, crowd.visibility, clip_len=config.model.clip_len).auc
    return None if auc != auc else auc  # NaN, which JSON doesn't have


def _check_same(result: Result, rung: Rung, bed: Bed) -> None:
    from tacan.runs.training_folder import check_settings

    check_settings(dict(result.training), rung.config)
    if result.people != bed.settings:
        raise StorageError(
            "a ladder goes on with the people that it began with",
            got=f"{rung.result}, which is of others",
            remedy="Choose another folder by --out.",
        )
