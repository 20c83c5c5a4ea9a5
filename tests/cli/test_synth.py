from __future__ import annotations

import pytest

from tacan.cli import main
from tacan.synthetic import read_manifest

SIZE = ["--height", "32", "--width", "16", "--max-frames", "30"]
SMALL = ["--identities", "3", "--cameras", "2", "--seed", "1", *SIZE]


def run(*tokens):
    with pytest.raises(SystemExit) as caught:
        main(["synth", *tokens])
        raise SystemExit(0)
    return caught.value.code


def test_it_writes_a_data_set_and_says_what(tmp_path, capsys):
    out = tmp_path / "Menschen, erfunden"
    assert run(str(out), "--layout", "mars", "--train-identities", "1", *SMALL) == 0
    printed = capsys.readouterr().out
    assert "train: 1 identities" in printed
    assert "test: 2 identities" in printed
    assert str(out) in printed
    assert read_manifest(out)["settings"]["seed"] == 1


def test_a_taken_folder_is_one_message_and_status_1(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert run(str(tmp_path), "--layout", "folder", *SMALL) == 1
    error = capsys.readouterr().err
    assert "other files" in error
    assert "Traceback" not in error


def test_faults_are_told_together(tmp_path, capsys):
    out = str(tmp_path / "out")
    assert run(out, "--layout", "mars", *SMALL, "--min-frames", "0", "--occluded-share", "2") == 1
    error = capsys.readouterr().err
    assert "min_frames" in error
    assert "occluded_share" in error


def test_wrong_usage_is_status_2(tmp_path, capsys):
    assert run(str(tmp_path / "out"), "--layout", "mars", "--cameras", "six") == 2
    assert run(str(tmp_path / "out"), "--layout", "market", *SMALL) == 2
    printed = capsys.readouterr()
    assert all(name in printed.err + printed.out for name in ("mars,", "prid2011,", "folder;"))
