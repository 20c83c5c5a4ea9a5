from __future__ import annotations

import json
from pathlib import Path

import pytest

from tacan.cli import main
from tacan.datasets.doctor import crops
from tacan.synthetic import DatasetSettings, generate


@pytest.fixture
def root(tmp_path: Path) -> Path:
    sizes = {"height": 32, "width": 16, "min_frames": 2, "median_frames": 3, "max_frames": 4}
    out = tmp_path / "Menschen, erfunden"
    return generate(
        out, DatasetSettings(layout="folder", identities=3, cameras=2, seed=0, **sizes)
    ).root


def run(*tokens: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["doctor", *tokens])
        raise SystemExit(0)
    return int(str(caught.value.code))


def test_a_clean_copy(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("folder", str(root), "--deep", "--workers", "1") == 0
    printed = capsys.readouterr()
    assert "Nothing is wrong with this copy" in printed.out
    assert "its manifest" in printed.out
    assert "Traceback" not in printed.err


def test_errors_are_explained_and_give_status_1(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoiled = sorted(root.glob("1/*.jpg"))[0]
    spoiled.write_bytes(b"")
    assert run("folder", str(root)) == 1
    printed = capsys.readouterr()
    assert "ERROR crop-empty (1): crops of zero bytes" in printed.out
    assert f"1/{spoiled.name}" in printed.out
    assert "Means: " in printed.out
    assert "Mend: " in printed.out
    assert "must be free of errors before results on it count; got 1 kind of error" in printed.err
    assert "Traceback" not in printed.err


def test_numbers_agree_with_their_nouns(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = sorted(root.glob("1/*.jpg"))[0]
    for crop in root.rglob("*.jpg"):
        if crop != kept:
            crop.unlink()
    assert run("folder", str(root)) == 1
    printed = capsys.readouterr()
    assert "1 crop on disk, 1 decoded." in printed.out
    assert "  - all: 1 identity instead of 3" in printed.out
    assert "got 2 kinds of error" in printed.err


def test_an_interrupted_deep_check_says_that_it_goes_on(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(crops, "check_chunk", interrupt)
    assert run("folder", str(root), "--deep", "--workers", "1") == 130
    assert "the same command goes on from there" in capsys.readouterr().err
    assert run("folder", str(root)) == 130
    assert "goes on" not in capsys.readouterr().err


def test_some_places_are_shown_and_all_are_in_the_json(
    root: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spoiled = sorted(root.glob("[123]/*.jpg"))[:7]
    for crop in spoiled:
        crop.write_bytes(b"")
    assert run("folder", str(root), "--deep", "--json", str(tmp_path / "report.json")) == 1
    printed = capsys.readouterr().out
    assert printed.count("\n  - ") == 6
    assert "  - and 2 more" in printed
    # An empty file is not opened, whatever is asked for.
    assert "--deep decodes them all" not in printed
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    where = [crop.relative_to(root).as_posix() for crop in spoiled]
    assert report["findings"][0]["where"] == where


def test_no_worker_is_wrong_usage(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("folder", str(root), "--workers", "0") == 2
    assert "--workers" in capsys.readouterr().err


def test_warnings_give_status_0(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = sorted(root.glob("1/*.jpg"))[:2]
    second.write_bytes(first.read_bytes())
    assert run("folder", str(root), "--deep") == 0
    assert "WARNING duplicate" in capsys.readouterr().out


def test_json(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("folder", str(root), "--json", "-") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["is_clean"] is True
    assert report["counts"]["all"]["identities"] == 3
    (root / "9").mkdir()
    assert run("folder", str(root), "--json", str(tmp_path / "report.json")) == 1
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [finding["code"] for finding in report["findings"]] == ["folder-empty"]
    assert report["findings"][0]["where"] == ["9"]


def test_what_cannot_be_examined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("market", str(tmp_path)) == 1
    assert "must be one of mars" in capsys.readouterr().err
    assert run("mars", str(tmp_path / "gone")) == 1
    assert "nothing there" in capsys.readouterr().err
    assert run("mars") == 2


def test_splits_of_what_has_none(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("folder", str(root), "--splits-file", "splits.json") == 1
    assert "'folder' takes no options; got splits_file" in capsys.readouterr().err


def test_what_vanishes_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "9").symlink_to("/where/the/disk/was/mounted")
    (root / "1").rename(root / "2" / "1")
    assert run("folder", str(root)) == 1
    printed = capsys.readouterr().out
    assert "ERROR unreadable (1): links that lead nowhere" in printed
    assert "  - 9: a link to /where/the/disk/was/mounted: nothing is there" in printed
    assert "ERROR folder-depth" in printed
    assert "  - 2/1/1C1T" in printed
