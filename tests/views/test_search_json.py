from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tacan.gallery import Gallery, TrackletFilter
from tacan.retrieval.distances import METRICS
from tacan.search.search import search
from tacan.search.search_results import SearchResults
from tacan.views.search_json import CSV_COLUMNS, as_csv, as_json
from tacan.views.search_text import COLUMNS, heading, table_rows
from tests.search.conftest import START


@pytest.fixture
def searches(gallery: Gallery) -> list[SearchResults]:
    later = TrackletFilter(after=START + timedelta(minutes=30), exclude_cameras=("entrance",))
    words = ("entrance/1", "entrance/12")
    return [search(gallery, word, filters=later, top=3) for word in words]


def test_json_has_exact_numbers_and_reasons(
    searches: list[SearchResults], gallery: Gallery
) -> None:
    data = json.loads(json.dumps(as_json(searches)))
    assert data["n_searched"] == 8
    assert data["n_different_pairs"] == 120
    assert data["filters"]["exclude_cameras"] == ["entrance"]
    assert data["filters"]["after"] == "2026-11-22T13:30:00+00:00"
    assert [one["query"] for one in data["queries"]] == ["entrance/1", "entrance/12"]
    assert [one["sure"] for one in data["queries"]] == ["likely", "unsure"]
    first = data["queries"][0]["matches"][0]
    assert first["tracklet"] == "yard/1"
    assert first["person"] == "Ada"
    assert first["start"] == "2026-11-22T14:00:00+00:00"
    assert first["p_value"] == 1 / 121
    assert "120 pairs" in first["why"]
    pair = [
        gallery.vector(gallery.tracklet(name).id)[None].astype(float)
        for name in ("entrance/1", "yard/1")
    ]
    expected = float(METRICS[data["metric"]](*pair)[0, 0])
    assert first["distance"] == pytest.approx(expected, rel=1e-6)


def test_csv_has_a_line_for_each_answer(searches: list[SearchResults]) -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv(searches))))
    assert tuple(lines[0]) == CSV_COLUMNS
    assert len(lines) == 6
    assert [line["rank"] for line in lines] == ["1", "2", "3"] * 2
    assert lines[0]["person"] == "Ada"
    assert lines[1]["person"] == ""
    data = as_json(searches)
    assert float(lines[0]["distance"]) == data["queries"][0]["matches"][0]["distance"]


def test_csv_holds_no_formula(searches: list[SearchResults]) -> None:
    (first, *_) = searches
    query = replace(first.query, label="=HYPERLINK(1)")
    (line, *_) = csv.DictReader(io.StringIO(as_csv([replace(first, query=query)])))
    assert line["query"] == "'=HYPERLINK(1)"
    assert as_json([replace(first, query=query)])["queries"][0]["query"] == "=HYPERLINK(1)"


def test_page_table_and_json_say_the_same_words(searches: list[SearchResults]) -> None:
    data = as_json(searches)
    lines = list(csv.DictReader(io.StringIO(as_csv(searches))))
    tables = [row[4] for results in searches for row in table_rows(results)]
    words = [match["words"] for one in data["queries"] for match in one["matches"]]
    assert words == tables == [line["words"] for line in lines]
    for results, one in zip(searches, data["queries"], strict=True):
        assert heading(results).startswith(f"{one['query']}: {one['verdict']}\n{one['why']}")


def test_the_table_and_its_heading(searches: list[SearchResults]) -> None:
    rows = table_rows(searches[0])
    assert len(rows) == 3
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert rows[0][:2] == ("1", "yard/1 (Ada)")
    assert rows[0][4] == "likely"
    assert heading(searches[1]).startswith("entrance/12: Unsure whether the same person: yard/")
