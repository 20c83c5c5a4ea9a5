"""The cells of a table, a row with a seed each: trained and tested one after another, resumable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacan.config import TrainConfig
from tacan.datasets import load_dataset
from tacan.errors import StorageError
from tacan.evaluation import evaluate
from tacan.evaluation.identity_spread import identity_diameters, people_of, silhouettes
from tacan.evaluation.occlusion import occlusion_test
from tacan.evaluation.summary import measures
from tacan.evaluation.weight_by_visibility import weight_by_visibility
from tacan.features.features_file import Features, load_features
from tacan.paper.benchmark import PROTOCOL, Benchmark, TestSet
from tacan.paper.variants import Variant, variant_config
from tacan.progress import Progress, Stage, StageListener, unheard
from tacan.records import TrackletSplit
from tacan.runs.row_results import Result, TestScores, read_result, result_file, write_result

if TYPE_CHECKING:
    from tacan.embeddings.embedder import ClipEmbedder  # the networks take ten seconds to load

__all__ = ["PROTOCOL", "Cell", "plan_cells", "run_table"]

NO_ATTENTION = "none"


@dataclass(frozen=True, slots=True)
class Cell:
    """One row with one seed: the settings of its training, and the file of its result."""

    variant: Variant
    seed: int
    config: TrainConfig
    result: Path

    @property
    def title(self) -> str:
        return f"{self.variant.name}, seed {self.seed}"


def plan_cells(
    base: str | Path,
    benchmark: Benchmark,
    out: Path,
    *,
    variants: Sequence[Variant],
    seeds: Sequence[int],
    overrides: Mapping[str, Any] | None = None,
) -> tuple[Cell, ...]:
    """All rows with the first seed, then all with the next, so that a table is soon complete.

    `base` and `overrides` are those of `variant_config`. Raises `ConfigError`.
    """
    data = {"data.dataset": benchmark.train.dataset, "data.root": str(benchmark.train.root)}
    return tuple(
        Cell(
            variant,
            seed,
            variant_config(variant, base, {**(overrides or {}), **data, "run.seed": seed}),
            result_file(out, variant.name, seed),
        )
        for seed in seeds
        for variant in variants
    )


def run_table(
    cells: Sequence[Cell],
    benchmark: Benchmark,
    *,
    device: str = "auto",
    fetch: bool = False,
    listener: StageListener = unheard,
) -> None:
    """Trains, embeds and tests each of `cells`, where its result is not there yet.

    Raises `StorageError` where a result is of other people, `TrainingError` where it is of other
    settings, and what `tacan.training.train` and `tacan.embeddings.extract.embed_to_file` raise.
    An interrupted training goes on at the next call. Of several processes that torchrun started
    all train, and the first one tests.
    """
    for place, cell in enumerate(cells):
        result = read_result(cell.result)
        if result is not None:
            _check_same(result, cell, benchmark)
        done, count = result is not None, 2 * len(cells)
        training = Stage(2 * place + 1, count, f"Train {cell.title}", "iterations", done)
        with listener(training) as progress:
            if not done:
                _train(cell, progress, fetch=fetch)
        testing = Stage(2 * place + 2, count, f"Test {cell.title}", "frames", done)
        with listener(testing) as progress:
            if not done and _is_first_process():
                write_result(cell.result, _test(cell, benchmark, device, progress))


def _is_first_process() -> bool:
    from tacan.training.processes import Processes

    return Processes.from_torchrun().is_first


def _train(cell: Cell, progress: Progress, *, fetch: bool) -> None:
    from tacan.training import train

    train(cell.config, cell.result.parent, resume=True, fetch=fetch, progress=progress)


def _test(cell: Cell, benchmark: Benchmark, device: str, progress: Progress) -> Result:
    from tacan.embeddings.open import open_model
    from tacan.runs.training_folder import plain_settings

    run, config = cell.result.parent, cell.config
    embedder = open_model(str(run), device=device)
    splits = {
        name: load_dataset(test_set.dataset, test_set.root, "test")
        for name, test_set in benchmark.tests.items()
    }
    total, before = sum(split.n_frames for split in splits.values()), 0
    tests = {}
    for name, split in splits.items():
        in_all = partial(_in_all, progress, before, total)
        features = _embed(split, embedder, run / f"features-{name}.npz", in_all)
        before += split.n_frames
        tests[name] = _scores(features, benchmark.tests[name], config, benchmark.protocol)
    return Result(
        row=cell.variant.name,
        seed=cell.seed,
        tests=tests,
        model_fingerprint=embedder.fingerprint,
        training=plain_settings(config),
        people=benchmark.settings,
    )


def _in_all(progress: Progress, before: int, total: int, done: int, _of_part: int) -> None:
    """Tells `progress` of a part of the work as of the whole."""
    progress(before + done, total)


def _embed(
    split: TrackletSplit, embedder: ClipEmbedder, path: Path, progress: Progress
) -> Features:
    from tacan.embeddings.extract import embed_to_file

    if not path.exists():
        embed_to_file(split, embedder, path, progress=progress)
    return load_features(path)


def _scores(
    features: Features, test_set: TestSet, config: TrainConfig, protocol: str
) -> TestScores:
    seen, clip_len = test_set.visibility, config.model.clip_len
    auc, by_visibility = None, None
    if seen is not None and config.model.clip_weight != NO_ATTENTION:
        auc = occlusion_test(features, seen, clip_len=clip_len).auc
        auc = None if auc != auc else auc  # NaN, which JSON doesn't have
        by_visibility = asdict(weight_by_visibility(features, seen, clip_len=clip_len))
    lengths = {"raw": False, "unit": True}
    return TestScores(
        scores=measures(evaluate(features, protocol, metric=config.model.metric)),
        occlusion_auc=auc,
        diameters={
            name: {
                str(pid): of_pid
                for pid, of_pid in identity_diameters(features, unit_length=unit_length).items()
            }
            for name, unit_length in lengths.items()
        },
        silhouette={
            name: float(silhouettes(*people_of(features, unit_length=unit_length)).mean())
            for name, unit_length in lengths.items()
        },
        weight_by_visibility=by_visibility,
    )


def _check_same(result: Result, cell: Cell, benchmark: Benchmark) -> None:
    from tacan.runs.training_folder import check_settings

    check_settings(dict(result.training), cell.config)
    if result.people != benchmark.settings:
        raise StorageError(
            "a table goes on with the people that it began with",
            got=f"{cell.result}, which is of others",
            remedy="Choose another folder by --out.",
        )
