from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tacan.errors import ConfigError
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.video_sources import gather_sources, parse_start, read_source_list


@pytest.fixture
def videos(tmp_path: Path) -> list[str]:
    paths = [tmp_path / name for name in ("a.mp4", "b.mp4")]
    for path in paths:
        path.write_bytes(b"video")
    return list(map(str, paths))


def faults_of(*args: object, **kwargs: object) -> str:
    with pytest.raises(ConfigError) as caught:
        gather_sources(*args, **kwargs)  # type: ignore[arg-type]
    return "\n".join(caught.value.faults)


def test_one_camera_for_all_or_one_for_each(videos: list[str]) -> None:
    assert [s.camera for s in gather_sources(videos, cameras=["hall"])] == ["hall", "hall"]
    assert [s.camera for s in gather_sources(videos, cameras=["x", "y"])] == ["x", "y"]
    assert "one camera for all 2 sources" in faults_of(videos, cameras=["x", "y", "z"])
    assert "got 0" in faults_of(videos, cameras=[])


def test_starts_have_a_time_zone(videos: list[str]) -> None:
    sources = gather_sources(videos, cameras=["x"], starts=["2026-11-22T14:00:00+01:00", "file"])
    assert sources[0].start == datetime(2026, 11, 22, 13, tzinfo=UTC)
    assert sources[1].start == "file"
    assert "time zone" in faults_of(videos[:1], cameras=["x"], starts=["2026-11-22T14:00:00"])
    assert "time zone" in faults_of(videos[:1], cameras=["x"], starts=["noon"])
    assert "one start for each" in faults_of(videos, cameras=["x"], starts=["file"])
    with pytest.raises(ValueError, match="time zone"):
        parse_start("2026-11-22")


def test_all_faults_are_told_at_once(videos: list[str]) -> None:
    told = faults_of(
        [*videos, videos[0], "missing.mp4", "rtsp://camera/1"], cameras=["a/b"], starts=["noon"] * 5
    )
    for part in (
        "missing.mp4: there is no such file",
        "record the stream",
        "named twice",
        "without a slash",
        "'noon'",
    ):
        assert part in told


def test_a_list_with_settings_of_its_own(tmp_path: Path, videos: list[str]) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(
        "- {path: a.mp4, camera: hall, start: 2026-11-22T14:00:00+01:00, stride: 3}\n"
        "- path: b.mp4\n  camera: 7\n  start: file\n  detector: mot:b.txt\n  tiles: [2, 2]\n"
    )
    first, second = read_source_list(path, IndexSettings(max_crops=3))
    assert (first.path, first.camera) == (tmp_path / "a.mp4", "hall")
    assert first.start == datetime(2026, 11, 22, 13, tzinfo=UTC)
    assert first.settings == IndexSettings(max_crops=3, stride=3)
    assert (second.camera, second.start) == ("7", "file")
    assert second.settings.detector == f"mot:{tmp_path / 'b.txt'}"
    assert second.settings.tiles == (2, 2)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[1", "not readable YAML"),
        ("{}", "must be a list"),
        ("[]", "must be a list"),
        ("- 3", "entry 1 must have `path:`"),
        ("- {camera: x}", "it has no path"),
        ("- {path: a.mp4}", "it has no camera"),
        ("- {path: a.mp4, camera: x, strid: 1}", "did you mean 'stride'"),
        ("- {path: a.mp4, camera: x, start: 2026-11-22T14:00:00}", "time zone"),
        ("- {path: a.mp4, camera: x, start: 2026-11-22}", "time zone"),
        ("- {path: a.mp4, camera: x, start: 12}", "time zone"),
        (
            "- {path: a.mp4, camera: x, detector: 'mot:t'}\n"
            "- {path: b.mp4, camera: x, detector: 'mot:t'}",
            "holds the boxes of one video",
        ),
    ],
)
def test_a_faulty_list(tmp_path: Path, videos: list[str], text: str, part: str) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(text)
    assert part in faults_of([], source_list=path)


def test_no_source_at_all(tmp_path: Path) -> None:
    assert "there is no source" in faults_of([])
    assert "not readable" in faults_of([], source_list=tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "start", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "1899-12-31T23:59:59Z"]
)
def test_a_start_of_another_age_is_refused(videos: list[str], start: str) -> None:
    assert "in the years 1900 to 2999" in faults_of(videos[:1], cameras=["x"], starts=[start])


@pytest.mark.parametrize(
    "camera", ["", " ", " hall", "a/b", "a\n", "a\x1b[31m", "a" * 201, "\udcff"]
)
def test_names_that_no_camera_can_have(videos: list[str], camera: str) -> None:
    assert "a camera's name must" in faults_of(videos[:1], cameras=[camera])


def test_paths_that_no_source_can_have(tmp_path: Path) -> None:
    loop, latin = tmp_path / "loop.mp4", tmp_path / os.fsdecode(b"\xff.mp4")
    loop.symlink_to(loop)
    latin.write_bytes(b"video")
    paths = ["a" * 5000, "a\0b", str(loop)]
    told = faults_of(paths, cameras=["x"])
    assert told.count("there is no such file") == len(paths)
    assert "must be UTF-8" in faults_of([str(latin)], cameras=["x"])


def test_an_address_is_told_without_its_password() -> None:
    for address in ("rtsp://me:secret@door/live", "http://door/live?pwd=secret"):
        told = faults_of([address, address], cameras=["x"])
        assert "record the stream" in told
        assert "secret" not in told
