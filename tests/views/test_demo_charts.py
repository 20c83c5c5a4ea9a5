import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacan.views.demo_charts import Curve, curve_panel, histogram_panel, nice_ticks


def points(element):
    return [tuple(map(float, pair.split(","))) for pair in element.get("points").split()]


@given(
    low=st.floats(-1e3, 1e3),
    span=st.floats(1e-3, 1e4),
)
def test_ticks_cover_the_range_in_even_steps_of_1_2_or_5(low, span):
    ticks = nice_ticks(low, low + span)
    steps = np.diff(ticks)
    assert ticks[0] <= low + 1e-6 * span
    assert ticks[-1] >= low + span * (1 - 1e-6)
    assert 3 <= len(ticks) <= 7
    assert np.allclose(steps, steps[0])
    assert f"{steps[0]:.0e}"[0] in "125"


def test_a_panel_draws_larger_values_higher_and_later_ones_farther_right():
    x, y = np.array([10.0, 20.0, 30.0]), np.array([3.0, 1.0, 2.0])
    svg = ET.fromstring(curve_panel("Loss", [Curve("A", "a", x, y)], x_name="iteration"))
    ((x0, y0), (x1, y1), (x2, y2)) = points(svg.find("polyline[@class='line a']"))
    assert x0 < x1 < x2
    assert y0 < y2 < y1  # SVG counts from the top
    assert svg.get("role") == "img"
    assert "A ends at 2" in svg.get("aria-label")


def test_two_curves_share_their_axes():
    one = Curve("A", "a", np.array([0.0, 4.0]), np.array([1.0, 1.0]))
    two = Curve("B", "b", np.array([0.0, 2.0]), np.array([4.0, 1.0]))
    svg = ET.fromstring(curve_panel("Loss", [one, two], x_name="iteration"))
    ends = [points(svg.find(f"polyline[@class='line {name}']"))[-1] for name in "ab"]
    assert ends[0][1] == ends[1][1]
    assert ends[0][0] > ends[1][0]


def test_a_histogram_shows_shares_of_each_sample():
    samples = [("few", "few", np.full(3, 0.1)), ("many", "many", np.full(300, 0.9))]
    svg = ET.fromstring(histogram_panel("Weights", samples, x_name="clip weight"))
    tops = [
        min(y for _, y in points(svg.find(f"polygon[@class='area {n}']"))) for n, _, _ in samples
    ]
    assert tops[0] == tops[1]
    assert "median of few 0.10; median of many 0.90" in svg.get("aria-label")


@pytest.mark.parametrize("empty", [np.array([]), np.array([0.0])])
def test_panels_of_nothing_are_panels(empty):
    ET.fromstring(curve_panel("t", [Curve("A", "a", empty, empty)], x_name="x"))
    ET.fromstring(histogram_panel("t", [("A", "a", empty), ("B", "b", np.array([]))], x_name="x"))


def test_names_are_escaped():
    curve = Curve('<b>"&', "a", np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    svg = ET.fromstring(curve_panel("<i>&", [curve], x_name="<u>&"))
    assert '<i>&: <b>"& ends at 1.' in svg.get("aria-label")
