from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacan.synthetic.rendering.lens import looking
from tests.synthetic.conftest import pixel_rays

angles = st.floats(-3.0, 3.0)
tilts = st.floats(-1.2, 1.2)
fields = st.floats(0.2, 2.0)


def some_lens(yaw=0.4, pitch=0.3, fov=0.9, roll=0.1):
    return looking((1.0, -2.0, 4.0), yaw=yaw, pitch=pitch, fov=fov, roll=roll, height=90, width=160)


@given(angles, tilts, fields, tilts, st.floats(0.5, 50), st.floats(-60, 220), st.floats(-40, 130))
def test_rays_lead_back_to_their_pixels(yaw, pitch, fov, roll, depth, x, y):
    lens = some_lens(yaw, pitch, fov, roll)
    point = lens.position + depth * pixel_rays(lens, np.array([[x, y]]))
    pixel, found = lens.project(point)
    assert found[0] == pytest.approx(depth)
    assert pixel[0] == pytest.approx((x, y), abs=1e-6)


@given(angles, tilts, tilts)
def test_a_camera_turns_and_does_not_mirror(yaw, pitch, roll):
    rotation = some_lens(yaw, pitch, 0.9, roll).rotation
    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_directions_are_those_of_the_docstring():
    lens = looking((0.0, 0.0, 2.0), yaw=math.pi / 2, pitch=0.0, fov=1.0, height=100, width=100)
    pixels, depth = lens.project(np.array([(1, 10, 2), (0, 10, 3), (0, -1, 2)]))
    assert pixels[0, 0] > 50  # east of a camera that looks north is on its right
    assert pixels[1, 1] < 50
    assert depth.tolist() == [10, 10, -1]
    steep = looking((0.0, 0.0, 2.0), yaw=0.0, pitch=0.5, fov=1.0, height=100, width=100)
    ahead, _ = steep.project(np.array([(2 / math.tan(0.5), 0.0, 0.0)]))
    assert ahead[0] == pytest.approx((50, 50))
    upper, _ = steep.project(steep.position + np.array([(math.cos(0.0), 0.0, -math.tan(0.0))]))
    assert upper[0, 1] == pytest.approx(50 - 50 * math.tan(0.5) / math.tan(0.5))


@given(st.floats(-50, 100), st.floats(-50, 80), st.floats(4, 300), st.floats(4, 300))
def test_a_window_shows_its_box_and_nothing_else(left, top, breadth, height):
    lens = some_lens()
    window = lens.window((left, top, left + breadth, top + height), height=40, width=20)
    points = lens.position + 5 * pixel_rays(
        lens, np.array([(left, top), (left + breadth, top + height), (left + breadth / 2, top)])
    )
    pixels, _ = window.project(points)
    assert pixels == pytest.approx(np.array([(0, 0), (20, 40), (10, 0)]), abs=1e-6)
    assert (window.height, window.width) == (40, 20)


def test_a_resized_picture_is_the_whole_window():
    lens = some_lens()
    half = lens.resized(height=45, width=80)
    points = lens.position + 3 * pixel_rays(lens, np.array([(0, 0), (160, 90), (30, 50)]))
    assert half.project(points)[0] == pytest.approx(lens.project(points)[0] / 2)


def test_single_points_fall_where_many_do():
    lens = looking((1.0, -2.0, 4.0), yaw=0.7, pitch=0.3, fov=0.9, height=120, width=200, roll=0.1)
    lens = lens.window((20.0, 10.0, 60.0, 100.0), height=128, width=64)
    points = np.array([(4.0, 1.0, 0.0), (9.0, 3.0, 1.8), (-5.0, -6.0, 1.0)])
    pixels, depth = lens.project(points)
    for point, pixel, far in zip(points, pixels, depth, strict=True):
        assert lens.pixel_of(*point) == pytest.approx((*pixel, far))
