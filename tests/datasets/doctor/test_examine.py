from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tacan.datasets import doctor
from tacan.datasets.doctor import JOURNAL_NAME, examine
from tacan.errors import DatasetLayoutError
from tacan.progress import Progress, Stage

Copies = Callable[[str], Path]


def codes(report: doctor.Report) -> list[str]:
    return [finding.code for finding in report.findings]


def test_without_a_manifest_the_official_numbers_count(copy: Copies) -> None:
    root = copy("mars")
    shutil.rmtree(root / "ground_truth")
    report = examine("mars", root)
    assert report.source == "official"
    assert codes(report) == ["counts"]
    assert "train: " in report.findings[0].where[0]
    assert "instead of 8,298" in report.findings[0].where[0]
    assert report.n_errors == 1


def test_a_folder_without_a_manifest_is_held_against_nothing(copy: Copies) -> None:
    root = copy("folder")
    shutil.rmtree(root / "ground_truth")
    report = examine("folder", root)
    assert (report.source, report.expected, report.n_errors) == ("none", {}, 0)
    # Nobody says any more that the distractors in it are meant.
    assert codes(report) == ["pid-zero"]


def test_warnings_come_after_errors(copy: Copies) -> None:
    root = copy("mars")
    first, second = sorted((root / "bbox_train").rglob("*.jpg"))[:2]
    shutil.copy(first, second)
    sorted((root / "bbox_test").rglob("*.jpg"))[-1].unlink()
    report = examine("mars", root, deep=True)
    assert codes(report) == ["crop-missing", "duplicate"]
    assert report.n_errors == 1


def test_a_finding_names_every_place(copy: Copies) -> None:
    root = copy("mars")
    for crop in sorted((root / "bbox_train").rglob("*.jpg"))[:9]:
        crop.write_bytes(b"")
    finding = examine("mars", root).findings[0]
    assert (finding.code, finding.count, len(finding.where)) == ("crop-empty", 9, 9)
    assert finding.where[0].startswith("bbox_train/")


def test_the_reader_has_the_last_word(copy: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise DatasetLayoutError("no such thing", got="a thing", remedy="Mend it.")

    monkeypatch.setattr(doctor, "load_dataset", refuse)
    report = examine("mars", copy("mars"))
    assert codes(report) == ["reader"]
    assert report.findings[0].count == 2
    assert "no such thing; got a thing" in report.findings[0].where[0]


def test_the_withdrawn_data_set_comes_with_its_notice(copy: Copies) -> None:
    assert "withdrawn" in str(examine("duke-video", copy("duke-video")).notice)
    assert examine("folder", copy("folder")).notice is None


def test_splits_elsewhere(copy: Copies, tmp_path: Path) -> None:
    root = copy("prid2011")
    moved = tmp_path / "splits.json"
    (root / "splits_prid2011.json").rename(moved)
    assert codes(examine("prid2011", root)) == ["splits-missing"]
    assert examine("prid2011", root, splits_file=moved).is_clean


def test_unknown_data_sets_and_missing_roots(tmp_path: Path) -> None:
    with pytest.raises(DatasetLayoutError, match="must be one of mars, .*; got 'mras'"):
        examine("mras", tmp_path)
    with pytest.raises(DatasetLayoutError, match="nothing there"):
        examine("mars", tmp_path / "gone")


def test_another_layout_is_a_finding_that_names_it(copy: Copies) -> None:
    report = examine("prid2011", copy("mars"))
    assert codes(report) == ["layout"]
    assert "looks like the layout of 'mars'" in report.findings[0].where[0]
    assert json.loads(json.dumps(report.as_dict()))["counts"] == {}


def test_an_empty_folder_is_no_data_set(tmp_path: Path) -> None:
    assert codes(examine("folder", tmp_path)) == ["layout"]


def test_strange_files_do_not_stop_the_doctor(
    copy: Copies, crop_writer: Callable[..., Path]
) -> None:
    root = copy("ilids-vid")
    crop_writer(root / "i-LIDS-VID/sequences/cam1/loose.png")
    crop_writer(root / "i-LIDS-VID/sequences/cam1/person001/deeper/1.png", seed=1)
    (root / "i-LIDS-VID/sequences/cam1/person001/Thumbs.db").write_bytes(b"x")
    report = examine("ilids-vid", root)
    # Both were strays, and no error, though a walk may have lost all of its own so.
    assert [(f.code, f.count) for f in report.findings] == [("folder-depth", 1), ("crop-loose", 1)]


def test_progress_counts_folders_and_crops(copy: Copies) -> None:
    calls: dict[str, list[tuple[int, int]]] = {}
    open_stages: list[str] = []

    @contextmanager
    def listen(stage: Stage) -> Iterator[Progress]:
        # Two bars at once would draw over each other.
        assert not open_stages
        assert (stage.number, stage.count, stage.done) == (len(calls) + 1, 2, False)
        open_stages.append(stage.unit)
        seen = calls.setdefault(stage.unit, [])
        yield lambda done, total: seen.append((done, total))
        open_stages.clear()

    report = examine("folder", copy("folder"), stages=listen)
    assert list(calls) == ["folders", "crops"]
    assert calls["folders"][-1][0] == calls["folders"][-1][1] > 0
    assert calls["crops"][-1] == (report.n_decoded, report.n_files)


def test_a_complete_check_leaves_no_journal(copy: Copies, tmp_path: Path) -> None:
    root, place = copy("folder"), tmp_path / "elsewhere"
    examine("folder", root, deep=True, journal=place)
    assert not place.exists()
    assert not (root / JOURNAL_NAME).exists()


@pytest.mark.data
@pytest.mark.parametrize("name", ["campus", "room"])
def test_real_tracklets_are_clean(shared_data: Path, tmp_path: Path, name: str) -> None:
    root = shared_data / "tracklets" / name
    report = examine("folder", root, deep=True, journal=tmp_path / "journal")
    assert report.n_decoded == report.n_files > 2000
    assert report.findings == ()
