from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from PIL import Image

from tacan.errors import StorageError
from tacan.paper.spread_table import WITH, WITHOUT, spread_json, spread_rows, spread_table
from tacan.runs.row_results import Result, TestScores, result_file, write_result
from tacan.views.paper_files import write_spread_table
from tests.paper.test_tables import result

PIDS = ("2", "3", "5", "7", "11", "13")


def measured(row: str, seed: int) -> Result:
    """Person p has a diameter of p / 10, half of that with the min-max loss, and grows by seeds."""
    factor = (0.5 if row == WITH else 1.0) * (1 + seed)
    tests = {
        name: TestScores(
            scores={"mAP": 0.5},
            occlusion_auc=None,
            diameters={
                "raw": {pid: 3 * factor * int(pid) / 10 for pid in PIDS},
                "unit": {pid: factor * int(pid) / 10 for pid in PIDS},
            },
            silhouette={"raw": 0.1, "unit": 0.1 / factor},
        )
        for name in ("test-2", "test-3")
    }
    return Result(row=row, seed=seed, tests=tests, model_fingerprint="", training={}, people={})


RESULTS = {row: {seed: measured(row, seed) for seed in (0, 1)} for row in (WITHOUT, WITH)}


def test_five_identities_all_of_them_and_the_silhouette() -> None:
    rows = spread_rows(RESULTS)
    assert len(rows) == 7
    for row in rows[:5]:
        pid = int(row.title.split("person ")[1].split()[0])
        without, with_ = row.values["unit"]
        assert without.mean["value"] == pytest.approx(1.5 * pid / 10)
        assert with_.mean["value"] == pytest.approx(0.75 * pid / 10)
        assert without.std is not None
        assert without.std["value"] == pytest.approx(0.5**0.5 * pid / 10)
    assert rows[0].published == (0.9204, 0.8882)
    assert len({row.title for row in rows}) == 7
    assert rows[5].title == "all 12 identities, mean"
    mean = sum(map(int, PIDS)) / len(PIDS) / 10
    assert rows[5].values["raw"][0].mean["value"] == pytest.approx(1.5 * 3 * mean)


def test_only_seeds_that_both_have_and_that_were_measured_count() -> None:
    fewer = {WITHOUT: RESULTS[WITHOUT], WITH: {1: RESULTS[WITH][1]}}
    assert {row.values["raw"][0].n for row in spread_rows(fewer)} == {1}
    before = {WITHOUT: {0: result(WITHOUT, 0, 0.3)}, WITH: RESULTS[WITH]}
    assert spread_rows(before) == ()


def test_the_table_says_how_many_come_closer() -> None:
    table = spread_table(spread_rows(RESULTS), RESULTS)
    lines = list(csv.reader(io.StringIO(table.csv())))
    assert len({len(line) for line in lines}) == 1
    assert lines[-1][2] == "100 %"
    assert lines[1][-2:] == ["0.9204", "0.8882"]
    assert r"$\pm$" in table.latex()
    assert spread_json(spread_rows(RESULTS), RESULTS)["closer_with"] == {"unit": 1, "raw": 1}


def test_files_are_written_of_results_on_disk(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="none of Table 3"):
        write_spread_table(tmp_path, size="two-cores")
    for row, seeds in RESULTS.items():
        for seed, found in seeds.items():
            path = result_file(tmp_path / "rows", row, seed)
            path.parent.mkdir(parents=True)
            write_result(path, found)
    path = write_spread_table(tmp_path, size="two-cores")
    assert path.read_text("utf-8").startswith("| largest distance within an identity")
    with Image.open(tmp_path / "table3.png") as picture:
        assert picture.width > picture.height
