import json

import pytest

from tacan.errors import StorageError
from tacan.runs.run_state import RunKind, RunState

STATE = "demo.json"
DEMO = RunKind("a demo", STATE, "Start over by --fresh.", unknown_differs=True)
SETTINGS = {"demo": {"seed": 0, "sizes": (1, 2)}}


def test_what_is_noted_is_read_back(tmp_path):
    out = tmp_path / "a demo, ü"
    state = RunState.open_or_create(DEMO, out, SETTINGS)
    state.note("first", 2.0, done=False)
    state.note("first", 3.0, done=True)
    state.note("second", 1.0, done=False)
    again = RunState.open_or_create(DEMO, out, SETTINGS)
    assert again.done == ["first"]
    assert again.seconds == {"first": 5.0, "second": 1.0}
    again.reset(["first"])
    assert RunState.open_or_create(DEMO, out, SETTINGS).done == []


def test_other_settings_are_named_and_nothing_is_touched(tmp_path):
    RunState.open_or_create(DEMO, tmp_path, SETTINGS).note("first", 1.0, done=True)
    before = (tmp_path / STATE).read_bytes()
    with pytest.raises(StorageError, match=r"demo\.seed was 0, now 7(.|\n)*--fresh"):
        RunState.open_or_create(DEMO, tmp_path, {"demo": {"seed": 7, "sizes": (1, 2)}})
    assert (tmp_path / STATE).read_bytes() == before


def test_a_setting_that_came_or_went_is_a_difference(tmp_path):
    RunState.open_or_create(DEMO, tmp_path, SETTINGS).write()
    with pytest.raises(StorageError, match=r"demo\.more was not given, now 1"):
        RunState.open_or_create(DEMO, tmp_path, {"demo": SETTINGS["demo"] | {"more": 1}})


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 99}', '{"format": 1, "settings": {}, "done": {}}']
)
def test_a_damaged_state_is_refused(tmp_path, content):
    (tmp_path / STATE).write_text(content)
    with pytest.raises(StorageError, match="a demo's own"):
        RunState.open_or_create(DEMO, tmp_path, SETTINGS)
    with pytest.raises(StorageError, match="a demo's own"):
        RunState.start_over(DEMO, tmp_path, SETTINGS, ["mine"])


def test_folders_and_files_of_others_are_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    (tmp_path / "mine").mkdir()
    for out in (tmp_path, tmp_path / "thesis.tex"):
        with pytest.raises(StorageError, match=r"no demo\.json"):
            RunState.open_or_create(DEMO, out, SETTINGS)
        with pytest.raises(StorageError, match="Nothing was changed"):
            RunState.start_over(DEMO, out, SETTINGS, ["mine", "thesis.tex"])
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    assert (tmp_path / "mine").is_dir()


def test_starting_over_removes_what_the_demo_made_and_nothing_else(tmp_path):
    out = tmp_path / "demo"
    RunState.open_or_create(DEMO, out, SETTINGS).note("first", 1.0, done=True)
    (out / "made").mkdir()
    (out / "made" / "file").write_text("x")
    (out / "notes.txt").write_text("keep")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("keep")
    (out / "linked").symlink_to(elsewhere)
    other = {"demo": {"seed": 9}}
    RunState.start_over(DEMO, out, other, ["made", "linked", "never made"])
    assert sorted(path.name for path in out.iterdir()) == [STATE, "notes.txt"]
    assert (elsewhere / "file").read_text() == "keep"
    assert RunState.open_or_create(DEMO, out, other).done == []


@pytest.mark.parametrize("name", ["missing", "."])
def test_starting_over_where_nothing_is_just_starts(tmp_path, name):
    RunState.start_over(DEMO, tmp_path / name, SETTINGS, ["made"])
    assert RunState.open_or_create(DEMO, tmp_path / name, SETTINGS).done == []


def test_the_state_is_plain_json(tmp_path):
    RunState.open_or_create(DEMO, tmp_path, SETTINGS).write()
    content = json.loads((tmp_path / STATE).read_text())
    assert content == {
        "format": 1,
        "settings": {"demo": {"seed": 0, "sizes": [1, 2]}},
        "done": [],
        "seconds": {},
    }
