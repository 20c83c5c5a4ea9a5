"""Looking through a gallery: the API and its pages."""

from __future__ import annotations

import re

from fastapi.testclient import TestClient

from tests.app.conftest import make_folder

GALLERY = "/api/galleries/people.gallery"


def pages(client: TestClient, **conditions) -> list[dict]:
    found, after = [], {}
    while True:
        answer = client.get(f"{GALLERY}/tracklets", params={"limit": 5, **conditions, **after})
        page = answer.json()
        found += page["tracklets"]
        assert page["n_chosen"] >= len(found)
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


def test_every_tracklet_comes_once_newest_first(client: TestClient):
    found = pages(client)
    assert len({each["id"] for each in found}) == len(found) == 24
    assert [each["start"] for each in found] == sorted(
        (each["start"] for each in found), reverse=True
    )


def test_conditions_choose(client: TestClient):
    assert {each["camera"] for each in pages(client, camera="door")} == {"door"}
    assert len(pages(client, person=3)) == 2
    assert pages(client, min_quality=0.9) == []
    assert pages(client, since="2026-11-22T13:00:00Z") == []
    assert len(pages(client, until="2026-11-22T13:00:00+01:00")) == 0
    assert len(pages(client, since="2026-11-22T13:00:00+01:00")) == 24
    wrong = client.get(f"{GALLERY}/tracklets", params={"since": "2026-11-22T13:00:00"})
    assert wrong.status_code == 422
    assert "since" in wrong.json()["faults"][0]
    assert client.get(f"{GALLERY}/tracklets", params={"camera": "none"}).status_code == 422


def test_pictures_and_what_is_not_there(client: TestClient):
    answer = client.get(f"{GALLERY}/tracklets/1/picture")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content[:2] == b"\xff\xd8"
    assert client.get(f"{GALLERY}/tracklets/1/crops/1").status_code == 200
    for path in ("tracklets/999", "tracklets/1/crops/2", "tracklets/1/crops/-1", "none"):
        assert client.get(f"{GALLERY}/{path}").status_code == 404
    assert client.get(f"{GALLERY}/tracklets/{10**30}").status_code == 404
    assert client.get("/api/galleries/other").status_code == 404


def test_the_grid_goes_on_where_it_ended(client: TestClient):
    screen = client.get("/g/people.gallery/", params={"limit": 10}).text
    shown = re.findall(r'href="/g/people.gallery/tracklets/(\d+)"', screen)
    more = re.search(r'data-more="([^"]*)"', screen).group(1).replace("&amp;", "&")
    cards = client.get(f"/g/people.gallery/cards?{more}").text
    assert "<html" not in cards
    following = re.findall(r'href="/g/people.gallery/tracklets/(\d+)"', cards)
    assert len(shown) == len(following) == 10
    assert not set(shown) & set(following)


def test_the_only_gallery_is_the_first_screen_and_several_are_listed(client, linked, serve):
    assert client.get("/").headers["location"] == "/g/people.gallery/"
    listed = serve(home=linked.parent)
    assert "people" in listed.get("/").text
    made = listed.post("/api/galleries", json={"name": "A new one"})
    assert made.json() == {"gallery": "A new one.gallery", "is_there": False}
    assert "nothing in it yet" in listed.get("/").text
    for name in ("../x", "people", "", " ", "a/b", ".hidden"):
        assert listed.post("/api/galleries", json={"name": name}).status_code == 422
    assert not (linked.parent / "A new one.gallery").exists()


def test_another_gallery_under_the_same_name_is_the_one_that_is_shown(client, linked, tmp_path):
    assert client.get(GALLERY).json()["n_tracklets"] == 24
    linked.rename(tmp_path / "old.gallery")
    assert client.get(GALLERY).status_code == 404
    (tmp_path / "other").mkdir()
    make_folder(tmp_path / "other", linked=False).rename(linked)
    assert client.get(f"{GALLERY}/people").json()["is_linked"] is False
