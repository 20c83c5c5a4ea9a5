"""`tacan search` and `tacan gallery` from the command line, on the small gallery of these tests."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tacan.cli import main
from tacan.features.features_file import load_features
from tacan.gallery import ModelInfo, open_gallery
from tests.search.conftest import card, folder, gallery, model, own_folder, picture, video


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    """Runs a command; gives its status, standard output and standard error."""

    def run(*words: object) -> tuple[int, str, str]:
        status = 0
        try:
            main([str(word) for word in words])
        except SystemExit as ended:
            status = int(ended.code or 0)
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return status, shown.out, shown.err

    return run


def test_a_table_and_three_files(run, folder: Path, tmp_path: Path) -> None:
    html, exact, table = tmp_path / "a.html", tmp_path / "b" / "a.json", tmp_path / "a.csv"
    status, out, _ = run(
        *("search", folder, "entrance/3", "--camera", "yard", "--top", 2, "--zone", "Asia/Tokyo"),
        *("--html", html, "--json", exact, "--csv", table),
    )
    assert status == 0
    assert "entrance/3: Likely the same person: yard/3" in out
    assert "2026-11-22 23:00:04 to 23:00:06 +09:00" in out
    data = json.loads(exact.read_text(encoding="utf-8"))
    names = [match["tracklet"] for match in data["queries"][0]["matches"]]
    assert names[0] == "yard/3"
    with table.open(encoding="utf-8") as lines:
        assert [line["tracklet"] for line in csv.DictReader(lines)] == names
    assert "yard/3" in html.read_text(encoding="utf-8")
    assert "23:00:04" in html.read_text(encoding="utf-8")


def test_several_examples_and_what_is_somebody_else(run, folder: Path, tmp_path: Path) -> None:
    html = tmp_path / "found.html"
    words = ("search", folder, "entrance/3", "yard/3", "--not", "entrance/4", "--top", 20)
    status, out, _ = run(*words, "--html", html)
    assert status == 0
    assert out.startswith("entrance/3 and yard/3, not entrance/4: ")
    assert "Distances are means over 2 examples." in out
    page = html.read_text(encoding="utf-8")
    for asked in ("Asked: entrance/3", "Asked: yard/3", "Not: entrance/4"):
        assert page.count(asked) == 1
    data = json.loads(run(*words, "--json", "-")[1])
    (one,) = data["queries"]
    assert (one["examples"], one["against"]) == (["entrance/3", "yard/3"], ["entrance/4"])
    assert not {"entrance/3", "yard/3", "entrance/4"} & {
        each["tracklet"] for each in one["matches"]
    }
    nearer = {each["tracklet"]: each for each in one["matches"] if each["nearer_to"]}
    assert nearer["yard/4"]["nearer_to"] == "entrance/4"
    assert nearer["yard/4"]["sure"] in ("unsure", "different")
    assert "entrance/4, who is somebody else, is nearer to this, at" in nearer["yard/4"]["why"]
    data = json.loads(run(*words[:4], "--together", "--json", "-")[1])
    assert [each["query"] for each in data["queries"]] == ["entrance/3 and yard/3"]
    status, _, err = run(*words[:4], "--not", "yard/3")
    assert (status, "can't be somebody else" in err) == (1, True)


def test_json_alone_on_standard_output(run, folder: Path) -> None:
    status, out, _ = run("search", folder, "entrance/1", "yard/2", "--json", "-")
    assert status == 0
    data = json.loads(out)
    assert [one["tracklet"] for one in data["queries"]] == ["entrance/1", "yard/2"]
    assert all(one["tracklet"] != "yard/2" for one in data["queries"][1]["matches"])


def test_images_and_a_moment(run, folder: Path, video: Path, tmp_path: Path) -> None:
    for n in range(3):
        (tmp_path / f"{n}.jpg").write_bytes(picture((200, 40, 90), n))
    images = sorted(tmp_path.glob("*.jpg"))
    status, out, _ = run("search", folder, *images, "--json", "-")
    assert status == 0
    assert len(json.loads(out)["queries"]) == 1
    _, out, _ = run("search", folder, *images, "--each", "--json", "-")
    assert [one["query"] for one in json.loads(out)["queries"]] == [str(one) for one in images]
    status, out, _ = run("search", folder, f"{video}@0:01:20,10,20,40", "--json", "-")
    assert status == 0
    assert "not in the gallery" in json.loads(out)["queries"][0]["notes"][0]


def test_times_and_qualities(run, folder: Path) -> None:
    words = ("search", folder, "entrance/1", "--json", "-", "--top", 99)
    _, out, _ = run(*words, "--after", "2026-11-22T14:30:00+01:00")
    assert json.loads(out)["n_searched"] == 8
    _, out, _ = run(*words, "--before", "2026-11-22T13:30:00Z", "--min-quality", "0.8")
    data = json.loads(out)
    assert data["n_searched"] == len(data["queries"][0]["matches"])
    assert {match["camera"] for match in data["queries"][0]["matches"]} == {"entrance"}
    assert min(match["quality"] for match in data["queries"][0]["matches"]) >= 0.8
    _, out, _ = run(*words, "--exclude-camera", "entrance", "--rerank", "--metric", "cosine")
    data = json.loads(out)
    assert (data["reranked"], data["metric"], data["n_searched"]) == (True, "cosine", 8)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ((), 1, "must ask for someone"),
        (("entrance/99",), 1, "entrance/9"),
        (("entrance/1", "--after", "2026-11-22T14:00:00"), 1, "--after must be a time"),
        (("entrance/1", "--before", "yesterday"), 1, "'yesterday'"),
        (("entrance/1", "--zone", "Europe/Berlyn"), 1, "Europe/Berlin"),
        (("entrance/1", "--camera", "entrence"), 1, "entrance"),
        (("entrance/1", "--top", "0"), 2, "top"),
        (("entrance/1", "--metric", "manhattan"), 2, "metric"),
        (("entrance/1", "--min-quality", "3"), 2, "min-quality"),
    ],
)
def test_wrong_words(run, folder: Path, words: tuple[str, ...], status: int, message: str) -> None:
    got, out, err = run("search", folder, *words)
    assert got == status
    assert message in " ".join((out + err).replace("│", " ").split())


def test_no_gallery_and_no_place_to_write(run, folder: Path, tmp_path: Path) -> None:
    status, _, err = run("search", tmp_path / "nowhere", "entrance/1")
    assert status == 1
    assert "nowhere" in err
    (tmp_path / "file").write_text("")
    status, _, err = run("search", folder, "entrance/1", "--html", tmp_path / "file" / "a.html")
    assert status == 1
    assert "must be writable" in err


def test_a_gallery_of_another_model_is_not_asked_with_pictures(
    run, tmp_path: Path, model: Path
) -> None:
    with open_gallery(tmp_path / "g", write=True, create_with=ModelInfo("gone", "f" * 64, 8)):
        pass
    (tmp_path / "a.jpg").write_bytes(picture((200, 40, 90), 0))
    words = ("search", tmp_path / "g", tmp_path / "a.jpg")
    status, _, err = run(*words, "--model", model)
    assert status == 1
    assert "the gallery's model, gone" in err
    status, _, err = run(*words)
    assert status == 1
    assert "'gone'" in err


def test_info(run, folder: Path) -> None:
    status, out, _ = run("gallery", "info", folder)
    assert status == 0
    assert "clip weight of" not in out, "the model has its own"
    assert "people" in out
    _, out, _ = run("gallery", "info", folder, "--json", "-")
    data = json.loads(out)
    wanted = ("n_tracklets", "n_cameras", "n_persons", "embedding_dim")
    assert [data[name] for name in wanted] == [24, 2, 1, 8]
    assert isinstance(data["model"], str)
    assert [source["camera"] for source in data["sources"]] == ["entrance", "yard"]


def test_verify_and_repair(run, own_folder: Path) -> None:
    status, out, _ = run("gallery", "verify", own_folder)
    assert (status, "all is whole" in out) == (0, True)
    with open_gallery(own_folder) as gallery:
        gallery.crops(gallery.tracklet("yard/2").id)[0].path.unlink()
    status, out, err = run("gallery", "verify", own_folder)
    assert status == 1
    assert "yard/2 is missing" in out
    assert "--repair" in err
    status, out, _ = run("gallery", "verify", own_folder, "--repair", "--json", "-")
    data = json.loads(out)
    assert (status, data["is_sound"], data["problems"][0]["mended"]) == (0, True, True)
    assert run("gallery", "verify", own_folder)[0] == 0


def test_export(run, folder: Path, tmp_path: Path) -> None:
    status, _, err = run(
        *("gallery", "export", folder, "--features", tmp_path / "f.npz"),
        *("--crops", tmp_path / "crops", "--csv", tmp_path / "t.csv"),
    )
    assert status == 0
    pids = load_features(tmp_path / "f.npz").pids
    assert len(pids) == 24
    assert f"{(pids == -1).sum()} of 24 tracklets show people without a name" in err
    assert len(list((tmp_path / "crops").rglob("*.jpg"))) == 24 * 5
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 25
    status, _, err = run("gallery", "export", folder)
    assert status == 1
    assert "--features" in err


def test_delete_asks_and_says_what_is_gone(
    run, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("gallery", "delete", own_folder, "--tracklet", "yard/2", "entrance/5")
    status, _, err = run(*words)
    assert status == 1
    assert "--yes" in err

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdin.readline", lambda: "\n", raising=False)
    status, out, err = run(*words)
    assert (status, "Nothing was deleted" in out) == (0, True)
    assert "Delete yard/2, entrance/5 from" in err
    monkeypatch.setattr("sys.stdin.readline", lambda: "Yes\n", raising=False)
    status, out, _ = run(*words)
    assert status == 0
    assert "2 tracklets are gone for good" in out
    assert "yard/2" in out
    with open_gallery(own_folder) as gallery:
        names = [tracklet.name for tracklet in gallery.tracklets()]
    assert len(names) == 22
    assert not {"yard/2", "entrance/5"} & set(names)


def test_delete_by_camera_and_by_time(run, own_folder: Path) -> None:
    status, out, _ = run(
        "gallery", "delete", own_folder, "--before", "2026-11-22T13:30:00Z", "--yes"
    )
    assert status == 0
    assert "16 tracklets are gone" in out
    status, out, _ = run("gallery", "delete", own_folder, "--camera", "yard", "--yes")
    assert "8 tracklets are gone" in out
    _, out, _ = run("gallery", "info", own_folder, "--json", "-")
    assert json.loads(out)["n_tracklets"] == 0
    assert not list((own_folder / "crops").rglob("*.jpg"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "exactly one"),
        (("--camera", "yard", "--tracklet", "yard/1"), "exactly one"),
        (("--tracklet", "yard/99"), "yard/99"),
        (("--camera", "yrad"), "yard"),
        (("--before", "2026-11-22"), "time zone"),
    ],
)
def test_deletions_that_make_no_sense(
    run, folder: Path, words: tuple[str, ...], message: str
) -> None:
    status, _, err = run("gallery", "delete", folder, *words, "--yes")
    assert status == 1
    assert message in err
