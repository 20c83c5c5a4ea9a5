"""Ready boxes and tracks, in MOT text and in JSON."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacan.errors import VideoError
from tacan.video import json_tracks, mot
from tacan.video.mot import open_precomputed_tracks, read_mot, write_mot
from tacan.video.video_records import VideoTracklet


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def tracklet(number: int, frames: list[int]) -> VideoTracklet:
    n = len(frames)
    boxes = np.array([[f + number, 10.25, f + 40, 90.5] for f in frames], np.float32)
    return VideoTracklet(
        number=number,
        frames=np.array(frames),
        seconds=np.array(frames) / 25,
        boxes=boxes,
        scores=np.full(n, 0.75, np.float32),
        crops=(),
        quality=0.5,
    )


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    tracklets = [tracklet(2, [0, 1, 4]), tracklet(1, [1, 2])]
    ready = read_mot(write_mot(tmp_path / "a.txt", tracklets))
    assert ready.has_tracks
    assert ready.last_frame == 4
    found, tracks = ready.at(1)
    assert tracks.tolist() == [1, 2]
    np.testing.assert_allclose(found.scores, 0.75)
    for original in tracklets:
        again = ready.tracks()[original.number]
        np.testing.assert_array_equal(again.frames, original.frames)
        np.testing.assert_allclose(again.boxes, original.boxes, atol=0.011)


def test_a_frame_without_boxes_is_empty(tmp_path: Path) -> None:
    ready = read_mot(written(tmp_path / "a.txt", "3,1,10,20,30,40,1\n"))
    found, tracks = ready.at(0)
    assert len(found) == 0
    assert tracks.shape == (0,)
    found, _ = ready.at(2)
    assert found.boxes.tolist() == [[10, 20, 40, 60]]


def test_detections_without_tracks(tmp_path: Path) -> None:
    text = "1,-1,10,20,30,40,0.6,-1,-1,-1\n\n1,-1,50,20,30,40,37.5,-1,-1,-1\n1,-1,5,5,9,9,-2\n"
    ready = read_mot(written(tmp_path / "det.txt", text))
    assert not ready.has_tracks
    found, tracks = ready.at(0)
    assert tracks.tolist() == [-1, -1, -1]
    np.testing.assert_allclose(found.scores, [0.6, 1.0, 0.0])
    assert ready.tracks() == {}


def test_scores_mean_what_the_challenge_means(tmp_path: Path) -> None:
    """0 marks what the ground truth ignores; results carry -1."""
    text = "1,1,0,0,9,9,0,3,1\n1,2,0,0,9,9,1,1,1\n1,3,0,0,9,9,-1,-1,-1,-1\n1,4,0,0,9,9\n"
    found, tracks = read_mot(written(tmp_path / "gt.txt", text)).at(0)
    assert tracks.tolist() == [2, 3, 4]
    assert found.scores.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("1,1,2,3,4,5,1\n1,two,2,3,4,5,1\n", "line 2"),
        ("1,1,2,3\n", "line 1"),
        ("0,1,2,3,4,5,1\n", "line 1"),
        ("1,1,nan,3,4,5,1\n", "line 1"),
        ("<html>\n", "line 1"),
        ("1,7,2,3,4,5,1\n1,7,2,3,4,5,1\n", "one track twice"),
    ],
)
def test_a_faulty_line_is_named(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(VideoError, match=line):
        read_mot(written(tmp_path / "a.txt", text))


def test_a_file_that_is_no_text_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(bytes(range(128, 256)))
    with pytest.raises(VideoError, match="MOT format"):
        read_mot(tmp_path / "a.txt")
    with pytest.raises(VideoError, match="must exist"):
        open_precomputed_tracks(tmp_path / "b.txt")


@pytest.mark.parametrize(
    "text",
    [
        "1e300,1,2,3,4,5,1\n",
        "1.5,1,2,3,4,5,1\n",
        "1,1e300,2,3,4,5,1\n",
        "1,1.5,2,3,4,5,1\n",
        "1,1,1e30,3,4,5,1\n",
        "1,1,1e308,3,1e308,5,1\n",
        "1,1,1e400,3,4,5,1\n",
        f"1,1,2,3,4,{'5' * 20_000},1\n",
        f"1,1,2,3,4,5,1{' ' * 20_000}\n",
    ],
)
def test_numbers_that_can_be_no_box(tmp_path: Path, text: str) -> None:
    with pytest.raises(VideoError, match="line 2"):
        read_mot(written(tmp_path / "a.txt", "3,1,2,3,4,5,1\n" + text))


def test_large_numbers_of_tracks_stay_apart(tmp_path: Path) -> None:
    text = f"1,{2**53},2,3,4,5,1\n1,{2**53 - 1},2,3,4,5,1\n"
    assert list(read_mot(written(tmp_path / "a.txt", text)).tracks()) == [2**53 - 1, 2**53]


def test_too_many_boxes_in_a_frame(tmp_path: Path) -> None:
    lines = [f"3,{number},2,3,4,5,1\n" for number in range(1001)]
    read_mot(written(tmp_path / "a.txt", "".join(lines[:1000])))
    with pytest.raises(VideoError, match=r"at most 1,000 detections; got 1,001 in frame 2"):
        read_mot(written(tmp_path / "a.txt", "".join(lines)))


def test_a_file_above_the_limit_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, module, limit in (
        ("a.txt", mot, "LARGEST_MOT"),
        ("a.json", json_tracks, "LARGEST_JSON"),
    ):
        monkeypatch.setattr(module, limit, 10)
        with pytest.raises(VideoError, match="more than 10 bytes"):
            open_precomputed_tracks(written(tmp_path / name, "1,1,2,3,4,5,1\n"))


_NUMBERS = st.one_of(st.integers(), st.floats(), st.text(max_size=5), st.none(), st.booleans())
_LISTS = st.lists(st.one_of(_NUMBERS, st.lists(_NUMBERS, max_size=5)), max_size=4)
_ENTRIES = st.dictionaries(
    st.sampled_from(["frames", "boxes", "scores", "tracklet", "camera", "video"]),
    st.one_of(_NUMBERS, _LISTS),
)


@pytest.mark.fuzz
@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(alphabet='0123456789.,-e\n "[]{}:n', max_size=200).map(str.encode),
        st.lists(_ENTRIES, max_size=3).map(lambda e: json.dumps({"tracklets": e}).encode()),
    )
)
def test_any_bytes_are_boxes_or_a_clear_error(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.txt", "a.json"):
            path = Path(folder) / name
            path.write_bytes(content)
            with suppress(VideoError):
                ready = open_precomputed_tracks(path, camera="1", video="a.mp4")
                ready.tracks()
                ready.at(max(ready.last_frame, 0))


def test_other_classes_than_people_are_left_out(tmp_path: Path) -> None:
    """The challenge's: 1 on foot, 2 on a vehicle, 7 at rest; 3 is a car, -1 no class."""
    kinds = [1, 2, 3, 7, 8, -1]
    lines = [f"1,{i},0,0,9,9,1,{kind},0.5\n" for i, kind in enumerate(kinds, 1)]
    ready = read_mot(written(tmp_path / "gt.txt", "".join(lines)))
    assert ready.at(0)[1].tolist() == [1, 2, 4, 6]
    plain = read_mot(written(tmp_path / "plain.txt", "1,1,0,0,9,9,1,1,0.5\n"))
    assert ready.fingerprint.endswith(":classes")
    assert not plain.fingerprint.endswith(":classes")


@pytest.mark.parametrize(
    ("kinds", "people"),
    [
        (["0", "2", "7", "0"], [1, 4]),
        (["person", "car", "Pedestrian", ""], [1, 3, 4]),
        (["1", "2", "5", "nan"], [1, 2, 4]),
    ],
)
def test_classes_by_cocos_numbers_and_by_name(
    tmp_path: Path, kinds: list[str], people: list[int]
) -> None:
    lines = [f"1,{i},0,0,9,9,0.9,{kind}\n" for i, kind in enumerate(kinds, 1)]
    ready = read_mot(written(tmp_path / "a.txt", "".join(lines)))
    assert ready.at(0)[1].tolist() == people


def test_places_in_the_world_are_no_classes(tmp_path: Path) -> None:
    """Lines of ten columns, as results and the oldest ground truth have them."""
    text = "1,1,0,0,9,9,1,3.5,8,0\n1,2,0,0,9,9,1,3,4,5\n"
    assert read_mot(written(tmp_path / "a.txt", text)).at(0)[1].tolist() == [1, 2]
