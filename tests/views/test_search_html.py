from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tacan.gallery import Gallery, TrackletFilter, open_gallery
from tacan.search.search import search
from tacan.search.search_results import SearchResults
from tacan.views.search_html import write_search_page

VOID = {"meta", "link", "br", "img"}


class Reader(HTMLParser):
    """Checks that elements are closed in order, and gathers what could ask a host for something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.text: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "srcset", "action", "data", "poster", "xlink:href"):
                self.addresses.append(value or "")
            if name == "id":
                self.ids.append(value or "")
        assert tag not in ("script", "iframe", "object", "form")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text.append(data)


def find(gallery: Gallery, *words: str, **more: object) -> list[SearchResults]:
    return [search(gallery, word, **more) for word in words]  # type: ignore[arg-type]


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    assert reader.open == []
    assert len(set(reader.ids)) == len(reader.ids)
    return reader


def text_of(path: Path) -> str:
    return re.sub(r"\s+", " ", " ".join(read(path).text))


def test_the_page_holds_all_it_shows_and_asks_no_host(gallery: Gallery, tmp_path: Path) -> None:
    path = tmp_path / "found.html"
    yard = TrackletFilter(cameras=("yard",))
    write_search_page(find(gallery, "entrance/3", filters=yard, top=4), gallery, path, zone=UTC)
    reader = read(path)
    pictures = [address for address in reader.addresses if address.startswith("data:image/jpeg")]
    assert len(pictures) == 5 * 5, "five crops of the query and of each of four answers"
    for address in reader.addresses:
        assert address.startswith(("data:", "#")), address[:60]
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"url\(|@import|https?:", source)
    assert source.count("where an even share would be") == 5 * 2, "said and described"
    assert source.count("stroke-dasharray") == 5, "bars over a line of equal weights"
    text = text_of(path)
    assert "2026-11-22 13:00:00 to 13:00:02 +00:00" in text, "the query"
    assert "2026-11-22 14:00:04 to 14:00:06 +00:00" in text, "yard/3, an hour and 4 s later"
    assert "0:04.0 into yard.mp4" in text
    assert "Likely the same person: yard/3" in text
    assert "8 Only camera yard" in text.replace("Searched ", "")


def test_a_page_never_overstates(gallery: Gallery, tmp_path: Path) -> None:
    path = tmp_path / "found.html"
    yard = TrackletFilter(cameras=("yard",))
    write_search_page(find(gallery, "entrance/12", filters=yard), gallery, path)
    reader = read(path)
    text = text_of(path)
    assert "Unsure whether the same person: yard/" in text
    before_the_rules = text.split("How to read this")[0]
    assert "likely" not in before_the_rules.lower()
    assert "Look at the pictures" in text
    assert reader.ids.count("query-1") == 1


def test_several_searches_each_have_their_headline(gallery: Gallery, tmp_path: Path) -> None:
    path = tmp_path / "found.html"
    yard = TrackletFilter(cameras=("yard",))
    write_search_page(
        find(gallery, "entrance/3", "entrance/12", filters=yard), gallery, path, zone=UTC
    )
    text = text_of(path)
    assert "2 searches, 1 with somebody to look at" in text
    assert "entrance/3: Likely the same person: yard/3" in text
    assert "entrance/12: Unsure whether the same person: yard/" in text


def test_missing_and_damaged_crops_are_said_and_left_out(own_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "found.html"
    with open_gallery(own_folder) as gallery:
        crops = gallery.crops(gallery.tracklet("yard/3").id)
        crops[0].path.unlink()
        crops[1].path.write_bytes(crops[1].path.read_bytes()[:100])
        yard = TrackletFilter(cameras=("yard",))
        write_search_page(find(gallery, "entrance/3", filters=yard, top=1), gallery, path)
    assert "2 of its crops can't be read." in text_of(path)
    pictures = [one for one in read(path).addresses if one.startswith("data:image/jpeg")]
    assert len(pictures) == 5 + 3


def test_names_are_no_markup(gallery: Gallery, tmp_path: Path) -> None:
    (found,) = find(gallery, "entrance/3", top=1)
    evil = replace(found.query, label="<script>alert(1)</script>")
    path = tmp_path / "found.html"
    write_search_page([replace(found, query=evil)], gallery, path)
    assert "<script" not in path.read_text(encoding="utf-8")
    assert "<script>alert(1)</script>" in text_of(path)


def test_what_cannot_be_seen_in_a_name_is_written_as_its_code(
    gallery: Gallery, tmp_path: Path
) -> None:
    (found,) = find(gallery, "entrance/3", top=1)
    name = "a\x1b[31mred \u202egpj.exe \udcff"
    (match,) = found.matches
    match = replace(match, tracklet=replace(match.tracklet, name=name, person=name))
    evil = replace(found, query=replace(found.query, label=name), matches=(match,))
    path = tmp_path / "found.html"
    write_search_page([evil], gallery, path)
    source = path.read_text(encoding="utf-8")
    assert "\x1b" not in source
    assert "\u202e" not in source
    shown = r"a\u001b[31mred \u202egpj.exe \udcff"
    assert f"Asked: {shown}" in text_of(path)
    assert f'aria-label="{shown}: ' in source


def test_without_answers_the_page_says_so(gallery: Gallery, tmp_path: Path) -> None:
    path = tmp_path / "found.html"
    nobody = TrackletFilter(min_quality=1.0)
    write_search_page(find(gallery, "entrance/3", filters=nobody), gallery, path)
    text = text_of(path)
    assert "Nobody to compare with" in text
    assert "there was nobody to compare with" in text
