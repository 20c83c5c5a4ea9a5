"""A human's word through the page is the same as through the command line."""

from __future__ import annotations

import shlex
import sqlite3

import pytest
from fastapi.testclient import TestClient

from tacan.cli import main
from tacan.gallery import open_gallery
from tests.linking.conftest import partition

GALLERY = "/api/galleries/people.gallery"


@pytest.fixture
def decide(client: TestClient, linked):
    """Decides through the page, and gives the people afterwards."""

    def decided(method: str, path: str, body=None, *, status: int = 200):
        answer = client.request(method, f"{GALLERY}/people{path}", json=body)
        assert answer.status_code == status, answer.text
        with open_gallery(linked) as gallery:
            return partition(gallery), answer.json()

    return decided


def test_split_merge_name_and_undo(decide, linked):
    before, _ = decide("PUT", "/3", {"name": "Ann Example", "note": "at the desk"})
    people, _ = decide("POST", "/3/split", {"tracklets": ["yard/3"]})
    assert people[3] == {"door/3"}
    (other,) = set(people) - set(before)
    people, done = decide("POST", "/3/merge", {"other": other})
    assert people == before
    assert "Ann Example" in done["told"]
    people, done = decide("POST", "/undo")
    assert people[3] == {"door/3"}
    assert done["told"].startswith("Taken back: merge")
    people, _ = decide("POST", "/undo")
    assert people == before
    decide("POST", "/undo")
    _, fault = decide("POST", "/undo", status=422)
    assert "must be a decision to be taken back" in fault["detail"]
    with open_gallery(linked) as gallery:
        assert gallery.person(3).name is None
        actions = [entry.action for entry in gallery.store.people().log()]
    assert actions[-6:] == ["name", "split", "merge", "undo", "undo", "undo"]


def test_answers_are_confirm_and_reject(decide):
    people, _ = decide("POST", "/answers", {"one": "door/1", "other": "yard/2", "answer": "same"})
    assert {"door/1", "yard/2"} <= next(each for each in people.values() if "door/1" in each)
    body = {"one": "door/5", "other": "yard/5", "answer": "different"}
    people, _ = decide("POST", "/answers", body)
    assert {"door/5"} in people.values()
    before, _ = decide("POST", "/undo")
    people, _ = decide("POST", "/answers", {**body, "answer": "unsure"})
    assert people == before
    _, done = decide("POST", "/undo")
    assert done["told"].startswith("Taken back: unsure")
    decide("POST", "/answers", {**body, "other": "door/5"}, status=422)
    decide("POST", "/answers", {**body, "other": "none"}, status=422)
    decide("POST", "/answers", {**body, "answer": "perhaps"}, status=422)


def test_a_gallery_of_an_older_version_is_read_anew_when_a_decision_made_it_newer(linked, serve):
    with sqlite3.connect(linked / "gallery.sqlite") as database:
        database.execute("DROP TABLE unsure_pairs")
        database.execute("PRAGMA user_version = 5")
    client = serve(linked)
    assert client.get(f"{GALLERY}/review").status_code == 200
    body = {"one": "door/5", "other": "yard/5", "answer": "unsure"}
    assert client.post(f"{GALLERY}/people/answers", json=body).status_code == 200
    with client.app.state.served.galleries.reading("people.gallery") as gallery:
        assert len(gallery.store.people().decisions()[0].unsure) == 1


def test_the_command_line_takes_back_what_the_page_decided(decide, linked, capsys):
    before, _ = decide("POST", "/link", {})
    decide("POST", "/3/merge", {"other": 8})
    main(shlex.split(f"people undo {shlex.quote(str(linked))}"))
    assert "Taken back: merge" in capsys.readouterr().out
    with open_gallery(linked) as gallery:
        assert partition(gallery) == before


def test_a_change_waits_for_another_writer_and_then_says_so(client, linked, monkeypatch):
    monkeypatch.setattr("tacan.app.galleries.WRITING_WAIT", 0.1)
    with open_gallery(linked, write=True):
        answer = client.post(f"{GALLERY}/people/undo")
    assert answer.status_code == 409
    assert "only one process at a time" in answer.json()["detail"]


def test_the_review_asks_and_the_pages_show_what_is_decided(client):
    asked = client.get(f"{GALLERY}/review", params={"top": 3}).json()["questions"]
    assert len(asked) <= 3
    assert all(each["settles"] >= 1 for each in asked)
    client.put(f"{GALLERY}/people/3", json={"name": "<i>Ann</i>"})
    for path in ("people", "people/3", "review", ""):
        page = client.get(f"/g/people.gallery/{path}")
        assert page.status_code == 200
        assert "<i>" not in page.text


def test_the_review_says_how_many_links_to_expect_false_and_missed(client):
    page = client.get("/g/people.gallery/review").text
    assert "linked pairs. False: " in page
    assert "missed" in page


def test_a_gallery_that_was_never_linked_says_so(folder, serve):
    client = serve(folder)
    assert client.put(f"{GALLERY}/people/1", json={"name": "Ann"}).status_code == 422
    assert "Link now" in client.get("/g/people.gallery/people").text
    linked = client.post(f"{GALLERY}/people/link", json={}).json()
    assert (linked["n_people"], linked["n_linked"]) == (12, 24)
