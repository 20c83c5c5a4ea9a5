from __future__ import annotations

import csv
import io
import json

import pytest

from tacan.text import counted, csv_text, for_html, for_terminal, table, without_password


@pytest.mark.parametrize("number", [0, 2, 11, 21, 1001])
def test_all_but_one_are_many(number: int) -> None:
    assert counted(number, "crop") == f"{number:,} crops"
    assert counted(number, "query", "queries") == f"{number:,} queries"


def test_one_is_one() -> None:
    assert counted(1, "crop") == "1 crop"
    assert counted(1, "query", "queries") == "1 query"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://me:se@cret@door:554/live", "rtsp://...@door:554/live"),
        ("rtsp:/me:secret@door/live", "rtsp:/...@door/live"),
        ("http://door/live?user=me&pwd=secret", "http://door/live?..."),
        ("rtsp://me:se/cret@door/live", "rtsp://...@door/live"),
        ("rtsp://me:se?cret@door/live", "rtsp://...@door/live"),
        ("rtsp://door/user=me_password=secret_channel=1", "rtsp://door/..."),
        ("rtsp://door/live/key=secret/1", "rtsp://door/live/.../1"),
        ("me:secret@door.mp4", "me:secret@door.mp4"),
        ("/videos/a@b?.mp4", "/videos/a@b?.mp4"),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, shown: str) -> None:
    assert without_password(address) == shown


@pytest.mark.parametrize(
    "name",
    ["\x1b]0;title\x07", "\x9b31m", "\u202egpj.exe", "a\rb", "\udcff", "\x00", "\x7f", "\u2028"],
)
def test_nothing_acts_on_a_terminal(name: str) -> None:
    shown = for_terminal(f"a {name} b")
    assert shown.isprintable()
    assert shown.encode("utf-8")
    assert for_terminal(shown) == shown


def test_what_is_shown_of_json_says_the_same() -> None:
    names = ["\x9b31m \u202e \udcff \x7f é", "日本"]
    assert json.loads(for_terminal(json.dumps(names, ensure_ascii=False))) == names


def test_lines_tabs_and_letters_of_all_languages_stay() -> None:
    text = "one\n\ttwo\né ß 日本 עברית [red]"
    assert for_terminal(text) == text


@pytest.mark.parametrize("name", ["=1+1", "+1", "-cmd", "@SUM(A1)", "\t=1", " =1", "＝1"])
def test_a_cell_is_no_formula(name: str) -> None:
    ((cell, number),) = csv.reader(io.StringIO(csv_text([[name, -1.5]]), newline=""))
    assert cell == f"'{name}"
    assert number == "-1.5"


def test_cells_come_back_as_they_are() -> None:
    assert csv_text([["a\rb"]]) == "a\\u000db\n"
    row = ["door/12", 'a "quoted", name', "two\nlines", "1-2", "", None, 3]
    ((*cells,),) = csv.reader(io.StringIO(csv_text([row]), newline=""))
    assert cells == ["door/12", 'a "quoted", name', "two\nlines", "1-2", "", "", "3"]


def test_markup_is_text_on_a_page() -> None:
    assert for_html("<script>\"'&\x1b\udcff") == ("&lt;script&gt;&quot;&#x27;&amp;\\u001b\\udcff")


def test_columns_stand_under_each_other() -> None:
    lines = table(
        [("name", "n", "where"), ("a\x1b", "10", "x"), ("日本", "2", "y\nz")], texts=(0, 2)
    )
    assert lines.splitlines() == [
        "name      n  where",
        "-------  --  -----",
        "a\\u001b  10  x",
        "日本      2  y z",
    ]
