"""What Figures 4 to 6 are drawn of: the tested rows of one seed, in the first test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tacan.datasets import load_dataset
from tacan.errors import StorageError
from tacan.evaluation.weight_by_visibility import WeightByVisibility
from tacan.features.features_file import Features, load_features
from tacan.paper.benchmark import Benchmark
from tacan.paper.table_cells import Cell
from tacan.paper.weighed_tracklets import WeighedTracklet, weighed_tracklets
from tacan.runs.row_results import Results

__all__ = ["FigureSource", "figure_source", "weights_by_visibility"]


@dataclass(frozen=True, slots=True, eq=False)
class FigureSource:
    """The vectors of a row with a seed in a test, and its model's folder."""

    name: str
    test: str
    features: Features
    model: Path
    tracklets: tuple[WeighedTracklet, ...]


def figure_source(cell: Cell, benchmark: Benchmark) -> FigureSource:
    """The vectors of `cell` in the first test of `benchmark`.

    Raises `StorageError` where they are not beside its result, as where only that was copied.
    """
    test, test_set = next(iter(benchmark.tests.items()))
    path = cell.result.parent / f"features-{test}.npz"
    if not path.exists():
        raise StorageError(
            "a figure is drawn of a row's vectors",
            got=f"none in {path}",
            remedy="Copy the row's whole folder, or delete its result and run this again.",
        )
    features = load_features(path)
    split = load_dataset(test_set.dataset, test_set.root, "test")
    tracklets = weighed_tracklets(
        split, features, test_set.visibility, clip_len=cell.config.model.clip_len
    )
    return FigureSource(cell.title, test, features, cell.result.parent, tuple(tracklets))


def weights_by_visibility(results: Results, row: str) -> list[WeightByVisibility]:
    """One for each seed and test of `row` in which the visibility was known."""
    return [
        WeightByVisibility(
            counts=tuple(found["counts"]),
            means=tuple(found["means"]),
            rank_correlation=found["rank_correlation"],
        )
        for result in results.get(row, {}).values()
        for scores in result.tests.values()
        if (found := scores.weight_by_visibility)
    ]
