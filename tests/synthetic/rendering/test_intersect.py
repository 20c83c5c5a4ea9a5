from __future__ import annotations

import math

import numpy as np
import pytest

from tacan.synthetic.rendering.intersect import nearest_hit, own_normal
from tacan.synthetic.rendering.solids import BOX, ELLIPSOID, FRUSTUM, ROUND


def distance(kind, size, points):
    """How far outside the solid points [n, 3] lie, negative inside: by definition, slowly."""
    a, b, c = size
    x, y, z = points.T
    if kind == ELLIPSOID:
        return np.linalg.norm(points, axis=1) - 1.0
    if kind == BOX:
        return np.max([np.abs(x) - a, np.abs(y) - b, np.abs(z) - c], axis=0)
    if kind == FRUSTUM:
        return np.max([np.hypot(x, y) - (a + (b - a) * z / c), -z, z - c], axis=0)
    share = np.linspace(0, 1, 801)[:, None]
    balls = np.hypot(np.hypot(x, y), z - share * c) - (a + share * (b - a))
    return balls.min(axis=0)


SIZES = {
    ROUND: (0.3, 0.15, 0.8),
    FRUSTUM: (0.2, 0.35, 0.7),
    ELLIPSOID: (1, 1, 1),
    BOX: (0.2, 0.4, 0.3),
}


@pytest.mark.parametrize("kind", [ROUND, FRUSTUM, ELLIPSOID, BOX])
def test_a_ray_is_met_where_it_first_enters(kind):
    rng = np.random.default_rng(kind)
    size, met = SIZES[kind], 0
    t = np.linspace(0, 2, 4001)
    for _ in range(150):
        start = rng.normal(size=3)
        start *= 3.0 / np.linalg.norm(start)
        way = rng.uniform(-0.9, 0.9, 3) - start
        inside = distance(kind, size, start + t[:, None] * way) <= 0
        hit = nearest_hit(kind, *map(float, size), *start, *way)
        if inside.any():
            met += 1
            assert hit == pytest.approx(t[inside.argmax()], abs=2e-3)
        elif math.isfinite(hit):  # a graze between two steps of the march
            assert abs(distance(kind, size, (start + hit * way)[None])[0]) < 1e-3
    assert met > 20


@pytest.mark.parametrize("kind", [ROUND, FRUSTUM, ELLIPSOID, BOX])
def test_normals_point_where_the_distance_grows_fastest(kind):
    rng = np.random.default_rng(10 + kind)
    size, checked = SIZES[kind], 0
    for _ in range(200):
        start = rng.normal(size=3)
        start *= 3.0 / np.linalg.norm(start)
        way = rng.uniform(-0.2, 0.2, 3) - start
        t = nearest_hit(kind, *map(float, size), *start, *way)
        if not math.isfinite(t):
            continue
        point = start + t * way
        normal = np.array(own_normal(kind, *map(float, size), *point))
        normal /= np.linalg.norm(normal)
        assert normal @ way < 1e-6
        outside = distance(kind, size, (point + 1e-3 * normal)[None])[0]
        assert outside == pytest.approx(1e-3, rel=0.25)
        checked += 1
    assert checked > 50


def test_a_ray_from_the_big_end_along_the_axis():
    assert nearest_hit(ROUND, 0.3, 0.1, 0.5, 0.0, 0.0, -2.0, 0.0, 0.0, 1.0) == pytest.approx(1.7)
    assert nearest_hit(ROUND, 0.1, 0.3, 0.5, 0.15, 0.0, -2.0, 0.0, 0.0, 1.0) < 3.0
    assert nearest_hit(BOX, 0.2, 0.2, 0.2, 1.0, 0.0, -2.0, 0.0, 0.0, 1.0) == math.inf
