"""A tiny table from end to end: interrupted, resumed, and asked for what it refuses."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tacan.errors import ConfigError, StorageError, TrainingError
from tacan.evaluation import evaluate
from tacan.features.features_file import load_features
from tacan.paper import table_cells
from tacan.paper.benchmark import Benchmark, generate_part, generated_benchmark, read_people
from tacan.paper.table_cells import PROTOCOL, Cell, plan_cells, run_table
from tacan.paper.variants import find_variants
from tacan.progress import Progress, Stage
from tacan.runs.row_results import collect_results, read_result
from tests.training.conftest import TINY_RUN

ROWS = find_variants("triplet,clip_attention")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


PEOPLE = """
all: {cameras: 2, height: 32, width: 16, min_frames: 2, median_frames: 8, max_frames: 20}
train: {identities: 3, occluded_share: 1.0, seed: 1}
test: {identities: 6, occluded_share: 1.0, seeds: [2, 3]}
"""


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    folder = tmp_path_factory.mktemp("people ü")
    (folder / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    people = read_people(folder / "people.yaml")
    for part, arguments in people.items():
        generate_part(folder / part, arguments)
    return generated_benchmark(folder, people)


def plan(benchmark: Benchmark, out: Path, **changes: object) -> tuple[Cell, ...]:
    return plan_cells(
        "demo", benchmark, out, variants=ROWS, seeds=(0, 1), overrides={**TINY_RUN, **changes}
    )


class Notes:
    """A listener that keeps what it is told, and can interrupt a stage."""

    def __init__(self, *, interrupt: int | None = None) -> None:
        self.heard: list[Stage] = []
        self.interrupt = interrupt

    @contextmanager
    def __call__(self, stage: Stage) -> Iterator[Progress]:
        self.heard.append(stage)

        def progress(done: int, total: int) -> None:
            if stage.number == self.interrupt and done > 0:
                raise KeyboardInterrupt

        yield progress


@pytest.fixture(scope="module")
def finished_table(
    benchmark: Benchmark, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Notes, Notes]:
    """A table that was interrupted in its fourth stage, and then finished."""
    out = tmp_path_factory.mktemp("table")
    first, second = Notes(interrupt=4), Notes()
    with pytest.raises(KeyboardInterrupt):
        run_table(plan(benchmark, out), benchmark, device="cpu", listener=first)
    run_table(plan(benchmark, out), benchmark, device="cpu", listener=second)
    return out, first, second


def test_rows_are_finished_table_seed_by_seed(benchmark: Benchmark, tmp_path: Path) -> None:
    cells = plan(benchmark, tmp_path)
    assert [cell.title for cell in cells] == [
        "triplet, seed 0",
        "clip_attention, seed 0",
        "triplet, seed 1",
        "clip_attention, seed 1",
    ]
    assert [cell.config.run.seed for cell in cells] == [0, 0, 1, 1]
    assert [cell.config.clips.n_clips for cell in cells] == [1, 2, 1, 2]
    assert all(cell.config.data.root == benchmark.train.root for cell in cells)


@pytest.mark.slow
def test_what_was_done_is_not_done_again(finished_table: tuple[Path, Notes, Notes]) -> None:
    _, first, second = finished_table
    assert [stage.number for stage in first.heard] == [1, 2, 3, 4]
    assert [stage.done for stage in second.heard] == [True, True] + [False] * 6
    assert {stage.count for stage in second.heard} == {8}
    assert second.heard[3].title == "Test clip_attention, seed 0"


@pytest.mark.slow
def test_the_results_are_those_of_the_features(finished_table: tuple[Path, Notes, Notes]) -> None:
    out, _, _ = finished_table
    results = collect_results(out)
    assert {row: list(seeds) for row, seeds in results.items()} == {
        "triplet": [0, 1],
        "clip_attention": [0, 1],
    }
    for row, of_row in results.items():
        for seed, result in of_row.items():
            for name, scores in result.tests.items():
                features = load_features(out / row / f"seed-{seed}" / f"features-{name}.npz")
                metric = result.training["model"]["metric"]
                assert scores.scores["mAP"] == evaluate(features, PROTOCOL, metric=metric).mean_ap
                assert result.model_fingerprint == features.meta["model_fingerprint"] != ""
            assert list(result.tests) == ["test-2", "test-3"]
            first, second = (scores.scores["mAP"] for scores in result.tests.values())
            assert first != second
            assert result.scores["mAP"] == pytest.approx((first + second) / 2)
            assert result.training["run"]["seed"] == seed
    assert results["triplet"][0].occlusion_auc is None
    aucs = [scores.occlusion_auc or -1 for scores in results["clip_attention"][0].tests.values()]
    assert all(0 <= auc <= 1 for auc in aucs)
    assert results["clip_attention"][0].occlusion_auc == pytest.approx(sum(aucs) / 2)


@pytest.mark.slow
def test_other_settings_and_other_people_are_refused(
    finished_table: tuple[Path, Notes, Notes], benchmark: Benchmark
) -> None:
    out, _, _ = finished_table
    with pytest.raises(TrainingError, match=r"loss\.margin was 0\.3, now 0\.2"):
        run_table(plan(benchmark, out, **{"loss.margin": 0.2}), benchmark)
    other = replace(benchmark, settings={"generated": {}})
    with pytest.raises(StorageError, match="people that it began with"):
        run_table(plan(other, out), other)


@pytest.mark.slow
def test_a_damaged_result_is_named(
    finished_table: tuple[Path, Notes, Notes], tmp_path: Path
) -> None:
    out = tmp_path / "copy"
    shutil.copytree(finished_table[0], out)
    broken = out / "triplet" / "seed-1" / "result.json"
    for content in ("{", '{"row": "triplet"}', "[]", '{"tests": {"test-2": 1}}', '{"tests": 1}'):
        broken.write_text(content, encoding="utf-8")
        with pytest.raises(StorageError, match=r"seed-1.result\.json"):
            collect_results(out)
    assert read_result(out / "nowhere.json") is None


def test_under_torchrun_only_the_first_process_tests(
    benchmark: Benchmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[str] = []
    monkeypatch.setattr(table_cells, "_train", lambda cell, *_, **__: trained.append(cell.title))
    for name, value in {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "a run")
    cells = plan(benchmark, tmp_path)[:2]
    run_table(cells, benchmark, device="cpu")
    assert trained == [cell.title for cell in cells]
    assert not list(tmp_path.rglob("result.json"))


def test_contradictions_are_found_before_anything_is_trained(
    benchmark: Benchmark, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="divides by the sum"):
        plan(benchmark, tmp_path, **{"clips.n_clips": 1})
    assert not list(tmp_path.iterdir())
