from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tacan.cli import main
from tacan.gallery import open_gallery
from tests.gallery.conftest import MODEL
from tests.linking.conftest import fill_cameras


@pytest.fixture
def run(tmp_path, capsys):
    with open_gallery(tmp_path / "g", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery)

    def called(words: str) -> str:
        main([word.replace("GALLERY", str(tmp_path / "g")) for word in shlex.split(words)])
        return capsys.readouterr().out

    return called


def test_from_tracklets_to_named_people(run, tmp_path):
    assert "Nobody is linked yet: tacan link" in run("people GALLERY")
    told = run("link GALLERY")
    assert "24 tracklets: 12 people were seen several times, in 24 of them; 0 stand alone." in told
    assert "132 pairs of certainly different people" in told
    assert "New are" not in told
    assert "They have the ids of before, and nobody is new." in run("link GALLERY")
    run("people name GALLERY 3 'Ann Example' --note 'at the desk'")
    listed = run("people GALLERY")
    assert "Ann Example" in listed
    assert len(listed.splitlines()) == 2 + 12
    shown = run("people show GALLERY 3")
    assert "person 3 (Ann Example): 2 tracklets\nat the desk" in shown
    assert "door/3" in shown
    everyone = json.loads(run("people GALLERY --json -"))
    assert [one["name"] for one in everyone["people"]][2] == "Ann Example"
    assert sum(len(one["tracklets"]) for one in everyone["people"]) == 24
    run(f"people GALLERY --csv {tmp_path / 'who.csv'}")
    lines = (tmp_path / "who.csv").read_text().splitlines()
    assert (len(lines), lines[0][:22]) == (25, "person,name,tracklet,c")
    assert json.loads(run("gallery info GALLERY --json -"))["n_persons"] == 12


def test_travel_times_from_a_file(run, tmp_path, capsys):
    path = tmp_path / "ways.yaml"
    path.write_text("door <-> yard: never at once\n", encoding="utf-8")
    told = run(f"link GALLERY --travel {path}")
    assert "0 people were seen several times" in told
    assert "1 rule on the ways between cameras was kept: 144 pairs can't be one person" in told
    assert "1 rule on the ways" in run("link GALLERY")
    assert "12 people were seen several times" in run("link GALLERY --travel none")
    path.write_text("door <-> yrad: never at once\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        run(f"link GALLERY --travel {path}")
    assert "did you mean yard?" in capsys.readouterr().err


def test_all_of_it_is_written_as_tables_and_as_a_page(run, tmp_path):
    run("link GALLERY")
    run("people name GALLERY 3 '=1+1' --note 'at the desk'")
    run(f"people GALLERY --tables {tmp_path / 'tables'} --html {tmp_path / 'who.html'}")
    lines = {
        path.name: path.read_text(encoding="utf-8").splitlines()
        for path in (tmp_path / "tables").iterdir()
    }
    assert {name: len(text) for name, text in lines.items()} == {
        "people.csv": 13,
        "tracklets.csv": 25,
        "transitions.csv": 2,
        "unsure_links.csv": 1,
    }
    assert lines["people.csv"][3].startswith("3,'=1+1,at the desk,2,door; yard,2026")
    assert lines["transitions.csv"][1].startswith("door,yard,12,-0.4")
    assert "12 people" in (tmp_path / "who.html").read_text(encoding="utf-8")
    everyone = json.loads(run("people GALLERY --json -"))
    assert everyone["unsure_links"] == []
    (transition,) = everyone["transitions"]
    assert (transition["from"], transition["to"], transition["count"]) == ("door", "yard", 12)


def test_tables_go_to_an_empty_folder_alone(run, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    with pytest.raises(SystemExit):
        run(f"people GALLERY --tables {tmp_path / 'full'}")


def test_a_humans_word_and_its_undo(run):
    run("link GALLERY")
    assert "person 1: door/1, yard/2" not in run("people reject GALLERY door/1 yard/1")
    assert "Taken back: reject of" in run("people undo GALLERY")
    assert run("people merge GALLERY 1 2").startswith("person 1: door/1, door/2, yard/1, yard/2")
    assert "person 1: " in run("people split GALLERY 1 door/2 yard/2")
    assert "door/5, door/6" in run("people confirm GALLERY door/5 door/6")
    assert "person 1: " in run("people unsure GALLERY door/1 yard/7")
    questions = json.loads(run("people GALLERY --review --json -"))["questions"]
    assert all(one["settles"] >= 1 for one in questions)
    log = [entry["action"] for entry in json.loads(run("gallery log GALLERY --json -"))["log"]]
    assert log == [
        *("index", "index", "link", "reject", "undo", "merge", "split", "confirm", "unsure"),
    ]


def test_it_says_how_many_links_to_expect_false_and_missed(run):
    said = r"12 linked pairs\. False: at most about \d+ are expected; missed: none is expected"
    assert re.search(said, run("link GALLERY"))
    assert re.search(said, run("people GALLERY --review"))


def test_a_person_is_deleted_everywhere(run, tmp_path):
    run("link GALLERY")
    run("people name GALLERY 3 'Ann Example'")
    assert "2 tracklets are gone for good." in run("gallery delete GALLERY --person 3 --yes")
    assert "Ann Example" not in run("people GALLERY")
    assert b"Ann Example" not in (Path(tmp_path) / "g" / "gallery.sqlite").read_bytes()
    assert "delete" in run("gallery log GALLERY")


def test_a_rule_for_how_long_people_are_kept(run):
    assert "no rule is set" in run("gallery retain GALLERY")
    told = run("gallery retain GALLERY --days 30000 --yes")
    assert told.startswith("People are kept for 30,000 days after they were first seen.")
    assert "0 tracklets are gone for good." in told
    assert "30,000 days" in run("gallery retain GALLERY")
    assert "no rule is set" in run("gallery retain GALLERY --off")
