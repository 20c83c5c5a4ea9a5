import re
import xml.etree.ElementTree as ET
from base64 import b64decode

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from tacan.errors import StorageError
from tacan.search.pictures import Strip
from tacan.views.strip import (
    MAX_HEIGHT,
    clip_kinds,
    describe_weights,
    read_strip,
    save_strip,
    strip_svg,
)


def make_film(*, n=10, weights=(0.3, 0.0, 0.1)):
    """All frames of a tracklet whose second clip is hidden."""
    seen = np.array([1.0] * 4 + [0.0] * 4 + [1.0, 0.0][: n - 8], dtype=np.float32)
    firsts = np.arange(0, n, 4)
    return Strip(
        pictures=tuple(np.full((64, 32, 3), 20 * i, np.uint8) for i in range(n)),
        frames=np.arange(n),
        clip_frames=np.stack([firsts, np.minimum(firsts + 3, n - 1)], axis=1),
        clip_weights=np.array(weights, np.float32),
        visibility=seen,
    )


def make_strip(weights, *, sizes=((64, 32), (30, 60), (500, 100))):
    """Some crops of a longer tracklet."""
    m = len(weights)
    frames = np.stack([np.arange(m) * 4, np.arange(m) * 4 + 3], axis=1).astype(np.int64)
    pictures = tuple(np.full((*size, 3), 90, np.uint8) for size in sizes)
    shown = np.linspace(0, 4 * m - 1, len(sizes)).astype(np.int64)
    return Strip(pictures, shown, frames, np.array(weights, np.float32))


def bars(svg, variables=("--tacan",)):
    """x, y, width, height of each bar."""
    found = []
    for path in ET.fromstring(svg).iter("path"):
        if any(f"fill: var({name})" in path.get("style", "") for name in variables):
            points = np.array(re.findall(r"-?[\d.]+", path.get("d")), float).reshape(-1, 2)
            found.append((*points.min(axis=0), *np.ptp(points, axis=0)))
    return sorted(found)


def images(svg):
    return list(ET.fromstring(svg).iter("image"))


def test_clips_are_told_apart_as_in_the_occlusion_test():
    assert clip_kinds(make_film()) == ("clean", "occluded", "partly")
    assert clip_kinds(make_strip([0.2, 0.6])) == ()


def test_bars_stand_over_their_time_and_are_as_high_as_their_share():
    weights = [0.2, 0.6, 0.4]
    drawn = bars(strip_svg(make_strip(weights), name="hall/1"))
    heights = [height for *_, height in drawn]
    assert np.divide(heights, max(heights)) == pytest.approx([1 / 3, 1, 2 / 3], abs=0.01)
    middles = [x + width / 2 for x, _, width, _ in drawn]
    assert np.diff(middles) == pytest.approx([middles[1] - middles[0]] * 2, rel=0.01)
    floors = [y + height for _, y, _, height in drawn]
    assert np.ptp(floors) < 0.01


def test_crops_are_shown_whole_whatever_their_shape():
    """A crop that fills its cell would lose heads and feet, or the sides."""
    strip = make_strip([0.2, 0.6])
    for shown, picture in zip(images(strip_svg(strip, name="a")), strip.pictures, strict=True):
        across, _, _, down, x, y = map(float, re.findall(r"-?[\d.]+", shown.get("transform")))
        width, height = float(shown.get("width")) * across, float(shown.get("height")) * down
        assert min(x, y) >= 0
        small = min(1, MAX_HEIGHT / picture.shape[0])
        assert width / height == pytest.approx(picture.shape[1] / picture.shape[0], rel=0.03)
        _, data = shown.get("href").split(",")
        decoded = simplejpeg.decode_jpeg(b64decode(data))
        assert decoded.shape[0] == round(picture.shape[0] * small)
        assert abs(int(decoded.mean()) - 90) < 3


def test_even_weights_are_not_drawn():
    assert bars(strip_svg(make_strip([0.3, 0.3]), name="a")) == []
    assert "All 2 clips count alike" in strip_svg(make_strip([0.3, 0.3]), name="a")


def test_a_strip_without_labels_has_no_text_and_loads_nothing():
    svg = strip_svg(make_strip([0.2, 0.6]), name='<a href="x">')
    assert "".join(ET.fromstring(svg).itertext()).strip() == ""
    assert not re.search(r"url\(|https?:| id=", svg)
    assert ET.fromstring(svg).get("aria-label").startswith('<a href="x">: 3 crops')
    assert svg == strip_svg(make_strip([0.2, 0.6]), name='<a href="x">')


def test_shares_stand_below_all_lines():
    """A label above a bar would be struck through by the line of visibility."""
    svg = strip_svg(make_film(), name="7", labelled=True)
    root = ET.fromstring(svg)
    texts = {"".join(text.itertext()).strip(): text for text in root.iter("text")}
    drawn = bars(svg, ("--tacan", "--wrong", "--soft"))
    assert len(drawn) == 3, "clean, occluded and partly in colours of their own"
    floor = max(y + height for _, y, _, height in drawn)
    for share in ("75 %", "0 %", "25 %"):
        assert float(texts[share].get("y")) > floor


def test_the_frames_of_a_film_stand_over_their_clips():
    svg = strip_svg(make_film(), name="7", labelled=True)
    drawn = bars(svg, ("--tacan", "--wrong", "--soft"))
    shown = images(svg)
    assert len(shown) == 10
    assert "10 crops in the order of time. 3 clips" in ET.fromstring(svg).get("aria-label")
    middles = [x + width / 2 for x, _, width, _ in drawn]
    left = drawn[0][0]
    wide = drawn[-1][0] + drawn[-1][2] - left
    assert np.subtract(middles, left) / wide == pytest.approx([0.2, 0.6, 0.9], abs=0.02)


def test_weights_in_a_sentence():
    assert describe_weights(make_strip([0.5])) == "One clip, which is the whole vector."
    assert describe_weights(make_strip([0.1, 0.3])) == (
        "2 clips; each is 25 % to 75 % of the vector, where an even share would be 50 %."
    )


def test_a_strip_of_the_gallery(gallery):
    tracklet = gallery.tracklet("entrance/3")
    strip = read_strip(gallery, tracklet.id)
    assert len(strip.pictures) == len(strip.frames) == 5
    assert (np.diff(strip.frames) > 0).all()
    assert len(strip.clip_weights) == len(strip.clip_frames) == 6
    assert strip.n_missing == 0


def test_the_picture_is_a_png_1200_pixels_wide(tmp_path):
    save_strip(make_film(), tmp_path / "clip weights ü.png")
    with Image.open(tmp_path / "clip weights ü.png") as image:
        assert (image.format, image.width) == ("PNG", 1200)
        assert image.height > 300
        assert len(np.unique(np.asarray(image.convert("L")))) > 10


def test_a_picture_that_cannot_be_written_is_a_fault(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="writable"):
        save_strip(make_film(), tmp_path / "file" / "picture.png")
