from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacan.errors import ConfigError
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.source_starts import parse_start
from tacan.indexing.video_sources import gather_sources, read_source_list


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


def test_without_a_camera_each_file_is_one(videos: list[str], tmp_path: Path) -> None:
    assert [s.camera for s in gather_sources(videos)] == ["a", "b"]
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / "a.mp4"
    other.write_bytes(b"video")
    assert "2 files are called 'a'" in faults_of([*videos, str(other)])


def test_starts_have_a_time_zone(videos: list[str]) -> None:
    sources = gather_sources(videos, cameras=["x"], starts=["2026-11-22T14:00:00+01:00", "file"])
    assert sources[0].start == datetime(2026, 11, 22, 13, tzinfo=UTC)
    assert sources[1].start == "file"
    assert "time zone" in faults_of(videos[:1], cameras=["x"], starts=["2026-11-22T14:00:00"])
    assert "time zone" in faults_of(videos[:1], cameras=["x"], starts=["noon"])
    two = {"cameras": ["x", "y"], "starts": ["2026-11-22T14:00Z"]}
    assert "one start for each" in faults_of(videos, **two)
    with pytest.raises(ValueError, match="time zone"):
        parse_start("2026-11-22")


def test_one_start_from_names_or_metadata_is_that_of_all_files(tmp_path: Path) -> None:
    paths = [tmp_path / f"door_20261122_1{hour}0000.mp4" for hour in (4, 5)]
    for path in paths:
        path.write_bytes(b"video")
    names = list(map(str, paths))
    zone = ZoneInfo("Europe/Berlin")
    for start in ("name:%Y%m%d_%H%M%S", "auto"):
        sources = gather_sources(names, cameras=["x"], starts=[start], zone=zone)
        assert [s.start for s in sources] == [
            datetime(2026, 11, 22, hour, tzinfo=UTC) for hour in (13, 14)
        ]
        assert "from the file's name" in str(sources[0].start_note)
    assert [s.start for s in gather_sources(names, starts=["file"])] == ["file", "file"]
    told = faults_of(names, starts=["name:%Y-%m-%d"], zone=zone)
    assert told.count("has nothing in it that reads as %Y-%m-%d") == 2
    assert "needs its time zone: --zone" in faults_of(names, starts=["name:%Y%m%d_%H%M%S"])


def test_all_faults_are_told_at_once(videos: list[str]) -> None:
    told = faults_of([*videos, videos[0], "missing.mp4"], cameras=["a/b"], starts=["noon"] * 4)
    for part in (
        "missing.mp4: there is no such file",
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
        "  mask: b.png\n"
    )
    first, second = read_source_list(path, IndexSettings(max_crops=3))
    assert (first.path, first.camera) == (tmp_path / "a.mp4", "hall")
    assert first.start == datetime(2026, 11, 22, 13, tzinfo=UTC)
    assert first.settings == IndexSettings(max_crops=3, stride=3)
    assert (second.camera, second.start) == ("7", "file")
    assert second.settings.detector == f"mot:{tmp_path / 'b.txt'}"
    assert second.settings.mask == tmp_path / "b.png"
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


@pytest.mark.parametrize(
    "camera", ["0", "no", "off", "~1", "010", "12:30:00", "1e3", "0x10", "2026-11-22", "NaN", "=1"]
)
def test_a_name_in_a_list_is_what_stands_there(
    tmp_path: Path, videos: list[str], camera: str
) -> None:
    """YAML takes most of these for numbers, a no, or dates."""
    named = tmp_path / camera
    named.write_bytes(b"video")
    path = tmp_path / "list.yaml"
    path.write_text(f"- path: {camera}\n  camera: {camera}\n")
    (source,) = read_source_list(path)
    assert (source.path, source.camera) == (named, camera)


@pytest.mark.parametrize("value", ["[a]", "{a: b}", "", "null", "''", "[]"])
@pytest.mark.parametrize("key", ["path", "camera"])
def test_what_is_no_name_is_told_and_not_dropped(
    tmp_path: Path, videos: list[str], key: str, value: str
) -> None:
    other = "camera: x" if key == "path" else "path: a.mp4"
    path = tmp_path / "list.yaml"
    path.write_text(f"- {other}\n  {key}: {value}\n- {{path: b.mp4, camera: y}}\n")
    told = faults_of([], source_list=path)
    assert f"entry 1: it has no {key}" in told or f"entry 1: its {key} must be text" in told


_WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["a.mp4", "mot:a.txt", "file", "1", "2x2", "all", "auto", "1e400", "9" * 400]),
)
_KEYS = st.sampled_from(["path", "camera", "start", *IndexSettings.model_fields])
_VALUES = st.recursive(
    st.one_of(_WORDS, st.integers(), st.floats(), st.none(), st.booleans()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=3),
    max_leaves=4,
)


@pytest.mark.fuzz
@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(alphabet="-[]{}:&*! pathcmer0.\n\"'", max_size=200).map(str.encode),
        st.lists(st.dictionaries(_KEYS, _VALUES, max_size=5), max_size=3).map(
            lambda entries: json.dumps(entries).encode()
        ),
    )
)
def test_any_list_gives_sources_or_a_clear_error(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.mp4").write_bytes(b"video")
        path = Path(folder) / "list.yaml"
        path.write_bytes(content)
        with suppress(ConfigError):
            assert read_source_list(path)


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


ADDRESS = "rtsp://me:secret@door/live?key=secret"


def test_live_cameras_are_called_as_their_hosts_are_or_as_they_are_told(videos: list[str]) -> None:
    first, second = gather_sources([ADDRESS, "usb:0"])
    assert (first.camera, first.shown, first.start) == ("door", "rtsp://...@door/live?...", None)
    assert first.live is not None
    assert first.live.text == ADDRESS
    assert (second.camera, second.shown) == ("usb0", "usb:0")
    named = gather_sources([ADDRESS, "usb:0"], cameras=["a", "b"])
    assert [source.camera for source in named] == ["a", "b"]


def test_live_cameras_in_a_list(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text(f"- {{path: '{ADDRESS}', camera: front, stride: 3}}\n")
    (source,) = read_source_list(path)
    assert (source.camera, source.settings.stride) == ("front", 3)
    assert source.live is not None
    assert source.live.text == ADDRESS
    path.write_text(f"- '{ADDRESS}'\n")
    with pytest.raises(ConfigError, match="must have `path:`") as caught:
        read_source_list(path)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("others", "rest", "rule"),
    [
        ([], {"starts": ["auto"]}, "leave --start out"),
        ([ADDRESS], {"cameras": ["x"]}, "one camera for each of 2 live sources"),
        ([ADDRESS], {}, "2 live sources are called 'door'"),
        (["{video}"], {}, "files or live cameras, not both"),
        (["ftp://me:secret@door/x=secret"] * 2, {}, "a live camera must be at rtsp://"),
        ([], {"settings": IndexSettings(detector="mot:a.txt")}, "ready boxes are of files"),
        ([], {"cameras": ["a/b"]}, "without a slash"),
    ],
)
def test_faults_of_live_cameras_are_told_without_their_passwords(
    others: list[str], rest: dict[str, Any], rule: str, videos: list[str]
) -> None:
    told = faults_of([ADDRESS, *(other.format(video=videos[0]) for other in others)], **rest)
    assert rule in told
    assert "secret" not in told


def test_a_list_has_live_cameras_or_files(tmp_path: Path, videos: list[str]) -> None:
    path = tmp_path / "list.yaml"
    path.write_text("- {path: a.mp4, camera: hall}\n- {path: 'usb:0', camera: desk}\n")
    with pytest.raises(ConfigError, match="files or live cameras, not both"):
        read_source_list(path)
