"""Each line of what the page promises about who is let in, and what is opened for whom."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from tacan.app.folders import ServedFolders
from tacan.app.security import CONTENT_POLICY
from tacan.app.server import STATIC
from tacan.app.sessions import Attempts, Keys, read_password
from tacan.errors import ConfigError, DataError
from tests.app.conftest import HERE

GALLERY = "/api/galleries/people.gallery"


def test_without_the_token_nobody_comes_in(folder, serve):
    client = serve(folder, comes_in=False)
    for path in ("/", "/g/people.gallery/", GALLERY, f"{GALLERY}/tracklets/1/picture"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert "people.gallery" not in answer.text.replace(path, "")
    assert client.get("/", params={"token": "wrong"}).status_code == 401
    assert client.get("/api/openapi.json").status_code == 401


def test_the_token_becomes_a_cookie_that_no_other_site_gets(folder, serve):
    client = serve(folder, comes_in=False)
    token = client.app.state.served.keys.token
    answer = client.get("/g/people.gallery/", params={"token": token, "camera": "door"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/g/people.gallery/?camera=door"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert token.lower() not in cookie
    assert client.get("/g/people.gallery/").status_code == 200


def test_a_program_sends_the_token_itself(folder, serve):
    client = serve(folder, comes_in=False)
    bearer = {"authorization": f"Bearer {client.app.state.served.keys.token}"}
    assert client.get(GALLERY, headers=bearer).json()["n_tracklets"] == 24
    assert client.get(GALLERY, headers={"authorization": "Bearer wrong"}).status_code == 401


def test_the_way_on_after_the_token_leads_to_this_server(folder, serve):
    client = serve(folder, comes_in=False)
    token = client.app.state.served.keys.token
    answer = client.get("//evil.example/a", params={"token": token})
    assert not answer.headers.get("location", "").startswith("//")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8470", 200),
        ("127.0.0.1:8470", 200),
        ("[::1]:8470", 200),
        ("192.168.1.7", 200),
        ("evil.example:8470", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
        ("[", 421),
    ],
)
def test_only_a_host_of_this_machine_is_served(client: TestClient, host, status):
    bearer = {"authorization": f"Bearer {client.app.state.served.keys.token}"}
    answer = client.get(GALLERY, headers={"host": host, "origin": f"http://{host}", **bearer})
    assert answer.status_code == status


def test_a_name_that_serve_was_given_is_a_host(folder, serve):
    client = serve(folder, hosts=("localhost", "desk.example"))
    assert client.get(GALLERY, headers={"host": "evil.example"}).status_code == 421
    headers = {"host": "desk.example", "origin": "https://desk.example"}
    headers["authorization"] = f"Bearer {client.app.state.served.keys.token}"
    assert client.get(GALLERY, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:9999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": HERE, "sec-fetch-site": "cross-site"},
    ],
)
def test_another_site_changes_nothing_and_reads_nothing(serve, tmp_path, headers):
    client = serve(home=tmp_path)
    del client.headers["origin"]
    assert client.post("/api/galleries", json={"name": "new"}, headers=headers).status_code == 403
    assert client.get("/api/galleries", headers=headers).status_code == 403
    assert client.get("/api/galleries").json()["galleries"] == []


def test_a_change_that_does_not_say_where_it_is_from_needs_the_token(serve, tmp_path):
    client = serve(home=tmp_path)
    del client.headers["origin"]
    assert client.post("/api/galleries", json={"name": "new"}).status_code == 403
    bearer = {"authorization": f"Bearer {client.app.state.served.keys.token}"}
    assert client.post("/api/galleries", json={"name": "new"}, headers=bearer).status_code == 201


def test_every_answer_forbids_what_is_not_from_here(client: TestClient):
    for path in ("/", "/g/people.gallery/", GALLERY, "/static/base.js", "/none", "/api/none"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == CONTENT_POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["referrer-policy"] == "no-referrer"
    assert "unsafe" not in CONTENT_POLICY
    assert "http" not in CONTENT_POLICY


def test_pages_hold_no_script_or_style_of_their_own_and_name_no_other_host():
    files = [*STATIC.glob("*"), *STATIC.with_name("templates").glob("*")]
    assert files
    for file in files:
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert "://" not in text, file
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\son\w+=", text), file
        assert "innerHTML" not in text, file


def test_a_body_has_a_largest_size(client: TestClient):
    answer = client.post("/api/galleries", content=b"x" * (2**20 + 1))
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"

    def pieces():
        for _ in range(40):
            yield b"x" * 2**16

    assert client.post("/api/galleries", content=pieces()).status_code in (400, 413)


def test_names_are_no_markup(tmp_path, serve):
    client = serve(tmp_path / "<b>.gallery", tmp_path / "other.gallery", home=None)
    for path in ("/none<b>", "/g/<b>.gallery/none", "/g/<b>/"):
        assert "<b>" not in client.get(path).text
    assert "&lt;b&gt;" in client.get("/").text


@pytest.mark.parametrize("path", [f"{GALLERY}/tracklets", "/g/people.gallery/"])
def test_a_defect_is_no_traceback_and_as_safe_as_any_answer(client, monkeypatch, path):
    def fail(*_, **__):
        raise RuntimeError("secret words")

    for name in ("tacan.app.api.tracklets.look", "tacan.app.pages.everybody.look"):
        monkeypatch.setattr(name, fail)
    answer = client.get(path)
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == CONTENT_POLICY
    assert "secret words" not in answer.text
    assert "Traceback" not in answer.text
    assert "defect of TACAN" in answer.text


def test_a_ticket_ends_after_a_minute():
    now = [0.0]
    keys = Keys(clock=lambda: now[0])
    ticket = keys.new_ticket()
    now[0] = 61
    assert not keys.admits(ticket)
    assert keys.admits(keys.token)


def test_wrong_passwords_are_limited(folder, serve):
    client = serve(folder, comes_in=False, keys=Keys("a long password"))
    assert client.get("/g/people.gallery/").headers["location"] == "/enter"
    for _ in range(5):
        assert client.post("/enter", data={"password": "wrong"}).status_code == 401
    refused = client.post("/enter", data={"password": "a long password"})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60


def test_the_password_opens_a_session_and_leaving_ends_it(folder, serve):
    client = serve(folder, comes_in=False, keys=Keys("a long password"))
    assert client.post("/enter", data={"password": "a long password"}).status_code == 303
    assert client.get(GALLERY).status_code == 200
    cookie = client.cookies["tacan_8470"]
    assert client.post("/leave").status_code == 303
    client.cookies.set("tacan_8470", cookie)
    assert client.get(GALLERY).status_code == 401


def test_attempts_are_forgotten_after_a_while_and_counted_for_all_together():
    now = [0.0]
    attempts = Attempts(most=2, window=10, clock=lambda: now[0])
    attempts.note_wrong("a")
    attempts.note_wrong("a")
    assert attempts.wait("a") == 10
    assert attempts.wait("b") == 0
    now[0] = 10.5
    assert attempts.wait("a") == 0
    for number in range(20):
        attempts.note_wrong(f"address {number}")
    assert attempts.wait("c") > 0


def test_sessions_end_when_nobody_uses_them():
    now = [0.0]
    keys = Keys(clock=lambda: now[0])
    session = keys.new_session()
    now[0] = 23 * 3600
    assert keys.is_session(session)
    now[0] += 25 * 3600
    assert not keys.is_session(session)
    assert not keys.is_password("")


def test_a_password_file_holds_a_password(tmp_path):
    path = tmp_path / "password.txt"
    path.write_text("a long password\nmore\n", encoding="utf-8")
    assert read_password(path) == "a long password"
    path.write_text("short\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="8 to 1,000 letters"):
        read_password(path)
    with pytest.raises(ConfigError, match="readable"):
        read_password(tmp_path)


def test_no_path_outside_of_the_folders_is_opened(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.mp4").touch()
    (tmp_path / "secret").touch()
    (tmp_path / "in" / "link").symlink_to(tmp_path / "secret")
    folders = ServedFolders([tmp_path / "in"])
    assert folders.path(str(tmp_path / "in" / "a.mp4")).name == "a.mp4"
    outside = ("secret", "in/link", "in/../secret", "in/none", "in/a.mp4/x", "\0", "x" * 5000)
    for text in outside:
        with pytest.raises(DataError, match="must lie in a folder"):
            folders.path(str(tmp_path / text))
    with pytest.raises(DataError):
        folders.path("/etc/passwd")
