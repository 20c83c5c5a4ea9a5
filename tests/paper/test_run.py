"""The script of the experiment, made small: two trainings of two steps, in two calls."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from tacan.errors import ConfigError

SCRIPT = Path(__file__).parents[2] / "experiments" / "table1" / "run.py"

BASE = """
preset: demo
clips: {n_clips: 2, identities_per_batch: 2, tracklets_per_identity: 2}
model: {height: 32, width: 16, clip_len: 2, embedding_dim: 8, attention_channels: 4}
"""

PEOPLE = """
all: {cameras: 2, height: 32, width: 16, min_frames: 2, median_frames: 8, max_frames: 20}
train: {identities: 3, seed: 1}
test: {identities: 5, seeds: [2]}
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    specification = importlib.util.spec_from_file_location("table1_run", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    folder = tmp_path / "settings" / "two-cores"
    folder.mkdir(parents=True)
    (folder / "base.yaml").write_text(BASE, encoding="utf-8")
    (folder / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    monkeypatch.setattr(module, "HERE", folder.parent)
    return module


@pytest.mark.slow
def test_the_table_holds_the_rows_of_all_calls(
    script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    for row in ("softmax", "triplet"):
        script.run(out=out, rows=row, seeds="0", iterations=2, threads=1, device="cpu")
    shown = capsys.readouterr().out
    assert (out / "table1.md").read_text("utf-8").strip() in shown
    assert (out / "table1.png").read_bytes().startswith(b"\x89PNG")
    table = json.loads((out / "table1.json").read_text("utf-8"))
    assert [row["row"] for row in table["rows"]] == ["softmax", "triplet"]
    gain = table["rows"][1]["steps"][0]["mean"]["mAP"]
    values = [row["scores"]["mean"]["mAP"] for row in table["rows"]]
    assert gain == pytest.approx(values[1] - values[0])
    assert len((out / "table1.csv").read_text("utf-8").splitlines()) == 3


def test_rows_are_written_for_the_size_that_is_asked_for(
    script: ModuleType, tmp_path: Path
) -> None:
    script.write_rows("two-cores")
    written = sorted((tmp_path / "settings" / "two-cores" / "rows").iterdir())
    assert len(written) == 10


def test_seeds_that_are_no_numbers_are_refused(script: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--seeds are whole numbers.*'a'"):
        script.run(out=tmp_path / "out", rows="softmax", seeds="a", threads=1)
