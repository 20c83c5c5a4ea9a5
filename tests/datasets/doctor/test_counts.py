from __future__ import annotations

from pathlib import Path

import pytest

from tacan.datasets import read_mars_tables
from tacan.datasets.doctor.counts import OFFICIAL_COUNTS, compare_counts, expected_counts
from tacan.datasets.doctor.mars_checks import count_table


def test_only_what_is_in_both_is_compared() -> None:
    found = {"test": {"frames": 3, "cameras": 2}, "train": {"frames": 1}}
    assert compare_counts(found, {"test": {"frames": 3, "junk": 1}, "query": {"frames": 9}}) == []
    assert compare_counts(found, {"train": {"frames": 1000}}) == ["train: 1 frame instead of 1,000"]


@pytest.mark.parametrize("kind", ["tracklets", "identities", "frames", "cameras", "queries"])
def test_one_of_a_kind_is_named_as_one(kind: str) -> None:
    one = {"identities": "identity", "queries": "query"}.get(kind, kind[:-1])
    assert compare_counts({"all": {kind: 1}}, {"all": {kind: 2}}) == [f"all: 1 {one} instead of 2"]
    assert compare_counts({"all": {kind: 2}}, {"all": {kind: 1}}) == [f"all: 2 {kind} instead of 1"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "[]",
            "{}",
            '{"counts": 3}',
            '{"counts": {"a": 3}}',
            '{"counts": {"a": {"b": 1e400}}}',
        ),
        *(
            '{"counts": {"a": {"b": "x"}}}',
            '{"counts": {"a": {"b": [1]}}}',
            "[" * 100_000,
            "1" * 5000,
        ),
    ],
)
def test_a_damaged_manifest_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "ground_truth").mkdir()
    (tmp_path / "ground_truth" / "manifest.json").write_text(text)
    assert expected_counts("mars", tmp_path) == (OFFICIAL_COUNTS["mars"], "official")
    assert expected_counts("folder", tmp_path) == ({}, "none")


@pytest.mark.data
def test_the_official_tables_have_the_official_counts(shared_data: Path) -> None:
    root = shared_data / "mars_protocol"
    found = {split: count_table(read_mars_tables(root, split)) for split in ("train", "test")}
    assert compare_counts(found, OFFICIAL_COUNTS["mars"]) == []
    for split, numbers in OFFICIAL_COUNTS["mars"].items():
        assert numbers.keys() <= found[split].keys()
