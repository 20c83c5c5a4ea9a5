"""The page over a gallery on a PostgreSQL server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tacan.app import serve as serving
from tacan.app.folders import ServedFolders
from tacan.app.serve import ServeSettings
from tacan.errors import GalleryError
from tests.app.conftest import fill
from tests.app.test_indexing import film, order, wait_for
from tests.gallery.servers import Server, start_server

pytestmark = pytest.mark.slow

SECRET = "correct-horse-battery"
NEAR = "/api/galleries/people"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    yield from start_server()


@pytest.fixture
def place(server: Server, tmp_path: Path, request) -> str:
    return server.address("people", tmp_path / "crops")


@pytest.fixture(autouse=True)
def emptied(server: Server, place: str) -> Iterator[None]:
    import psycopg

    yield
    with psycopg.connect(place.partition("&crops=")[0], autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS tacan CASCADE")


def test_look_search_decide_and_delete(place, serve):
    fill(place, linked=True)
    client = serve(place)
    assert client.get("/api/galleries").json()["galleries"] == [
        {"gallery": "people", "is_there": True}
    ]
    assert client.get("/").headers["location"] == "/g/people/"
    for path in ("", "days", "people", "timeline", "review", "index", "care"):
        assert client.get(f"/g/people/{path}").status_code in (200, 303), path
    walks = client.get(f"{NEAR}/tracklets").json()["tracklets"]
    one = walks[0]
    assert client.get(f"{NEAR}/tracklets/{one['id']}/picture").content[:2] == b"\xff\xd8"
    found = client.get(f"{NEAR}/search", params={"like": one["tracklet"]}).json()
    assert found["n_searched"] == len(walks) - 1
    named = client.put(f"{NEAR}/people/{one['person_id']}", json={"name": "Ann"})
    assert named.status_code == 200
    assert client.post(f"{NEAR}/people/undo").status_code == 200
    choice = {"names": [one["tracklet"]]}
    assert client.post(f"{NEAR}/deletions/preview", json=choice).json()["n_tracklets"] == 1
    gone = client.post(f"{NEAR}/deletions", json=choice | {"n_tracklets": 1}).json()
    assert gone["is_erased"]
    assert "write-ahead log" in gone["told"]
    assert len(client.get(f"{NEAR}/tracklets").json()["tracklets"]) == len(walks) - 1


def test_a_server_that_is_killed_is_found_again(server, place, serve):
    fill(place, linked=False)
    client = serve(place)
    assert client.get(f"{NEAR}/tracklets").status_code == 200
    server.kill()
    answer = client.get(f"{NEAR}/tracklets")
    assert answer.status_code == 422
    assert "reachable" in answer.json()["detail"]
    server.start()
    assert client.get(f"{NEAR}/tracklets").status_code == 200


def test_a_video_makes_the_gallery_and_no_password_is_seen(place, serve, tmp_path, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", SECRET)
    video = film(tmp_path / "videos" / "door.mp4")
    client = serve(place, folders=ServedFolders([video.parent]))
    assert client.get("/g/people/").headers["location"] == "/g/people/index"
    data = video.read_bytes()
    sent = client.post(f"{NEAR}/uploads?called=yard.mp4", content=data).json()
    assert Path(sent["path"]) == tmp_path / "crops.videos" / "yard.mp4"
    assert client.post(f"{NEAR}/indexing", json=order(video)).status_code == 202
    now = wait_for(client, "done", "failed", "killed", gallery=NEAR)
    assert now["state"] == "done", now["told"]
    assert len(client.get(f"{NEAR}/tracklets").json()["tracklets"]) == 1
    pages = [client.get(f"/g/people/{path}").text for path in ("", "index", "care")]
    kept = [each.read_bytes() for each in (tmp_path / ".crops.indexing").rglob("*.*")]
    assert kept
    assert not any(SECRET in page for page in pages)
    assert not any(SECRET.encode() in each for each in kept)


@pytest.mark.parametrize("scheme", ["postgresql", "PostgreSQL"])
def test_an_address_with_a_password_is_refused_unseen(scheme, monkeypatch):
    monkeypatch.setattr(serving, "run_server", lambda *_: pytest.fail("it was served"))
    said: list[str] = []
    for address in (f"anna:{SECRET}@db.example/people", f"/people?password={SECRET}"):
        with pytest.raises(GalleryError, match="no password") as raised:
            serving.serve([f"{scheme}://{address}"], ServeSettings(port=0), say=said.append)
        assert SECRET not in str(raised.value)
    command = [sys.executable, "-m", "tacan", "serve", f"{scheme}://anna:{SECRET}@db/people"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    assert done.returncode == 1
    assert SECRET not in done.stdout + done.stderr
    assert said == []


def test_a_gallery_that_is_not_made_needs_a_folder_for_crops(place, monkeypatch):
    monkeypatch.setattr(serving, "run_server", lambda *_: pytest.fail("it was served"))
    with pytest.raises(GalleryError, match="tacan index"):
        serving.serve([place.partition("&crops=")[0]], ServeSettings(port=0), say=print)
