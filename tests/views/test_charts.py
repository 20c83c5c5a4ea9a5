import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tacan.views.charts import MAIN, PLAIN, VARIABLES, WARNING, Curve, curve_panel, histogram_panel


def outlines(svg, variable):
    """The points of every path that is stroked or filled with a colour of the page."""
    found = []
    for path in ET.fromstring(svg).iter("path"):
        if f"var({variable})" in path.get("style", ""):
            numbers = re.findall(r"-?[\d.]+", path.get("d"))
            found.append(np.array(numbers, float).reshape(-1, 2))
    return found


def curve(name, x, y, colour=MAIN):
    return Curve(name, np.array(x, float), np.array(y, float), colour)


def test_a_panel_draws_larger_values_higher_and_later_ones_farther_right():
    svg = curve_panel("Loss", [curve("A", [10, 20, 30], [3, 1, 2])], x_name="iteration")
    (line,) = outlines(svg, "--tacan")
    ((x0, y0), (x1, y1), (x2, y2)) = line
    assert x0 < x1 < x2
    assert y0 < y2 < y1  # SVG counts from the top
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert "A ends at 2" in root.get("aria-label")
    assert "iteration" in "".join(root.itertext())


def test_two_curves_share_their_axes():
    one, two = curve("A", [0, 4], [1, 1]), curve("B", [0, 2], [4, 1], PLAIN)
    svg = curve_panel("Loss", [one, two], x_name="iteration")
    (a,), (b,) = outlines(svg, "--tacan"), outlines(svg, "--plain")
    assert a[-1][1] == b[-1][1]
    assert a[-1][0] > b[-1][0]


def test_a_histogram_shows_shares_of_each_sample():
    samples = [("few", WARNING, np.full(3, 0.1)), ("many", MAIN, np.full(300, 0.9))]
    svg = histogram_panel("Weights", samples, x_name="clip weight")
    tops = [min(path[:, 1].min() for path in outlines(svg, v)) for v in ("--wrong", "--tacan")]
    assert tops[0] == pytest.approx(tops[1])
    assert "median of few 0.10; median of many 0.90" in ET.fromstring(svg).get("aria-label")
    assert "%" in svg


@pytest.mark.parametrize("empty", [np.array([]), np.array([0.0])])
def test_panels_of_nothing_are_panels(empty):
    ET.fromstring(curve_panel("t", [Curve("A", empty, empty)], x_name="x"))
    samples = [("A", MAIN, empty), ("B", WARNING, np.array([]))]
    ET.fromstring(histogram_panel("t", samples, x_name="x"))


def test_names_are_escaped():
    svg = curve_panel("<i>&", [curve('<b>"&', [0, 1], [0, 1])], x_name="<u>&")
    assert '<i>&: <b>"& ends at 1.' in ET.fromstring(svg).get("aria-label")


def test_a_chart_in_a_page_is_the_same_every_time_and_loads_and_refers_to_nothing():
    curves = [curve("A", [0, 1], [0, 1])]
    svg = curve_panel("Loss", curves, x_name="x")
    assert svg == curve_panel("Loss", curves, x_name="x")
    assert not re.search(r"url\(|https?:|<metadata|<style| id=|xlink|<!--", svg)


def test_every_colour_is_one_of_the_page_and_so_has_another_in_the_dark():
    samples = [("few", WARNING, np.full(3, 0.1)), ("many", MAIN, np.full(300, 0.9))]
    svg = histogram_panel("Weights", samples, x_name="clip weight")
    assert not re.search(r"#[0-9a-f]{6}", svg)
    assert set(re.findall(r"var\((--\w+)\)", svg)) <= {*VARIABLES.values(), "--sans"}
