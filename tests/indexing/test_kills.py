from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.indexing.galleries import contents

PROJECT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(("connect", "kills"), [("off", 10), ("careful", 4)])
def test_kills_at_any_moment_and_the_gallery_is_that_of_an_undisturbed_run(
    video: Path, tmp_path: Path, connect: str, kills: int
) -> None:
    program = (sys.executable, "-m", "tests.indexing.kills")
    done = subprocess.run(
        [*program, str(video), str(tmp_path), str(kills), connect],
        cwd=PROJECT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": f"src{os.pathsep}."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [kill["resumed"] for kill in told] == [0] * kills
    # Kills hit early and late, in the middle of journals and of committed tracklets.
    assert sum(kill["hit"] for kill in told) >= kills - 1
    if connect == "off":
        assert any(0 < kill["committed"] < 5 for kill in told)
    assert any(0 < kill["calls"] < 120 for kill in told)
    undisturbed = contents(tmp_path / "undisturbed")
    assert len(undisturbed) == 1 + 5
    for number in range(kills):
        assert contents(tmp_path / f"killed-{number}") == undisturbed
