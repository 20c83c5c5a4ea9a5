from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from tacan.search.pictures import Picture, Strip
from tacan.views.strip_svg import BARS, LINKS, TALL, describe_weights, strip_svg

FLOOR = TALL + LINKS + BARS


def strip(weights: list[float], *, frames: list[int], n_missing: int = 0) -> Strip:
    firsts = 10 + 4 * np.arange(len(weights), dtype=np.int64)
    pictures = tuple(Picture(b"jpeg", 16, 32, frame) for frame in frames)
    clip_frames = np.stack([firsts, firsts + 3], axis=1)
    return Strip(pictures, clip_frames, np.array(weights, np.float32), n_missing)


def bars(svg: str) -> list[tuple[float, float, float]]:
    """Left, height and right of each bar."""
    (path,) = re.findall(r'class="bars" d="([^"]*)"', svg)
    found = re.findall(rf"M([\d.]+),{FLOOR}V([\d.]+)H([\d.]+)V{FLOOR}Z", path)
    return [(float(left), FLOOR - float(top), float(right)) for left, top, right in found]


def test_bars_are_as_high_as_the_weights_and_as_wide_as_the_clips() -> None:
    svg = strip_svg(strip([0.1, 0.4, 0.2], frames=[10, 15, 21]), name="a/1")
    drawn = bars(svg)
    heights = [height for _, height, _ in drawn]
    assert heights[1] == max(heights)
    assert heights[0] / heights[1] == pytest.approx(0.25, abs=0.01)
    assert heights[2] / heights[1] == pytest.approx(0.5, abs=0.01)
    lefts = [left for left, _, _ in drawn]
    assert lefts[0] == 0
    assert lefts[2] - lefts[1] == pytest.approx(lefts[1] - lefts[0], abs=0.2)
    width = float(re.findall(r'viewBox="0 0 (\d+)', svg)[0])
    assert drawn[-1][2] == pytest.approx(width, abs=1.1)


def test_the_dashed_line_is_the_even_share() -> None:
    svg = strip_svg(strip([0.1, 0.4, 0.1], frames=[10]), name="a/1")
    (even,) = re.findall(r'class="even" d="M0,([\d.]+)H', svg)
    tallest = max(height for _, height, _ in bars(svg))
    assert (FLOOR - float(even)) / tallest == pytest.approx((1 / 3) / (0.4 / 0.6), abs=0.01)


def test_each_crop_is_linked_to_its_moment() -> None:
    svg = strip_svg(strip([0.1, 0.4], frames=[10, 17]), name="a/1")
    (links,) = re.findall(r'class="links" d="([^"]*)"', svg)
    ends = [float(x) for x in re.findall(r"L([\d.]+),", links)]
    width = float(re.findall(r'viewBox="0 0 (\d+)', svg)[0])
    assert ends == [
        pytest.approx(0.5 / 8 * width, abs=0.1),
        pytest.approx(7.5 / 8 * width, abs=0.1),
    ]


@pytest.mark.parametrize("weights", [[1.0, 1.0, 1.0], [0.3], []])
def test_without_differences_no_bars_are_drawn(weights: list[float]) -> None:
    svg = strip_svg(strip(weights, frames=[10, 11]), name="a/1")
    assert "bars" not in svg
    assert svg.count("<image") == 2


def test_it_is_xml_whatever_the_name() -> None:
    svg = strip_svg(strip([0.1, 0.2], frames=[10, 14]), name='"<b>&/1')
    root = ElementTree.fromstring(svg)
    assert root.attrib["aria-label"].startswith('"<b>&/1: 2 crops')


def test_words_for_weights() -> None:
    assert describe_weights(strip([0.5], frames=[])) == "One clip, which is the whole vector."
    assert describe_weights(strip([0.5, 0.5], frames=[])) == "All 2 clips count alike."
    text = describe_weights(strip([0.001, 0.5, 0.499], frames=[]))
    assert text == (
        "3 clips; each is 0.1 % to 50 % of the vector, where an even share would be 33 %."
    )
