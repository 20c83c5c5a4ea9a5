"""The files of Figures 4 to 6, and what is measured beside them in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from tacan.errors import StorageError
from tacan.files import write_text
from tacan.paper.benchmark import Benchmark
from tacan.paper.figures import FigureSource, figure_source, weights_by_visibility
from tacan.paper.identity_map import five_identities, map_identities
from tacan.paper.spread_table import WITH, WITHOUT
from tacan.paper.table_cells import Cell
from tacan.paper.weighed_tracklets import (
    PAPER_THRESHOLDS,
    consecutive_clips_that_differ,
    levels,
    longest_tracklet,
    quantile_thresholds,
)
from tacan.runs.row_results import collect_results
from tacan.views.identity_map_figure import draw_identity_maps
from tacan.views.weight_figures import (
    draw_consecutive_clips,
    draw_long_tracklet,
    draw_tenths,
)
from tacan.views.weights_page import write_weights_page

__all__ = ["FIGURES", "PaperFigure"]

FULL = "min_max"
ON_PAGE = 6
"""Tracklets on the page."""
REDRAWN, BACKGROUNDS = 40, 4
"""Tracklets that are drawn again, and places besides their own."""


@dataclass(frozen=True, slots=True)
class PaperFigure:
    """`rows` are those of Table 1 that it shows; `write` takes the cells of these rows with each
    seed, their people and the folder, and returns what was measured, a line each."""

    rows: tuple[str, ...]
    write: Callable[[Sequence[Cell], Benchmark, Path], list[str]]


def _figure_4(cells: Sequence[Cell], benchmark: Benchmark, place: Path) -> list[str]:
    source = figure_source(cells[0], benchmark)
    tracklets = list(source.tracklets)
    thirds = quantile_thresholds(tracklets)
    examples = consecutive_clips_that_differ(tracklets)
    if not examples:
        raise StorageError(
            "Figure 4 shows three consecutive clips",
            got=f"no tracklet with as many in {source.test}",
            remedy="Take people with longer tracklets.",
        )
    draw_consecutive_clips(examples, thirds, place / "figure4.png")
    on_page = [each for each, _ in consecutive_clips_that_differ(tracklets, n_tracklets=ON_PAGE)]
    write_weights_page([longest_tracklet(tracklets), *on_page], thirds, place / "weights.html")
    found = weights_by_visibility(collect_results(place / "rows"), FULL)
    content: dict[str, Any] = {
        "source": source.name,
        "test": source.test,
        "thresholds": thirds,
        "examples": [
            {
                "tracklet": each.tracklet.tracklet_id,
                "clips": list(range(first, first + 3)),
                "weights": each.weights[first : first + 3].tolist(),
            }
            for each, first in examples
        ],
        "weight_by_visibility": [asdict(each) for each in found],
    }
    lines = [f"{place}/weights.html: {1 + len(on_page)} tracklets, frame by frame"]
    known = [each.rank_correlation for each in found if each.rank_correlation is not None]
    if known:
        draw_tenths(found, place / "figure4_tenths.png")
        lines.append(
            f"rank correlation of clip weight and visibility: {fmean(known):.3f}, "
            f"{min(known):.3f} to {max(known):.3f} in {len(known)} tests"
        )
    _write_json(place / "figure4.json", content)
    return lines


def _figure_5(cells: Sequence[Cell], benchmark: Benchmark, place: Path) -> list[str]:
    sources = _first_of_each(cells, benchmark)
    without, with_ = sources[WITHOUT], sources[WITH]
    pids = five_identities(without.features)
    maps = {
        "without min-max loss": map_identities(without.features, pids),
        "with min-max loss": map_identities(with_.features, pids),
    }
    draw_identity_maps(maps, place / "figure5.png")
    content = {
        title: {"silhouette": found.silhouette, "silhouette_of_all": found.silhouette_of_all}
        | {"pids": found.pids.tolist(), "places": found.places.tolist()}
        for title, found in maps.items()
    }
    _write_json(place / "figure5.json", {"test": without.test, "identities": pids, **content})
    return [
        f"{title}: silhouette of persons {', '.join(map(str, pids))} {found.silhouette:.3f}, of "
        f"all {found.silhouette_of_all:.3f}"
        for title, found in maps.items()
    ]


def _figure_6(cells: Sequence[Cell], benchmark: Benchmark, place: Path) -> list[str]:
    source = figure_source(cells[0], benchmark)
    tracklets = list(source.tracklets)
    each = longest_tracklet(tracklets)
    thresholds = {
        "the paper's thresholds": PAPER_THRESHOLDS,
        "thirds of all weights": quantile_thresholds(tracklets),
    }
    draw_long_tracklet(each, thresholds, place / "figure6.png")
    lines = []
    content: dict[str, Any] = {
        "source": source.name,
        "test": source.test,
        "tracklet": each.tracklet.tracklet_id,
        "weights": each.weights.tolist(),
        "levels": {
            name: {"thresholds": pair, "levels": levels(each.weights, pair)}
            for name, pair in thresholds.items()
        },
    }
    test_set = benchmark.tests[source.test]
    if test_set.visibility is not None:
        content["other_backgrounds"] = _background_shift(source, test_set.root)
        lines.append(_shift_text(content["other_backgrounds"]))
    _write_json(place / "figure6.json", content)
    return lines


def _background_shift(source: FigureSource, root: Path) -> dict[str, Any]:
    from tacan.embeddings.open import open_model
    from tacan.paper.background_shift import background_shift
    from tacan.synthetic.tracklets.other_backgrounds import draw_before_others

    redrawn = draw_before_others(root, n_tracklets=REDRAWN, n_backgrounds=BACKGROUNDS)
    return asdict(background_shift(redrawn, open_model(str(source.model))))


def _shift_text(found: dict[str, Any]) -> str:
    return (
        f"other backgrounds ({found['n_clips']} clips, {found['n_backgrounds']} places): the "
        f"weight moves by {found['mean_shift']:.4f} on average, and differs by "
        f"{found['within_tracklets']:.4f} between clips of a tracklet; backgrounds are "
        f"{100 * found['share_of_variance']:.1f} % of the variance; rank correlation "
        f"{found['rank_correlation']:.3f}"
    )


def _first_of_each(cells: Sequence[Cell], benchmark: Benchmark) -> dict[str, FigureSource]:
    found: dict[str, FigureSource] = {}
    for cell in cells:
        if cell.variant.name not in found:
            found[cell.variant.name] = figure_source(cell, benchmark)
    return found


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


FIGURES: dict[int, PaperFigure] = {
    4: PaperFigure((FULL,), _figure_4),
    5: PaperFigure((WITHOUT, WITH), _figure_5),
    6: PaperFigure((FULL,), _figure_6),
}
"""By the paper's numbers."""
