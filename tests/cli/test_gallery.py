from __future__ import annotations

import json

import pytest

from tacan.cli import main
from tacan.gallery import open_gallery, set_retention
from tests.gallery.conftest import MODEL, fill
from tests.linking.conftest import fill_cameras


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, cameras in {"hall.gallery": ("hall",), "doors.gallery": ("door", "yard")}.items():
        with open_gallery(name, write=True, create_with=MODEL) as gallery:
            fill_cameras(gallery, cameras)

    def called(*words: str) -> str:
        main(list(words))
        return capsys.readouterr().out

    return called


def test_galleries_are_merged_into_one_that_is_made_and_linked_across(run, capsys):
    run("link", "doors.gallery")
    told = run("gallery", "merge", "all.gallery", "hall.gallery", "doors.gallery")
    assert "hall.gallery: took 1 source, 12 tracklets\n" in told
    assert "doors.gallery: took 2 sources, 24 tracklets, 12 people\n" in told
    assert "tacan link all.gallery" in told
    assert "12 people were seen several times, in 36 of them" in run("link", "all.gallery")
    again = json.loads(run("gallery", "merge", "all.gallery", "doors.gallery", "--json", "-"))
    assert [again["galleries"][0][name] for name in ("n_sources", "n_known")] == [0, 2]
    told = run("gallery", "merge", "all.gallery", "hall.gallery")
    assert told == "hall.gallery: nothing to take, 1 source was here before\n"


def test_what_may_not_be_kept_is_not_kept_after_a_merger(run, capsys):
    with open_gallery("new.gallery", write=True, create_with=MODEL) as gallery:
        fill(gallery, "roof")
        set_retention(gallery, 1)
    main(["gallery", "merge", "new.gallery", "hall.gallery"])
    assert "Deleted, by the rule" in capsys.readouterr().err
    with open_gallery("new.gallery") as gallery:
        assert gallery.info().n_tracklets == 0


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (("all.gallery",), "at least one gallery"),
        (("hall.gallery", "hall.gallery"), "into itself"),
        (("all.gallery", "missing"), "must be a folder made by"),
    ],
)
def test_what_can_not_be_merged_is_said_and_nothing_is_made(run, capsys, tmp_path, words, rule):
    with pytest.raises(SystemExit) as stopped:
        main(["gallery", "merge", *words])
    assert stopped.value.code == 1
    assert rule in capsys.readouterr().err
    assert not (tmp_path / "all.gallery").exists()
