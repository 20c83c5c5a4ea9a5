from __future__ import annotations

from pathlib import Path

from tacan.training.training_log import CsvLog


def test_a_log_that_was_begun_with_fewer_columns_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("iteration,loss,rate\n10,2.5,0.1\n20,2.25,0.1\n30,2.125,0.1\n")
    log = CsvLog(path, ("iteration", "loss", "new", "rate"), last_iteration=20)
    log.append({"iteration": 30, "loss": 2.0, "new": 0.5, "rate": 0.1})
    assert path.read_text() == (
        "iteration,loss,new,rate\n10,2.5,,0.1\n20,2.25,,0.1\n30,2,0.5,0.1\n"
    )


def test_a_file_that_is_no_log_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("iteration,other\n10,1\n")
    CsvLog(path, ("iteration", "loss"), last_iteration=20)
    assert path.read_text() == "iteration,loss\n"
