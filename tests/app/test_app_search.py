"""Asking on the page: walks, pictures that were sent, boxes in videos; filters."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tacan.app.queries import MOST_KEPT, MOST_PICTURES, Queries
from tacan.embeddings.shipped import DEFAULT_MODEL
from tacan.errors import ConfigError, CropError
from tacan.files import sha256
from tacan.gallery import ModelInfo, open_gallery
from tacan.video.encode import write_video
from tests.app.conftest import jpeg
from tests.gallery.conftest import new_source
from tests.linking.conftest import walk

GALLERY = "/api/galleries/people.gallery"
PAGES = "/g/people.gallery"


def test_a_walk_is_answered_as_on_the_command_line(client: TestClient, linked):
    found = client.get(f"{GALLERY}/search", params={"like": "door/3", "top": 5}).json()
    with open_gallery(linked) as gallery:
        from tacan.search.search import search
        from tacan.views.verdict_text import headline, match_reason

        results = search(gallery, "door/3", top=5)
        assert found["verdict"] == headline(results)
        assert [each["tracklet"]["tracklet"] for each in found["matches"]] == [
            match.tracklet.name for match in results.matches
        ]
        assert found["matches"][0]["why"] == match_reason(results.matches[0], results)
        assert "door/3" in str(gallery.store.people().log()[-1])


def test_the_answers_stand_beside_the_query_with_strips_and_reasons(client: TestClient):
    page = client.get(f"{PAGES}/search", params={"like": "door/3", "top": 4}).text
    assert page.count('class="film"') == 5
    assert page.count('data-answer="same"') == 4
    assert "Distance" in page
    assert client.get(f"{PAGES}/search").headers["location"] == f"{PAGES}/ask"


def test_filters_keep_the_query_and_the_link_holds_all(client: TestClient):
    at_yard = client.get(f"{GALLERY}/tracklets", params={"camera": "yard"}).json()["tracklets"]
    other = at_yard[0]["tracklet"]
    asked = {"like": ["door/3", other], "unlike": "door/5", "camera": "yard"}
    page = client.get(f"{PAGES}/search", params=asked).text
    for name, value in (("like", "door/3"), ("like", other), ("unlike", "door/5")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page
    found = client.get(f"{GALLERY}/search", params=asked).json()
    assert {each["tracklet"]["camera"] for each in found["matches"]} == {"yard"}
    assert [each["label"] for each in found["asked"]] == ["door/3", other]
    left = client.get(f"{GALLERY}/search", params={"like": "door/3", "exclude_camera": "yard"})
    assert {each["tracklet"]["camera"] for each in left.json()["matches"]} == {"door"}
    late = {"like": "door/3", "since": "2030-01-01T00:00:00Z"}
    assert "Nobody meets these conditions" in client.get(f"{PAGES}/search", params=late).text


def test_the_page_to_keep_is_the_command_lines(client: TestClient):
    answer = client.get(f"{GALLERY}/search/page", params={"like": "door/3"})
    assert answer.headers["content-disposition"] == 'attachment; filename="found.html"'
    assert "door/3: " in answer.text
    assert not re.search(r'(src|href)="https?:', answer.text)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"like": "nobody/1"},
        {"like": "door/3", "unlike": "door/3"},
        {"like": "door/3", "camera": "nowhere"},
        {"like": "door/3", "unlike": "door/5", "rerank": "true"},
        {"source": 1},
        {"source": 1, "box": "1,2,0,4"},
        {"source": 1, "box": "1,2,3"},
        {"pictures": "../../etc/passwd"},
    ],
)
def test_what_can_not_be_asked_is_a_problem(client: TestClient, asked):
    answer = client.get(f"{GALLERY}/search", params=asked)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_pictures_are_kept_for_the_run_alone():
    queries = Queries()
    name = queries.keep([jpeg(1), jpeg(2)])
    assert queries.keep([jpeg(1), jpeg(2)]) == name
    paths = queries.pictures(name).paths
    assert [path.read_bytes() for path in paths] == [jpeg(1), jpeg(2)]
    for number in range(MOST_KEPT):
        queries.keep([jpeg(number + 3)])
    assert not paths[0].exists()
    last = queries.pictures(queries.keep([jpeg(1)])).paths[0]
    queries.close()
    assert not last.parents[1].exists()


def test_pictures_are_bounded_in_number_and_pixels_and_must_be_whole():
    queries = Queries()
    for pictures in ([], [jpeg(1)] * (MOST_PICTURES + 1)):
        with pytest.raises(ConfigError):
            queries.keep(pictures)
    huge = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(huge, "PNG")
    for data in (huge.getvalue(), jpeg(1)[:100], b"<svg/>", b""):
        with pytest.raises(CropError):
            queries.keep([data])


@pytest.fixture
def filmed(tmp_path, serve):
    """A server of a gallery of the shipped model with a video that is there, and a walk in it."""
    from tacan.embeddings.open import open_model

    model = open_model(DEFAULT_MODEL, device="cpu", runtime="torch")
    card = ModelInfo(DEFAULT_MODEL, model.fingerprint, model.embedding_dim, model.metric)
    path = tmp_path / "door.mp4"
    pictures = [np.full((96, 128, 3), 8 * number, np.uint8) for number in range(30)]
    write_video(path, pictures, fps=10, size=(128, 96))
    with open_gallery(tmp_path / "people.gallery", write=True, create_with=card) as gallery:
        source = gallery.begin_source(
            new_source(path=str(path), width=128, height=96, sha256=sha256(path))
        )
        seen = walk(1, 0, second=1.0)
        vector = np.zeros(card.embedding_dim, np.float32)
        vector[0] = 1
        told = replace(seen, embedding=vector)
        gallery.add(source.id, [told], fingerprint=card.fingerprint)
    return serve(tmp_path / "people.gallery")


def test_pictures_and_boxes_are_searched_with_by_the_gallerys_model(filmed: TestClient):
    sent = filmed.post(f"{GALLERY}/pictures", files=[("files", ("a.jpg", jpeg(3)))] * 2)
    assert sent.status_code == 201
    name = sent.json()["pictures"]
    found = filmed.get(f"{GALLERY}/search", params={"pictures": name}).json()
    assert found["label"] == "your 2 pictures"
    assert len(found["matches"]) == 1
    page = filmed.get(f"{PAGES}/search", params={"pictures": name}).text
    assert f"{GALLERY}/pictures/{name}/1" in page
    picture = filmed.get(f"{GALLERY}/pictures/{name}/0")
    assert picture.content[:2] == b"\xff\xd8"
    assert filmed.get(f"{GALLERY}/pictures/{name}/9").status_code == 404
    assert filmed.post(f"{GALLERY}/pictures", files={"files": b"none"}).status_code == 422

    box = {"source": 1, "seconds": 0.2, "box": "70,10,40,80"}
    found = filmed.get(f"{GALLERY}/search", params=box).json()
    assert found["label"] == "door.mp4@0.2:70,10,40,80"
    assert "one crop of the frame" in found["notes"][0]
    page = filmed.get(f"{PAGES}/search", params=box).text
    assert "/search/crop?source=1" in page
    crop = filmed.get(f"{GALLERY}/search/crop", params=box).content
    assert Image.open(io.BytesIO(crop)).size == (40, 80)
    assert "Draw a box" in filmed.get(f"{PAGES}/ask/1").text
    assert "door.mp4" in filmed.get(f"{PAGES}/ask").text
    assert filmed.get(f"{PAGES}/ask/2").status_code == 404


def test_a_box_over_somebody_stands_for_the_walk(filmed: TestClient):
    path = filmed.get(f"{GALLERY}/tracklets/1/trajectory").json()
    x1, y1, x2, y2 = path["boxes"][1]
    box = f"{x1:g},{y1:g},{x2 - x1:g},{y2 - y1:g}"
    asked = {"source": 1, "seconds": path["seconds"][1], "box": box}
    found = filmed.get(f"{GALLERY}/search", params=asked).json()
    assert found["asked"][0]["tracklet"]["id"] == 1
    assert found["matches"] == []
