import xml.etree.ElementTree as ET
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from tacan.demo.picture import draw_picture
from tacan.errors import StorageError
from tacan.records import Tracklet, TrackletSplit
from tacan.views.demo_strip import LEAST_FRAMES, MOST_FRAMES, Strip, draw_occluded, strip_svg


def make_strip(*, n=10, weights=(0.3, 0.0, 0.1)):
    seen = np.array([1.0] * 4 + [0.0] * 4 + [1.0, 0.0][: n - 8], dtype=np.float32)
    return Strip(
        tracklet_id="0007C2T0001",
        pid=7,
        camid=2,
        clip_len=4,
        weights=np.array(weights, dtype=np.float32),
        seen=seen,
        film=np.zeros((64, 32 * n, 3), dtype=np.uint8),
    )


def test_clips_are_told_apart_as_in_the_occlusion_test():
    strip = make_strip()
    assert [strip.kind(clip) for clip in range(3)] == ["clean", "occluded", "partly"]


def test_shares_sum_to_one_and_the_tallest_bar_is_one():
    strip = make_strip()
    assert strip.shares.tolist() == pytest.approx([0.75, 0.0, 0.25])
    assert strip.heights.tolist() == pytest.approx([1.0, 0.0, 1 / 3])


def test_bars_and_line_stand_over_their_frames():
    svg = ET.fromstring(strip_svg(make_strip()))
    bars = svg.findall("rect")
    heights = [float(bar.get("height")) for bar in bars]
    assert heights == pytest.approx([heights[0], 0.0, heights[0] / 3], abs=0.1)
    film = svg.find("image")
    left, width = float(film.get("x")), float(film.get("width"))
    middles = [float(bar.get("x")) + float(bar.get("width")) / 2 for bar in bars]
    assert middles == pytest.approx([left + width * share for share in (0.2, 0.6, 0.9)])
    corners = [
        pair.split(",") for pair in svg.find("polyline[@class='line seen']").get("points").split()
    ]
    assert len(corners) == 20
    assert float(corners[0][1]) == pytest.approx(float(bars[0].get("y")), abs=0.1)
    assert float(corners[-1][0]) == left + width


def test_the_film_is_in_the_figure_and_the_figure_is_described():
    svg = ET.fromstring(strip_svg(make_strip()))
    kind, data = svg.find("image").get("href").split(",")
    assert kind == "data:image/jpeg;base64"
    assert simplejpeg.decode_jpeg(b64decode(data)).shape == (64, 320, 3)
    assert "1 clean clips with 75 %, 1 wholly occluded clips with 0 %" in svg.get("aria-label")


def make_split(lengths, pids):
    tracklets = tuple(
        Tracklet(f"t{i}", pid, 1, Path(), tuple(f"{frame}.jpg" for frame in range(n)))
        for i, (n, pid) in enumerate(zip(lengths, pids, strict=True))
    )
    roles = (True,) * len(tracklets)
    return TrackletSplit("mars", "test", tracklets, roles, roles)


def seen_in(n, *, hidden):
    seen = np.ones(n, dtype=np.float32)
    seen[:hidden] = 0.0
    return seen


def test_only_occluded_tracklets_of_real_people_are_drawn_and_fitting_ones_first():
    lengths = [LEAST_FRAMES, MOST_FRAMES, 24, 24, 24, 100, 24, 24]
    pids = [1, 2, 3, 0, -1, 4, 5, 6]
    hidden = [8, 8, 0, 8, 8, 40, 24, 4]
    split = make_split(lengths, pids)
    seen = {
        f"t{i}": seen_in(n, hidden=h) for i, (n, h) in enumerate(zip(lengths, hidden, strict=True))
    }
    rows = draw_occluded(split, seen, 10, clip_len=4, seed=0)
    assert set(rows[:2]) == {0, 1}
    assert set(rows[2:]) == {5, 7}
    assert draw_occluded(split, seen, 1, clip_len=4, seed=0) == rows[:1]
    orders = {tuple(draw_occluded(split, seen, 2, clip_len=4, seed=seed)) for seed in range(20)}
    assert orders == {(0, 1), (1, 0)}


def test_the_picture_is_a_png_1200_pixels_wide(tmp_path):
    draw_picture(make_strip(), tmp_path / "clip weights ü.png")
    with Image.open(tmp_path / "clip weights ü.png") as image:
        assert (image.format, image.width) == ("PNG", 1200)
        assert image.height > 300
        assert len(np.unique(np.asarray(image.convert("L")))) > 10


def test_a_picture_that_cannot_be_written_is_a_fault(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="writable"):
        draw_picture(make_strip(), tmp_path / "file" / "picture.png")
