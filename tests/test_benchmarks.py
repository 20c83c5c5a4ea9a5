from __future__ import annotations

import runpy
import subprocess
from pathlib import Path

import pytest

from tacan.errors import DataError

FOLDER = Path(__file__).parents[1] / "benchmarks"
PROGRAMS = [path for path in sorted(FOLDER.glob("*.py")) if "__main__" in path.read_text()]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_each_program_tells_its_faults_in_a_line(path: Path) -> None:
    assert path.read_text().endswith('if __name__ == "__main__":\n    run(main)\n')


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (DataError("a rule"), "DataError: a rule"),
        (FileExistsError(17, "File exists"), "FileExistsError"),
        (subprocess.CalledProcessError(1, ["x"], stderr="why"), "status 1: why"),
        (subprocess.CalledProcessError(2, ["x"]), "status 2: what it wrote"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_fault_is_a_line(fault: Exception, message: str) -> None:
    def fail() -> None:
        raise fault

    with pytest.raises(SystemExit, match=message):
        runpy.run_path(str(FOLDER / "plain_faults.py"))["run"](fail)
