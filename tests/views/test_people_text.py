from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from tacan.gallery import open_gallery
from tacan.linking import confirm, link_gallery
from tacan.linking.people import everybody
from tacan.linking.review import review
from tacan.views.people_text import link_text, people_text, review_text
from tests.gallery.conftest import MODEL, new_source, new_tracklet
from tests.linking.conftest import fill_cameras


def listed(folder: Path, *, second_has_a_clock: bool) -> str:
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        for number, camera in enumerate(("door", "yard"), start=1):
            known = {} if camera == "yard" and second_has_a_clock else {"start": None}
            source = gallery.begin_source(new_source(camera, **known))
            gallery.add(source.id, [new_tracklet(number)], fingerprint=MODEL.fingerprint)
            gallery.finish_source(source.id)
        link_gallery(gallery)
        confirm(gallery, "door/1", "yard/1")
        return people_text(everybody(gallery), zone=UTC)


def test_without_any_clock_times_are_those_in_the_videos(tmp_path: Path) -> None:
    told = listed(tmp_path / "g", second_has_a_clock=False)
    assert "0:01.0 in door.mp4  0:02.4 in yard.mp4" in told
    assert "were indexed without --start" in told


def test_the_clock_counts_where_one_is_known(tmp_path: Path) -> None:
    told = listed(tmp_path / "g", second_has_a_clock=True)
    assert "12:00:02 +00:00" in told
    assert "mp4" not in told
    assert "--start" not in told


def test_a_review_says_how_to_answer_and_why_two_close_people_are_two(tmp_path: Path) -> None:
    folder = tmp_path / "my people"
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, ["front door", "yard"], spread=4)
        link_gallery(gallery, strangers=0.2)
        doubts = review(gallery, top=100)
        linking = gallery.store.people().linking()
    contested = [doubt for doubt in doubts if doubt.is_contested]
    linked = [doubt for doubt in doubts if doubt.is_linked]
    assert contested
    assert linked
    told = review_text([linked[0], contested[0]], linking, folder)
    answer = shlex.join(["confirm", str(folder), linked[0].one.name, linked[0].other.name])
    assert f"tacan people {answer}" in told
    assert "somebody is closer who is certainly not the other." in told
    assert f"person {linked[0].one.person_id} " in told
    assert f"persons {contested[0].one.person_id} and {contested[0].other.person_id} " in told
    assert "somebody is closer" not in review_text(linked, linking, folder)
    assert linking is not None
    by_rules = replace(linking, travel={"front door -> yard": "at most 5 min"})
    assert "or it took longer than your rules allow." in review_text(doubts, by_rules, folder)


@pytest.mark.parametrize("known", [True, False])
def test_rules_on_ways_that_hold_for_nobody_are_said(tmp_path: Path, known: bool) -> None:
    with open_gallery(tmp_path / "g", write=True, create_with=MODEL) as gallery:
        for number, camera in enumerate(("door", "yard"), start=1):
            source = gallery.begin_source(new_source(camera, **({} if known else {"start": None})))
            gallery.add(source.id, [new_tracklet(number)], fingerprint=MODEL.fingerprint)
            gallery.finish_source(source.id)
        report = link_gallery(gallery, travel={"door -> yard": "at least 20 s"})
    told = link_text(report, tmp_path / "g")
    assert ("No rule holds for 2 tracklets whose time of day isn't known" in told) == (not known)
