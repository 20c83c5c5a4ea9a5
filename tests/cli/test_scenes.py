from __future__ import annotations

import pytest

from tacan.cli import main
from tacan.synthetic.scenes import read_scenes


def test_scenes_are_written_and_told(tmp_path, capsys):
    size = ["--height", "64", "--width", "64", "--fps", "10", "--seconds", "0.2"]
    words = [*size, "--cameras", "1", "--people", "1", "--seed", "1"]
    main(["scenes", str(tmp_path / "site"), *words])
    assert "1 videos of 2 frames" in capsys.readouterr().out
    assert read_scenes(tmp_path / "site")["settings"]["people"] == 1
    assert (tmp_path / "site" / "camera1.mp4").stat().st_size > 500


def test_faults_are_told_without_a_traceback(tmp_path, capsys):
    words = ["--cameras", "0", "--people", "1", "--seconds", "1", "--seed", "1"]
    with pytest.raises(SystemExit) as caught:
        main(["scenes", str(tmp_path / "site"), *words])
    assert caught.value.code == 1
    assert "cameras must lie between 1 and 99" in capsys.readouterr().err
