"""The doctor finds every planted problem, each alone, and nothing in a clean copy."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tacan.datasets import DATASETS
from tacan.datasets.doctor import PROBLEM_KINDS, examine

from .plants import PLANTS, Plant

Copies = Callable[[str], Path]

CASES = [
    pytest.param(dataset, plant, codes, id=f"{dataset}-{plant.__name__}")
    for dataset, plants in PLANTS.items()
    for plant, codes in plants
]


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("dataset", DATASETS)
def test_a_clean_copy_has_no_problem(copy: Copies, dataset: str, deep: bool) -> None:
    root = copy(dataset)
    before = sorted(root.rglob("*"))
    report = examine(dataset, root, deep=deep)
    assert report.findings == ()
    assert report.is_clean
    assert report.source == "manifest"
    assert report.counts
    assert 0 < report.n_decoded <= report.n_files
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize(("dataset", "plant", "codes"), CASES)
def test_a_planted_problem_is_found_and_no_other(
    copy: Copies, dataset: str, plant: Plant, codes: set[str]
) -> None:
    root = copy(dataset)
    plant(root)
    report = examine(dataset, root, deep=True)
    assert {finding.code for finding in report.findings} == codes
    for finding in report.findings:
        assert finding.count == len(finding.where) > 0
        assert finding.meaning.endswith((".", ")"))
        assert finding.remedy.endswith(".")
    assert json.loads(json.dumps(report.as_dict()))["n_errors"] == report.n_errors


def test_every_kind_of_problem_has_been_planted() -> None:
    planted = set().union(*(codes for plants in PLANTS.values() for _, codes in plants))
    # `reader` is the net below the others: see test_the_reader_has_the_last_word.
    assert planted | {"reader"} == set(PROBLEM_KINDS)
    assert len(CASES) >= 15
