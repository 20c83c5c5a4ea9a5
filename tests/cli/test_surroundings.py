"""Users who own nothing but the folder that they work in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pytest

from tacan.cli.surroundings import CACHES, nothing_under_home, tell_warnings
from tacan.datasets import UncountedQueryWarning

SOMEBODY = ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups"]
READS_ALL = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
"""A user without a name, a home directory, or leave to write into the installation."""


ONE_KERNEL = """
import os
from pathlib import Path
from tacan.synthetic.rendering.noise import smooth_noise
print(abs(smooth_noise(.5, .5, .5, 1)) <= 1)
print(any(Path(os.environ["NUMBA_CACHE_DIR"]).rglob("*.nbc")))
"""


@pytest.mark.parametrize("home", [{}, {"HOME": "/nonexistent"}], ids=["no HOME", "no such HOME"])
def test_kernels_run_for_a_user_who_can_write_nowhere_else(home: dict[str, str]) -> None:
    somebody = [*SOMEBODY, *READS_ALL]
    if (
        shutil.which("setpriv") is None
        or subprocess.run([*somebody, "true"], check=False).returncode
    ):
        pytest.skip("needs root and util-linux")
    # Not in pytest's folder, which is its owner's alone.
    with tempfile.TemporaryDirectory() as folder:
        work, temporary = Path(folder, "work"), Path(folder, "temporary")
        for made in (Path(folder), work, temporary):
            made.mkdir(exist_ok=True)
            made.chmod(0o777)
        done = subprocess.run(
            [*somebody, sys.executable, "-c", ONE_KERNEL],
            cwd=work,
            env={
                "PATH": os.environ["PATH"],
                "TMPDIR": str(temporary),
                "PYTHONPATH": os.pathsep.join(sys.path[1:]),
                **home,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (0, "True\nTrue\n"), done.stderr
        assert list(work.iterdir()) == list(temporary.iterdir()) == []


def test_a_command_runs_where_no_temporary_folder_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in CACHES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with nothing_under_home():
        assert not set(CACHES) & set(os.environ)


def test_our_warnings_are_a_line_without_the_place(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    others: list[object] = []
    monkeypatch.setattr(warnings, "showwarning", lambda *said: others.append(said[:3]))
    with tell_warnings():
        warnings.simplefilter("always")
        warnings.warn("queries\x1b[1m are no people", UncountedQueryWarning, stacklevel=1)
        warnings.warn("somebody else's", UserWarning, stacklevel=1)
    told = capsys.readouterr().err
    assert told.startswith("Note: queries")
    assert "\x1b" not in told
    assert told.endswith("are no people\n")
    assert len(others) == 1
