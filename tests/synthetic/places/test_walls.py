from __future__ import annotations

import math

import numpy as np

from tacan.synthetic.places.walls import FACING, WHICH, nearest_wall, survey, walls_about
from tacan.synthetic.rendering.lens import looking
from tests.synthetic.conftest import pixel_rays

LENS = looking((0.0, 0.0, 2.0), yaw=math.pi / 2, pitch=0.2, fov=0.9, height=24, width=36, roll=0.1)
SUNS = np.array([(0.6, -0.64, 0.48), (0.0, 0.8, 0.6), (0.8, -0.36, 0.48)])


def some_walls(seed, n=30):
    """Walls at all angles, some of them behind the lens or beside it."""
    rng = np.random.default_rng(seed)
    start = rng.uniform((-8, -4), (8, 15), (n, 2))
    low = rng.uniform(0, 1, n)
    return np.column_stack([start, start + rng.normal(0, 4, (n, 2)), low, low + 2])


def tried_one_by_one(walls, ray):
    """Depth and number of the nearest wall that faces the lens, by plain arithmetic."""
    best = (1e6, -1)
    for i, (x1, y1, x2, y2, low, high) in enumerate(walls):
        way = np.array([x2 - x1, y2 - y1])
        normal = np.array([-way[1], way[0]]) / np.hypot(*way)
        if normal @ ray[:2] >= 0:
            continue
        at = normal @ (np.array([x1, y1]) - LENS.position[:2]) / (normal @ ray[:2])
        point = LENS.position + at * ray
        share = (point[:2] - (x1, y1)) @ way / (way @ way)
        if 0.05 < at < best[0] and low <= point[2] <= high and 0 <= share <= 1:
            best = (at, i)
    return best


def test_looking_at_few_walls_finds_the_nearest_of_all():
    inner = np.array([*LENS.focal, *LENS.centre])
    met = 0
    for seed in range(5):
        walls = some_walls(seed)
        table = survey(walls, LENS.position, LENS.rotation, inner, SUNS)
        near = np.empty(len(table), dtype=np.int64)
        looked_at = []
        for y in range(LENS.height):
            for x in range(LENS.width):
                count = walls_about(table, x - x % 8, x - x % 8 + 8, y, near)
                ray = pixel_rays(LENS, np.array([(x + 0.25, y + 0.75)]))[0]
                depth, row, _ = nearest_wall(table, near, count, LENS.position, *ray)
                true_depth, wall = tried_one_by_one(walls, ray)
                assert (int(table[row, WHICH]) if row >= 0 else -1) == wall
                assert math.isclose(depth, true_depth, rel_tol=1e-9)
                met += row >= 0
                looked_at.append(count)
        assert np.mean(looked_at) < 0.6 * len(walls)
    assert met > 500


def test_a_wall_has_of_each_sun_what_its_angle_leaves():
    walls = np.array([(3.0, 5.0, -3.0, 5.0, 0.0, 2.0), (-3.0, 9.0, 3.0, 9.0, 0.0, 2.0)])
    inner = np.array([*LENS.focal, *LENS.centre])
    table = survey(walls, LENS.position, LENS.rotation, inner, SUNS)
    assert len(table) == 1  # the other turns its back
    assert table[0, WHICH] == 0
    assert np.allclose(table[0, FACING:], (0.64, 0.0, 0.36))
