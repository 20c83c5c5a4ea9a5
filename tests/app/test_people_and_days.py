"""People, days, the timeline, a tracklet's page and the video behind it."""

from __future__ import annotations

import re
from datetime import UTC, date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tacan.gallery import TrackletFilter, open_gallery
from tacan.gallery.passes import days_seen, passes_of_people
from tacan.video.encode import write_video
from tests.gallery.conftest import MODEL, new_source
from tests.linking.conftest import walk

GALLERY = "/api/galleries/people.gallery"
PAGES = "/g/people.gallery"


def test_passes_of_people_are_theirs_in_the_order_of_time(linked):
    with open_gallery(linked) as gallery:
        everybody = passes_of_people(gallery)
        people = {person.id: person for person in gallery.store.people().persons()}
        assert len(everybody) == 12
        for each in everybody:
            assert set(each.tracklets) == set(people[each.person.id].tracklets)
            assert (each.cameras, each.is_alone) == (("door", "yard"), False)
            assert each.best in each.tracklets
        lasts = [each.last for each in everybody]
        assert lasts == sorted(lasts, reverse=True)
        at_door = passes_of_people(gallery, TrackletFilter(cameras=("door",)))
        assert [len(each.tracklets) for each in at_door] == [1] * 12
        assert passes_of_people(gallery, TrackletFilter(min_quality=0.9)) == ()


def test_tracklets_that_are_not_linked_are_each_alone(folder):
    with open_gallery(folder) as gallery:
        everybody = passes_of_people(gallery)
        assert len(everybody) == 24
        assert all(each.person is None and each.is_alone for each in everybody)


def test_days_are_cut_by_the_clock_of_the_zone(linked):
    with open_gallery(linked) as gallery:
        assert days_seen(gallery, UTC) == {date(2026, 11, 22): 24}
        assert days_seen(gallery, ZoneInfo("Pacific/Kiritimati")) == {date(2026, 11, 23): 24}


def test_people_of_the_api(client: TestClient):
    found = client.get(f"{GALLERY}/people", params={"limit": 5}).json()
    rest = client.get(f"{GALLERY}/people", params={"limit": 50, "skip": 5}).json()
    assert found["is_linked"]
    assert found["n_people"] == 12
    ids = [each["person"] for each in (*found["people"], *rest["people"])]
    assert sorted(ids) == list(range(1, 13))
    one = client.get(f"{GALLERY}/people/3").json()
    assert len(one["tracklets"]) == 2
    assert client.get(f"{GALLERY}/people/99").status_code == 404


def test_people_are_found_by_a_part_of_their_name(client: TestClient):
    client.put(f"{GALLERY}/people/3", json={"name": "Ann Example"})
    found = client.get(f"{GALLERY}/people", params={"called": "EXAM"}).json()
    assert [each["person"] for each in found["people"]] == [3]
    assert "Ann Example" in client.get(f"{PAGES}/people", params={"called": "exam"}).text


def test_a_persons_page_suggests_others_who_may_be_the_same(client: TestClient):
    page = client.get(f"{PAGES}/people/3").text
    others = re.findall(r'data-merge="3" data-other="(\d+)"', page)
    assert len(others) == len(set(others)) == 6
    assert "3" not in others


def test_days_of_the_api_and_their_pages(client: TestClient):
    days = client.get(f"{GALLERY}/days", params={"zone": "Pacific/Kiritimati"}).json()
    assert days == {"days": [{"day": "2026-11-23", "n_tracklets": 24}]}
    assert client.get(f"{GALLERY}/days", params={"zone": "No/Where"}).status_code == 422
    client.cookies.set("zone", "Pacific%2FKiritimati")
    assert client.get(f"{PAGES}/days").headers["location"] == f"{PAGES}/days/2026-11-23"
    page = client.get(f"{PAGES}/days/2026-11-23").text
    assert "12 people in 24 walks" in page
    assert "Nobody was seen on this day" in client.get(f"{PAGES}/days/2026-11-22").text
    client.cookies.set("zone", "nonsense")
    assert client.get(f"{PAGES}/days").status_code == 303
    for day in ("0001-01-01", "9999-12-31", "none"):
        assert client.get(f"{PAGES}/days/{day}").status_code in (404, 422)


def test_a_gallery_without_times_has_pages_all_the_same(tmp_path, serve):
    with open_gallery(tmp_path / "people.gallery", write=True, create_with=MODEL) as gallery:
        source = gallery.begin_source(new_source(start=None))
        gallery.add(source.id, [walk(1, 1)], fingerprint=MODEL.fingerprint)
    client = serve(tmp_path / "people.gallery")
    assert "so there are no days to show" in client.get(f"{PAGES}/days").text
    for path in ("", "people?everyone=true", "tracklets/1", "timeline", "review"):
        assert client.get(f"{PAGES}/{path}").status_code == 200
    assert client.get(f"{GALLERY}/timeline").json()["first"] is None
    assert client.get(f"{GALLERY}/tracklets/1/picture").status_code == 404


def test_the_timeline_has_everybody_of_its_stretch(client: TestClient):
    whole = client.get(f"{GALLERY}/timeline").json()
    assert len(whole["lanes"]) == 12
    assert sum(len(lane["passes"]) for lane in whole["lanes"]) == 24
    assert whole["n_left_out"] == 0
    before = client.get(f"{GALLERY}/timeline", params={"until": "0001-01-01T00:00:00Z"}).json()
    assert before["lanes"] == []


def test_a_tracklet_has_its_boxes_weights_and_the_closest_others(client: TestClient):
    path = client.get(f"{GALLERY}/tracklets/3/trajectory").json()
    assert len(path["boxes"]) == len(path["seconds"]) == 5
    found = client.get(f"{GALLERY}/tracklets/3/similar", params={"top": 4}).json()
    assert [each["rank"] for each in found["matches"]] == [1, 2, 3, 4]
    assert found["matches"][0]["tracklet"]["person_id"] == 3
    page = client.get(f"{PAGES}/tracklets/3").text
    assert len(re.findall(r"<rect x=", page)) == 2
    assert "is gone" in page
    assert client.get(f"{GALLERY}/sources/1/video").status_code == 404


@pytest.fixture
def filmed(tmp_path, serve):
    """A gallery of one source whose file is there, and the file."""
    path = tmp_path / "door.mp4"
    pictures = [np.full((48, 64, 3), 8 * number, np.uint8) for number in range(30)]
    write_video(path, pictures, fps=10, size=(64, 48))
    with open_gallery(tmp_path / "people.gallery", write=True, create_with=MODEL) as gallery:
        known = new_source(path=str(path), width=64, height=48)
        source = gallery.begin_source(known)
        gallery.add(source.id, [walk(1, 0, second=1.0)], fingerprint=MODEL.fingerprint)
    return serve(tmp_path / "people.gallery"), path


def test_the_video_comes_by_byte_ranges(filmed):
    client, path = filmed
    data = path.read_bytes()
    whole = client.get(f"{GALLERY}/sources/1/video")
    assert (whole.content, whole.headers["content-type"]) == (data, "video/mp4")
    part = client.get(f"{GALLERY}/sources/1/video", headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, data[10:20])
    beyond = client.get(f"{GALLERY}/sources/1/video", headers={"range": "bytes=99999999-"})
    assert beyond.status_code == 416
    frame = client.get(f"{GALLERY}/sources/1/frame", params={"seconds": 1})
    assert frame.content[:2] == b"\xff\xd8"
    assert client.get(f"{GALLERY}/sources/1/frame", params={"seconds": 100}).status_code == 422
    assert client.get(f"{GALLERY}/sources").json()["sources"][0]["is_there"]


def test_what_is_no_longer_the_source_is_not_opened(filmed, tmp_path):
    client, path = filmed
    secret = b"root:x:0:0"
    path.write_bytes(secret)
    assert client.get(f"{GALLERY}/sources/1/video").status_code == 404
    write_video(path, [np.zeros((32, 32, 3), np.uint8)], fps=10, size=(32, 32))
    assert client.get(f"{GALLERY}/sources/1/video").status_code == 404
    path.unlink()
    path.mkdir()
    assert client.get(f"{GALLERY}/sources/1/video").status_code == 404
