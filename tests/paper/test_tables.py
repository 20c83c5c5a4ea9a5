from __future__ import annotations

import csv
import io
import json
import statistics
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tacan.paper.published import TABLE_1 as PUBLISHED
from tacan.paper.tables import Row, as_csv, as_json, as_markdown, make_rows
from tacan.paper.variants import TABLE_1
from tacan.runs.row_results import Result, TestScores
from tacan.views import table_rows_chart
from tacan.views.table_rows_chart import draw_rows

MAP = {
    "temporal_attention": {0: 0.30, 1: 0.36, 2: 0.33},
    "several_clips": {0: 0.40, 1: 0.41},
    "clip_attention": {0: 0.50, 1: 0.52, 2: 0.54},
}
OFFSETS = {row: {"test-2": 0.0, "test-3": 0.0} for row in TABLE_1}
OFFSETS["clip_attention"] = {"test-2": 0.03, "test-3": -0.03}
"""How much easier and harder two tests are for a row than the mean of both."""
AUC = {"clip_attention": {0: 0.95, 1: 0.97, 2: None}}


def result(row: str, seed: int, mean_ap: float) -> Result:
    return Result(
        row=row,
        seed=seed,
        tests={
            name: TestScores(
                scores={
                    "mAP": mean_ap + offset,
                    "Rank-1": mean_ap + 0.1,
                    "Rank-5": 0.8,
                    "Rank-10": 0.85,
                    "Rank-20": 0.9,
                },
                occlusion_auc=AUC.get(row, {}).get(seed),
            )
            for name, offset in OFFSETS[row].items()
        },
        model_fingerprint=f"{row}{seed}",
        training={},
        people={},
    )


RESULTS = {
    row: {seed: result(row, seed, value) for seed, value in seeds.items()}
    for row, seeds in MAP.items()
}
ROWS = make_rows(RESULTS, TABLE_1, PUBLISHED)


def test_rows_stand_in_the_tables_order_and_only_those_with_results() -> None:
    assert [row.variant.name for row in ROWS] == list(MAP)


def test_a_step_is_taken_seed_by_seed() -> None:
    paper, own = ROWS[2].steps
    gains = [0.20, 0.16, 0.21]
    assert (paper.before, paper.summary.n) == ("temporal_attention", 3)
    assert paper.summary.mean["mAP"] == pytest.approx(statistics.mean(gains))
    assert paper.summary.std is not None
    assert paper.summary.std["mAP"] == pytest.approx(statistics.stdev(gains))
    assert paper.published == pytest.approx(81.6 - 76.8)
    # Only the seeds that both rows have.
    assert (own.before, own.summary.n, own.published) == ("several_clips", 2, None)
    assert own.summary.mean["mAP"] == pytest.approx((0.10 + 0.11) / 2)


def test_a_step_is_taken_test_by_test_too() -> None:
    paper, own = ROWS[2].steps
    assert paper.tests == pytest.approx({"test-2": 0.19 + 0.03, "test-3": 0.19 - 0.03})
    assert own.tests == pytest.approx({"test-2": 0.105 + 0.03, "test-3": 0.105 - 0.03})
    assert paper.std_over_tests == pytest.approx(statistics.stdev([0.22, 0.16]))


def test_rows_without_a_seed_in_common_have_no_step() -> None:
    results = {
        "softmax": {0: result("softmax", 0, 0.2)},
        "triplet": {1: result("triplet", 1, 0.3)},
    }
    assert [row.steps for row in make_rows(results, TABLE_1, PUBLISHED)] == [(), ()]


def test_the_auc_is_over_the_seeds_that_have_one() -> None:
    assert ROWS[0].auc is None
    assert ROWS[2].auc is not None
    assert (ROWS[2].auc.n, ROWS[2].auc.mean["occlusion AUC"]) == (2, pytest.approx(0.96))


def test_markdown_is_aligned_and_says_both_sides() -> None:
    lines = as_markdown(ROWS).splitlines()
    assert len(lines) == 2 + len(ROWS)
    assert len({len(line) for line in lines}) == 1
    cells = [cell.strip() for cell in lines[4].split("|")[1:-1]]
    assert cells[:4] == ["+ clip attention", "3", "52.0 ± 2.0", "62.0 ± 2.0"]
    assert cells[6] == "0.960 ± 0.014"
    assert cells[7] == "+19.0 ± 2.6 (temporal_attention); +10.5 ± 0.7 (several_clips)"
    assert cells[8] == "± 4.2, +16.0 to +22.0; ± 4.2, +7.5 to +13.5"
    assert cells[9:] == ["81.6", "86.3", "+4.8"]
    own = [cell.strip() for cell in lines[3].split("|")[1:-1]]
    assert own[9:] == ["", "", ""], "a row of our own has no figures of the paper"


def test_a_single_seed_in_a_single_test_has_no_spread() -> None:
    results = {
        row: {0: replace(seeds[0], tests={"test-2": seeds[0].tests["test-2"]})}
        for row, seeds in RESULTS.items()
    }
    text = as_markdown(make_rows(results, TABLE_1, PUBLISHED))
    assert "±" not in text
    assert "+23.0 (temporal_attention)" in text


@pytest.mark.parametrize("rows", [ROWS, ROWS[:1]], ids=["three rows", "one row without a step"])
def test_the_picture_has_a_line_for_each_row(rows: tuple[Row, ...], tmp_path: Path) -> None:
    heights = []
    for shown in (rows, (*rows, rows[0])):
        draw_rows(shown, tmp_path / "table1.png")
        with Image.open(tmp_path / "table1.png") as picture:
            heights.append(picture.height)
            assert np.asarray(picture.convert("L")).std() > 10, "something is drawn"
    assert heights[1] > heights[0]


def test_csv_and_json_hold_exact_numbers() -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv(ROWS))))
    entries = json.loads(json.dumps(as_json(ROWS)))
    for line, entry, row in zip(lines, entries, ROWS, strict=True):
        assert line["row"] == entry["row"] == row.variant.name
        assert float(line["mAP_mean"]) == entry["scores"]["mean"]["mAP"] == row.scores.mean["mAP"]
        assert set(line) == set(lines[0])
        assert None not in line.values()
    assert float(lines[2]["step_mAP_mean"]) == entries[2]["steps"][0]["mean"]["mAP"]
    assert float(lines[2]["step_mAP_std_over_tests"]) == pytest.approx(0.03 * 2**0.5)
    assert entries[2]["steps"][0]["tests"] == pytest.approx({"test-2": 0.22, "test-3": 0.16})
    assert entries[2]["seeds"]["0"]["tests"]["test-3"]["scores"]["mAP"] == pytest.approx(0.47)
    assert lines[2]["second_step_from"] == "several_clips"
    assert float(lines[2]["occlusion_auc_mean"]) == pytest.approx(0.96)
    assert (lines[2]["paper_mAP"], lines[1]["paper_mAP"]) == ("81.6", "")
    assert entries[2]["paper"]["method"] == "ResNet50+TA+CA+L_s+L_t"
    assert entries[2]["steps"][0]["paper_points"] == 4.8
    assert entries[0]["seeds"]["1"]["scores"]["mAP"] == 0.36
    assert entries[1]["paper"] is None


def test_a_table_says_how_long_its_rows_were_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = {0: 10, 1: 10, 2: 1500}
    trained = {
        seed: replace(found, training={"run": {"iterations": lengths[seed]}})
        for seed, found in RESULTS["clip_attention"].items()
    }
    rows = make_rows({"clip_attention": trained}, TABLE_1, PUBLISHED)
    assert as_markdown(rows).startswith("| row, after 10 and 1,500 iterations |")
    assert next(csv.DictReader(io.StringIO(as_csv(rows))))["iterations"] == "10 1500"
    assert as_json(rows)[0]["iterations"] == [10, 1500]
    drawn: list[Figure] = []
    monkeypatch.setattr(table_rows_chart, "save_png", lambda figure, path: drawn.append(figure))
    draw_rows(rows, Path("table1.png"))
    assert drawn[0].axes[0].get_title("left").endswith("; after 10 and 1,500 iterations")
