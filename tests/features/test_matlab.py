from __future__ import annotations

import os
import subprocess

import numpy as np
import pytest
from scipy.io import savemat

from tacan.errors import FeaturesError
from tacan.features import matlab
from tacan.features.matlab import read_mat


def test_numbers_texts_and_cells_of_texts_come_back(tmp_path):
    names = np.empty((2, 1), dtype=object)
    names[:, 0] = ["walk 1", "walk ü 2"]
    given = {"x": np.arange(6.0).reshape(2, 3), "n": np.uint16([[3, 4]]), "names": names}
    savemat(tmp_path / "f.mat", {**given, "person": {"a": 1}})
    found = read_mat(tmp_path / "f.mat")
    assert set(found) == {"x", "n", "names"}
    np.testing.assert_array_equal(found["x"], given["x"])
    assert found["n"].dtype == np.uint16
    assert found["names"].tolist() == ["walk 1", "walk ü 2"]


def test_a_variable_may_be_called_as_a_parameter_of_savez(tmp_path):
    savemat(tmp_path / "f.mat", {"file": np.ones((1, 2)), "allow_pickle": np.ones((1, 2))})
    assert set(read_mat(tmp_path / "f.mat")) == {"file", "allow_pickle"}


@pytest.mark.parametrize("content", [b"", b"hello", bytes(200), b"MATLAB 5.0" + bytes(400)])
def test_a_damaged_file_is_refused(tmp_path, content):
    (tmp_path / "f.mat").write_bytes(content)
    with pytest.raises(FeaturesError, match=r"whole and readable"):
        read_mat(tmp_path / "f.mat")


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "f.mat")
    with pytest.raises(FeaturesError, match=r"neither a file nor a link to one"):
        read_mat(tmp_path / "f.mat")


def test_a_reader_that_dies_is_a_message(tmp_path, monkeypatch):
    savemat(tmp_path / "f.mat", {"x": np.ones((1, 2))})
    monkeypatch.setattr(matlab, "_SCRIPT", "import os; os.kill(os.getpid(), 11)")
    with pytest.raises(FeaturesError, match="ended its reader with signal 11"):
        read_mat(tmp_path / "f.mat")


def test_a_reader_without_end_is_ended(tmp_path, monkeypatch):
    savemat(tmp_path / "f.mat", {"x": np.ones((1, 2))})
    monkeypatch.setattr(matlab, "SECONDS", 0.05)
    with pytest.raises(FeaturesError, match="timed out"):
        read_mat(tmp_path / "f.mat")


def test_a_file_that_unpacks_to_more_than_memory_is_refused(tmp_path, monkeypatch):
    savemat(tmp_path / "f.mat", {"x": np.zeros((1 << 15, 1 << 14), np.uint8)}, do_compression=True)
    monkeypatch.setattr(matlab, "memory_limit", lambda: -(1 << 30) + (700 << 20))
    with pytest.raises(FeaturesError, match=r"whole and readable"):
        read_mat(tmp_path / "f.mat")


def test_the_reader_sees_no_more_than_the_file(tmp_path, monkeypatch):
    """Modules that lie in the working folder, or that PYTHONPATH names, are not imported."""
    savemat(tmp_path / "f.mat", {"x": np.ones((1, 2))})
    (tmp_path / "scipy.py").write_text("raise SystemExit('imported')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.fspath(tmp_path))
    assert set(read_mat(tmp_path / "f.mat")) == {"x"}


def test_the_command_line_survives_a_file_that_kills_its_reader(tmp_path, monkeypatch, capsys):
    from tacan.cli import main

    (tmp_path / "f.mat").write_bytes(b"x")
    run = subprocess.run

    def killed(words, **options):
        return run([words[0], "-c", "import os; os.kill(os.getpid(), 9)"], **options)

    monkeypatch.setattr(subprocess, "run", killed)
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", str(tmp_path / "f.mat"), "--protocol", "cross-camera"])
    assert ended.value.code == 1
    assert "signal 9" in capsys.readouterr().err
