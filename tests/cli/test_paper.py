"""Tables from the command line, made small: trainings of two steps, in several calls."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tacan.cli import main
from tacan.paper import table_cells
from tacan.paper.numbered_tables import NUMBERED_TABLES
from tacan.paper.sizes import OTHERS, Size
from tacan.synthetic import DatasetSettings, generate

BASE = """
preset: demo
clips: {n_clips: 2, identities_per_batch: 2, tracklets_per_identity: 2}
model: {height: 32, width: 16, clip_len: 2, embedding_dim: 8, attention_channels: 4}
"""

PEOPLE = """
all: {cameras: 2, height: 32, width: 16, min_frames: 2, median_frames: 8, max_frames: 20}
train: {identities: 3, seed: 1}
test: {identities: 5, seeds: [2, 3]}
"""


@pytest.fixture(autouse=True)
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sizes' files are ones of this test."""
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    monkeypatch.setattr(Size, "base", tmp_path / "base.yaml")
    monkeypatch.setattr(Size, "people", tmp_path / "people.yaml")


def run(*words: object) -> None:
    main(["paper", *map(str, words)])


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    with pytest.raises(SystemExit) as caught:
        run(*words)
    assert caught.value.code == 1
    return capsys.readouterr().err


SMALL = ("--iterations", 2, "--threads", 1, "--device", "cpu", "--tests", 1)


@pytest.mark.slow
def test_a_table_holds_the_rows_of_all_calls(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    run("people", "--out", out, "--tests", 1, "--threads", 1)
    assert {path.name for path in (out / "people").iterdir()} == {"train", "test-2"}
    for row in ("softmax", "several_clips"):
        run("table1", "--out", out, "--rows", row, "--seeds", 0, *SMALL)
    shown = capsys.readouterr().out
    assert (out / "table1.md").read_text("utf-8").strip() in shown
    assert (out / "table1.png").read_bytes().startswith(b"\x89PNG")
    table = json.loads((out / "table1.json").read_text("utf-8"))
    assert [row["row"] for row in table["rows"]] == ["softmax", "several_clips"]
    assert len((out / "table1.csv").read_text("utf-8").splitlines()) == 3

    run("table2", "--out", out, "--rows", "mean", "--seeds", 0, *SMALL)
    table = json.loads((out / "table2.json").read_text("utf-8"))
    # Table 1's row of several clips is Table 2's of temporal attention: trained once for both.
    assert [row["row"] for row in table["rows"]] == ["mean", "several_clips"]
    gain = table["rows"][1]["steps"][0]["mean"]["mAP"]
    values = [row["scores"]["mean"]["mAP"] for row in table["rows"]]
    assert gain == pytest.approx(values[1] - values[0])
    assert table["only_published"]["STIM"]["scores"]["mAP"] == 72.7
    assert "STIM: only published" in (out / "table2.md").read_text("utf-8")
    assert "0.7" not in (out / "table2.tex").read_text("utf-8").split("STIM")[0].split("%")[0]

    results = tmp_path / "brought"
    for name in ("mean", "several_clips"):
        small = Path("rows") / name / "seed-0" / "result.json"
        (results / small).parent.mkdir(parents=True)
        (results / small).write_bytes((out / small).read_bytes())
    run("table2", "--out", results, "--assemble")
    assert (results / "table2.md").read_bytes() == (out / "table2.md").read_bytes()


@pytest.mark.slow
def test_figures_are_drawn_of_trained_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    for figure in ("figure4", "figure5", "figure6"):
        run(figure, "--out", out, "--seeds", 0, *SMALL)
        for ending in ("png", "svg", "json"):
            assert (out / f"{figure}.{ending}").stat().st_size > 100
    shown = capsys.readouterr().out
    assert "rank correlation" in shown
    assert "silhouette of persons" in shown
    assert "other backgrounds" in shown
    found = json.loads((out / "figure6.json").read_text("utf-8"))
    assert 0 <= found["other_backgrounds"]["share_of_variance"] <= 1
    page = (out / "weights.html").read_text("utf-8")
    script = page.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert "http:" not in page
    assert "https:" not in page

    run("table3", "--out", out, "--assemble")
    assert "all 5 identities, mean" in (out / "table3.md").read_text("utf-8")
    (out / "rows" / "min_max" / "seed-0" / "features-test-2.npz").unlink()
    assert "Copy the row's whole folder" in refused(
        capsys, "figure4", "--out", out, "--seeds", 0, *SMALL
    )


@pytest.mark.slow
def test_tables_of_other_data_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for layout in OTHERS:
        small = {"identities": 8, "height": 32, "width": 16}
        monkeypatch.setitem(OTHERS[layout], "two-cores", OTHERS[layout]["two-cores"] | small)
    out, few = (
        tmp_path / "out",
        ("--seeds", 0, "--iterations", 2, "--threads", 1, "--device", "cpu"),
    )
    run("table5", "--rows", "min_max", "--out", out, *few)
    table = json.loads((out / "table5.json").read_text("utf-8"))
    assert table["protocol"] == "cross-camera"
    assert table["rows"][0]["paper"]["scores"]["Rank-10"] == 99.6
    assert set(table["only_published"]) == {"EUG", "VRSTC"}
    for splits in ("0", "0-1"):
        run("table4", "--rows", "min_max", "--splits", splits, "--out", out, *few)
    table = json.loads((out / "table4.json").read_text("utf-8"))
    assert [row["dataset"] for row in table["rows"]] == ["ilids-vid", "prid2011"]
    assert [row["n_splits"] for row in table["rows"]] == [2, 2]
    assert "VRSTC, only published" in (out / "table4.md").read_text("utf-8")
    assert "--ilids" in refused(capsys, "table4", "--data", tmp_path, "--out", out)


@pytest.mark.slow
def test_a_copy_of_mars_is_one_command_that_goes_on_after_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mars, out = tmp_path / "MARS", tmp_path / "out"
    settings = DatasetSettings(
        layout="mars", identities=8, cameras=3, seed=5, height=32, width=16,
        min_frames=2, median_frames=4, max_frames=9,
    )  # fmt: skip
    generate(mars, settings)
    shared = ("--data", mars, "--out", out, "--seeds", "0,1", "--iterations", 2, "--device", "cpu")
    words = ("table2", "--rows", "mean,min_max", *shared)
    tested = table_cells._test
    calls: list[str] = []

    def interrupt(cell: table_cells.Cell, *rest: Any) -> Any:
        calls.append(cell.title)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return tested(cell, *rest)

    monkeypatch.setattr(table_cells, "_test", interrupt)
    with pytest.raises(SystemExit) as caught:
        run(*words)
    assert caught.value.code == 130
    assert "the same command goes on from there" in capsys.readouterr().err
    # The first seed's table is there already.
    assert len((out / "table2.csv").read_text("utf-8").splitlines()) == 3
    run(*words)
    first, second = "seed 0", "seed 1"
    assert calls == [
        *(f"{row}, {first}" for row in ("mean", "min_max")),
        f"mean, {second}",
        *(f"{row}, {second}" for row in ("mean", "min_max")),
    ]
    table = json.loads((out / "table2.json").read_text("utf-8"))
    assert [row["scores"]["n"] for row in table["rows"]] == [2, 2]
    assert table["protocol"] == "mars-9330"
    assert list(table["rows"][0]["seeds"]["0"]["tests"]) == ["mars"]
    assert not (out / "people").exists()


@pytest.mark.slow
def test_rows_are_tried_without_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    run("table2", "--dry-run", "--rows", "parts,min_max", "--out", out, "--device", "cpu")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["parts", "min_max"]
    assert [path.name for path in (out / "dry-run").iterdir()] == ["people"]


def test_a_table_of_nothing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Run the same command without" in refused(
        capsys, "table1", "--assemble", "--out", tmp_path / "nothing"
    )


def test_faults_of_the_command_line_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert "'a'" in refused(capsys, "table1", "--out", out, "--seeds", "a")
    assert "no row" in refused(capsys, "table2", "--out", out, "--rows", "softmax")
    assert "not both" in refused(capsys, "table2", "--generated", "--data", tmp_path)
    assert "one test" in refused(capsys, "table2", "--tests", 2, "--data", tmp_path)
    assert not out.exists()


def test_rows_are_written_as_files(tmp_path: Path) -> None:
    run("configs", tmp_path / "rows")
    assert {path.stem for path in (tmp_path / "rows").iterdir()} == set(
        NUMBERED_TABLES["table1"].variants
    )
