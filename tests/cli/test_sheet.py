from __future__ import annotations

import pytest
from PIL import Image

from tacan.cli import main


def run(*tokens):
    with pytest.raises(SystemExit) as caught:
        main(["sheet", *tokens])
        raise SystemExit(0)
    return caught.value.code


def test_it_writes_a_picture_and_says_where(tmp_path, capsys):
    out = tmp_path / "people.jpg"
    size = ["--identities", "2", "--cameras", "2", "--height", "32", "--width", "16"]
    assert run(str(out), *size, "--seed", "3") == 0
    assert str(out) in capsys.readouterr().out
    with Image.open(out) as picture:
        assert picture.size == (2 * 18, 2 * 34)


def test_another_ending_is_one_message_and_status_1(tmp_path, capsys):
    assert run(str(tmp_path / "people.txt")) == 1
    assert "must end in .png or .jpg" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_one_camera_is_wrong_usage(tmp_path):
    assert run(str(tmp_path / "people.png"), "--cameras", "1") == 2
