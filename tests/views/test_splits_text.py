from __future__ import annotations

import json
from pathlib import Path

import pytest

from tacan.splits import SplitChoice, SplitsRecord, run_splits
from tacan.splits.embed_once import EmbedOnce
from tacan.views.splits_text import COLUMNS, as_json, as_rows, conclusion
from tests.splits.conftest import ilids, model, one_thread


@pytest.fixture(scope="module")
def record(ilids: Path, model: str, tmp_path_factory: pytest.TempPathFactory) -> SplitsRecord:
    return made(ilids, model, tmp_path_factory.mktemp("out"), tuple(range(10)))


def made(root: Path, model: str, out: Path, numbers: tuple[int, ...]) -> SplitsRecord:
    choice = SplitChoice(dataset="ilids-vid", root=root, numbers=numbers)
    return run_splits(choice, EmbedOnce(model), out)


def test_json_is_exact(record: SplitsRecord) -> None:
    told = json.loads(json.dumps(as_json(record), allow_nan=False))
    assert (told["n_splits"], told["n_splits_published"], told["complete"]) == (10, 10, True)
    entry, summary = told["protocols"]["two-camera"], record.summaries["two-camera"]
    assert summary.std is not None
    for kind, values in (("mean", summary.mean), ("std", summary.std)):
        assert entry[kind]["mAP"] == values["mAP"]
        assert entry[kind]["cmc"] == {str(rank): values[f"Rank-{rank}"] for rank in (1, 5, 10, 20)}
    assert entry["std_ddof"] == 1
    assert list(entry["splits"]) == [str(number) for number in range(10)]
    third, result = entry["splits"]["3"], record.splits[3].evaluations["two-camera"]
    assert third["mAP"] == result.mean_ap
    assert third["cmc"]["1"] == result.rank_1
    assert (third["n_query"], third["n_valid_query"], third["n_gallery"]) == (4, 4, 4)
    assert third["left_out"] == []
    assert len(third["model_fingerprint"]) == 64


def test_a_row_for_each_split_and_two_below(record: SplitsRecord) -> None:
    rows = as_rows(record, "two-camera")
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert [row[0] for row in rows] == [*map(str, range(10)), "mean", "std (n-1)"]
    summary = record.summaries["two-camera"]
    assert rows[-2][1] == f"{100 * summary.mean['mAP']:.2f}"
    assert rows[0][6:] == ["4", "4", "4", "0"]


def test_the_conclusion_says_what_it_is_over(
    record: SplitsRecord, ilids: Path, model: str, tmp_path: Path
) -> None:
    whole = conclusion(record, "two-camera")
    assert "standard deviation of the sample (n-1), 10 of 10 splits" in whole
    assert "can't be compared" not in whole
    some = made(ilids, model, tmp_path / "some", (0, 4))
    assert "These are splits 0, 4 only" in conclusion(some, "two-camera")
    assert "means over 10 splits" in conclusion(some, "two-camera")
    assert as_json(some)["complete"] is False
    one = made(ilids, model, tmp_path / "one", (4,))
    assert "±" not in conclusion(one, "two-camera")
    assert "This is split 4 only" in conclusion(one, "two-camera")
    assert as_rows(one, "two-camera")[-1][1:6] == ["-"] * 5
    assert as_json(one)["protocols"]["two-camera"]["std"] is None
