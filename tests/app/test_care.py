"""Looking after a gallery through the page: deletion, the rule, the log, verification."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tacan.files import sha256
from tacan.gallery import open_gallery
from tests.app.test_indexing import film
from tests.linking.conftest import new_source

GALLERY = "/api/galleries/people.gallery"


def left(folder) -> set[str]:
    with open_gallery(folder) as gallery:
        return {tracklet.name for tracklet in gallery.tracklets()}


@pytest.mark.parametrize(
    ("choice", "count", "n_sources", "n_people"),
    [
        ({"names": ["door/1", "yard/1"]}, 2, 0, 1),
        ({"camera": "door"}, 12, 1, 0),
        ({"source": 1}, 12, 1, 0),
        ({"person": 3}, 2, 0, 1),
        ({"before": "2026-11-22T13:00:10+01:00"}, 24, 0, 12),
        ({"before": "2026-11-22T13:00:00+01:00"}, 0, 0, 0),
    ],
)
def test_what_is_shown_is_what_goes(client, linked, choice, count, n_sources, n_people):
    before = left(linked)
    shown = client.post(f"{GALLERY}/deletions/preview", json=choice).json()
    assert left(linked) == before
    assert (shown["n_tracklets"], shown["n_sources"], shown["n_people"]) == (
        count,
        n_sources,
        n_people,
    )
    done = client.post(f"{GALLERY}/deletions", json={**choice, "n_tracklets": count}).json()
    assert (done["n_tracklets"], done["is_erased"]) == (count, True)
    gone = before - left(linked)
    assert len(gone) == count
    assert set(shown["names"]) <= gone
    assert client.get(f"{GALLERY}/tracklets").json()["n_chosen"] == 24 - count


def test_another_number_than_was_shown_is_refused(client, linked):
    order = {"camera": "door", "n_tracklets": 11}
    answer = client.post(f"{GALLERY}/deletions", json=order)
    assert answer.status_code == 409
    assert len(left(linked)) == 24
    rule = client.put(f"{GALLERY}/retention", json={"days": 1, "n_tracklets": 11})
    assert rule.status_code in (200, 409)


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"camera": "door", "person": 1},
        {"camera": "none"},
        {"person": 99},
        {"source": 1, "camera": "door"},
        {"names": []},
        {"names": ["none"]},
        {"before": "2026-11-22T13:00:00"},
    ],
)
def test_what_chooses_nothing_is_refused(client, linked, choice):
    assert client.post(f"{GALLERY}/deletions/preview", json=choice).status_code == 422
    order = {**choice, "n_tracklets": 0}
    assert client.post(f"{GALLERY}/deletions", json=order).status_code == 422
    assert len(left(linked)) == 24


def test_a_video_that_was_sent_goes_with_what_was_found_in_it(linked, serve, tmp_path):
    video = film(tmp_path / "videos" / "gate.mp4")
    client = serve(linked)
    sent = client.post(f"{GALLERY}/uploads?called=gate.mp4", content=video.read_bytes()).json()
    path = Path(sent["path"])
    with open_gallery(linked, write=True) as gallery:
        seen = replace(new_source("gate"), path=str(path), name=path.name, sha256=sha256(path))
        number = gallery.begin_source(seen).id
        gallery.finish_source(number)
    shown = client.post(f"{GALLERY}/deletions/preview", json={"source": number}).json()
    assert (shown["n_tracklets"], shown["n_sources"], shown["uploads"]) == (0, 1, ["gate.mp4"])
    done = client.post(f"{GALLERY}/deletions", json={"source": number, "n_tracklets": 0}).json()
    assert "1 video that was sent here is gone, too: gate.mp4." in done["told"]
    assert list(path.parent.iterdir()) == []
    assert video.is_file()


def test_a_deleted_person_is_in_no_answer(client: TestClient):
    client.get(f"{GALLERY}/tracklets/3/similar")
    client.post(f"{GALLERY}/deletions", json={"person": 3, "n_tracklets": 2})
    assert client.get(f"{GALLERY}/people/3").status_code == 404
    assert client.get(f"{GALLERY}/tracklets/3/picture").status_code == 404
    found = client.get(f"{GALLERY}/tracklets/4/similar", params={"top": 50}).json()["matches"]
    assert len(found) == 21


def test_the_rule_is_set_and_taken_away(client, linked):
    assert client.get(f"{GALLERY}/retention").json()["days"] is None
    shown = client.get(f"{GALLERY}/retention/preview", params={"days": 36_000}).json()
    assert shown["n_tracklets"] == 0
    new = {"days": 36_000, "n_tracklets": 0}
    assert "36,000 days" in client.put(f"{GALLERY}/retention", json=new).json()["told"]
    with open_gallery(linked) as gallery:
        assert gallery.store.people().retention_days() == 36_000
    assert client.put(f"{GALLERY}/retention", json={"days": None}).json()["days"] is None
    assert client.put(f"{GALLERY}/retention", json={"days": 0}).status_code == 422


def test_the_log_tells_what_the_page_did(client: TestClient):
    client.get("/g/people.gallery/tracklets/3")
    client.post(f"{GALLERY}/deletions", json={"person": 5, "n_tracklets": 2})
    log = client.get(f"{GALLERY}/log", params={"limit": 2}).json()
    assert [(each["action"], each["detail"]) for each in log["entries"]] == [
        ("delete", "2 tracklets"),
        ("search", "door/3"),
    ]
    assert log["n_entries"] > 2
    assert "2 tracklets" in client.get("/g/people.gallery/care/log").text


def test_verification_finds_a_crop_that_is_gone(client, linked):
    assert client.post(f"{GALLERY}/verify").json()["is_sound"]
    next((linked / "crops").rglob("*.jpg")).unlink()
    found = client.post(f"{GALLERY}/verify").json()
    assert (found["is_sound"], found["n_problems"]) == (False, 1)
    assert client.get("/g/people.gallery/care").status_code == 200


def test_nothing_is_left_while_others_look(client, linked, serve):
    """Readers of this server wait, so that no trace of what is deleted stays for their sake."""
    stop, statuses = threading.Event(), set()

    def look() -> None:
        reader = serve(linked, galleries=client.app.state.served.galleries)
        while not stop.is_set():
            for path in ("timeline", "people", "tracklets/5/similar", "review"):
                statuses.add(reader.get(f"{GALLERY}/{path}").status_code)

    readers = [threading.Thread(target=look) for _ in range(2)]
    for reader in readers:
        reader.start()
    erased = []
    for number in range(1, 7):
        order = {"names": [f"door/{number}"], "n_tracklets": 1}
        erased.append(client.post(f"{GALLERY}/deletions", json=order).json()["is_erased"])
    stop.set()
    for reader in readers:
        reader.join()
    assert erased == [True] * 6
    assert statuses <= {200, 404, 422}
