from __future__ import annotations

import re
import shlex
from datetime import UTC
from pathlib import Path

import pytest

from tacan.gallery import Gallery, open_gallery
from tacan.linking import link_gallery, name
from tacan.linking.people import everybody
from tacan.linking.review import Doubt
from tacan.linking.unsure import UnsureLinks, find_unsure_links
from tacan.views import people_html
from tacan.views.people_html import write_people_page

from .test_search_html import read, text_of


@pytest.fixture
def linked(own_folder: Path):
    with open_gallery(own_folder, write=True) as gallery:
        link_gallery(gallery, strangers=0.01)
        yield gallery


def page(gallery: Gallery, path: Path, *, everyone: bool = False) -> Path:
    write_people_page(
        everybody(gallery), find_unsure_links(gallery), gallery, path, everyone=everyone, zone=UTC
    )
    return path


def test_the_page_holds_all_it_shows_and_asks_no_host(linked: Gallery, tmp_path: Path) -> None:
    path = page(linked, tmp_path / "who.html")
    reader = read(path)
    source = path.read_text(encoding="utf-8")
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in source
    for address in reader.addresses:
        assert address.startswith(("data:", "#")), address[:60]
    assert not re.search(r"url\(|@import|https?:", source)
    assert [one for one in reader.addresses if one.startswith("#person-")]
    assert {one[1:] for one in reader.addresses if one.startswith("#person-")} <= set(reader.ids)
    people = [seen for seen in everybody(linked).people if not seen.is_alone]
    assert len(people) == 8
    assert source.count('class="lane"') == 8
    assert source.count("<rect ") == 8 * 2
    assert source.count("prefers-color-scheme: dark") == 2, (
        "the page's own and the cameras' colours"
    )
    text = text_of(path)
    assert "8 people They were seen in 16 tracklets. 8 tracklets stand alone." in text
    assert "entrance/3, 2026-11-22 13:00:00 to 13:00:02 +00:00" in text
    assert "entrance yard 8 60 min 60 min 60 min" in text
    assert "13:00 13:20 13:40 14:00" in text
    assert re.search(r"8 linked pairs. False: at most about \d are expected", text)


def test_everyone_is_shown_when_asked_for(linked: Gallery, tmp_path: Path) -> None:
    source = page(linked, tmp_path / "who.html", everyone=True).read_text(encoding="utf-8")
    assert source.count('class="lane"') == 16


def test_names_are_no_markup(linked: Gallery, tmp_path: Path) -> None:
    people = [seen.person for seen in everybody(linked).people if not seen.is_alone]
    name(linked, people[0].id, "<script>alert(1)</script>", note="<b>\nbold")
    path = page(linked, tmp_path / "who.html")
    assert "<script" not in path.read_text(encoding="utf-8")
    assert "<script>alert(1)</script>" in text_of(path)


def test_a_link_that_is_unsure_is_drawn_otherwise_and_asked(
    linked: Gallery, tmp_path: Path
) -> None:
    known, unsure = everybody(linked), find_unsure_links(linked)
    seen = next(seen for seen in known.people if not seen.is_alone)
    parts = dict(unsure.part_of) | {seen.tracklets[0].id: -1}
    one, other = seen.tracklets
    doubts = tuple(
        Doubt(one, other, is_linked=is_linked, distance=0.123, threshold=0.1, settles=2)
        for is_linked in (True, False)
    )
    path = tmp_path / "who.html"
    write_people_page(known, UnsureLinks(doubts, parts), linked, path)
    assert path.read_text(encoding="utf-8").count('class="link unsure"') == 1
    text = text_of(path)
    assert f"person {seen.person.id} 1 unsure link" in text
    assert text.index("Linked, but perhaps two") < text.index("Two people, but perhaps one")
    assert text.count("distance 0.123 · an answer settles 2 pairs") == 2
    asked = shlex.join([str(linked.folder), one.name, other.name])
    assert f"tacan people confirm {asked}" in text


def test_a_page_of_too_many_people_says_who_is_left_out(
    linked: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_html, "MOST_PEOPLE", 5)
    path = page(linked, tmp_path / "who.html")
    assert path.read_text(encoding="utf-8").count('class="lane"') == 5
    assert "3 more people, who were seen less often, are not shown" in text_of(path)


def test_a_crop_that_cannot_be_read_is_no_fault(linked: Gallery, tmp_path: Path) -> None:
    for tracklet in linked.tracklets():
        for crop in linked.crops(tracklet.id):
            crop.path.write_bytes(b"no picture")
    path = page(linked, tmp_path / "who.html")
    assert text_of(path).count("no picture") >= 16


def test_before_linking_the_page_says_how(own_folder: Path, tmp_path: Path) -> None:
    with open_gallery(own_folder) as gallery:
        path = page(gallery, tmp_path / "who.html")
    assert "Nobody is linked yet: tacan link" in text_of(path)
