from __future__ import annotations

import json
from pathlib import Path

import pytest

from tacan.errors import StorageError
from tacan.paper.published import TABLE_4, TABLE_5
from tacan.paper.splits_table import collect_split_results, splits_json, splits_table

COLUMNS = ("mAP", "Rank-1", "Rank-5", "Rank-20")


def write(out: Path, dataset: str, row: str, seed: int, values: list[float]) -> Path:
    path = out / dataset / row / f"seed-{seed}" / "result.json"
    path.parent.mkdir(parents=True)
    splits = {str(n): dict.fromkeys(COLUMNS, value) for n, value in enumerate(values)}
    path.write_text(json.dumps({"row": row, "seed": seed, "splits": splits}), encoding="utf-8")
    return path


def test_a_result_is_a_mean_over_splits_with_their_deviation(tmp_path: Path) -> None:
    write(tmp_path, "ilids-vid", "min_max", 0, [0.5, 0.7])
    write(tmp_path, "ilids-vid", "min_max", 1, [0.6, 0.8])
    write(tmp_path, "prid2011", "several_clips", 0, [0.9])
    rows = collect_split_results(tmp_path)
    assert [(row.dataset, row.variant.name) for row in rows] == [
        ("ilids-vid", "min_max"),
        ("prid2011", "several_clips"),
    ]
    over = rows[0].over_splits
    assert (over.n, over.mean["mAP"]) == (2, pytest.approx(0.65))
    assert (over.std or {})["mAP"] == pytest.approx(0.2 / 2**0.5)
    assert (rows[0].over_seeds.std or {})["mAP"] == pytest.approx(0.1 / 2**0.5)
    table = splits_table(rows)
    assert table.lines[0][-2:] == ("93.0", "88.9")
    assert table.lines[1][-2:] == ("", "")
    assert "only published" in table.lines[-1][0]
    assert splits_json(rows)[0]["n_splits"] == 2


def test_a_damaged_result_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "prid2011", "min_max", 0, [0.9])
    path.write_text("{", encoding="utf-8")
    with pytest.raises(StorageError, match="result.json"):
        collect_split_results(tmp_path)


def test_the_gains_that_the_text_names_are_those_of_its_tables() -> None:
    """But for Rank-1 of iLIDS-VID, where the text has 0.8 and the table 0.9."""
    best = {
        (dataset, name): max(p.scores.get(name, 0) for m, p in rows.items() if m != "TACAN")
        for dataset, rows in TABLE_4.items()
        for name in ("mAP", "Rank-1")
    }
    ilids, prid = (TABLE_4[name]["TACAN"].scores for name in ("ilids-vid", "prid2011"))
    assert ilids["mAP"] - best["ilids-vid", "mAP"] == pytest.approx(3.1)
    assert ilids["Rank-1"] - best["ilids-vid", "Rank-1"] == pytest.approx(0.9)
    assert prid["mAP"] - best["prid2011", "mAP"] == pytest.approx(0.9)
    assert all(
        TABLE_5["TACAN"].scores[name] > TABLE_5["VRSTC"].scores[name]
        for name in TABLE_5["TACAN"].scores
    )
