from __future__ import annotations

import math

import numpy as np
import pytest

from tacan.synthetic.rendering.intersect import nearest_hit
from tacan.synthetic.rendering.lens import looking
from tacan.synthetic.rendering.light import Light
from tacan.synthetic.rendering.materials import Materials, material
from tacan.synthetic.rendering.raster import bounds, coverage, draw
from tacan.synthetic.rendering.solids import BOX, ELLIPSOID, FRUSTUM, ROUND, Solids, with_axis
from tests.synthetic.conftest import pixel_rays

LENS = looking((0.0, -5.0, 2.5), yaw=math.pi / 2, pitch=0.3, fov=0.6, height=48, width=32)
NOON = Light(np.array([0.0, 0.0, 1.0]), np.ones(3), np.full(3, 0.3), np.full(3, 0.1), 0.02)
WHITE = material((0.8, 0.8, 0.8), folds=0.0, grain=0.0)


def crowd(n=24, seed=0):
    rng = np.random.default_rng(seed)
    frames = [with_axis(rng.normal(size=3), stretch=(1.3, 0.8)) for _ in range(n)]
    kinds = [(ROUND, FRUSTUM, ELLIPSOID, BOX)[i % 4] for i in range(n)]
    frames = [
        frame * (0.15, 0.1, 0.2) if kind == ELLIPSOID else frame
        for kind, frame in zip(kinds, frames, strict=True)
    ]
    places = rng.normal(size=(n, 3)) * (0.3, 0.4, 0.4) + (0, 0, 1.0)
    return Solids.of(kinds, frames, places, rng.uniform(0.05, 0.2, (n, 3)), [0] * n, owner=1)


def traced(solids, lens):
    """Depth and row at each pixel's middle by trying every ray on every solid."""
    rows, columns = np.mgrid[: lens.height, : lens.width] + 0.5
    rays = pixel_rays(lens, np.column_stack([columns.ravel(), rows.ravel()]))
    depth = np.full((len(rays), len(solids)), np.inf)
    for i in range(len(solids)):
        inverse = np.linalg.inv(solids.frame[i])
        start = inverse @ (lens.position - solids.place[i])
        for j, way in enumerate(rays @ inverse.T):
            depth[j, i] = nearest_hit(int(solids.kind[i]), *solids.size[i], *start, *way)
    shape = lens.height, lens.width
    return depth.min(axis=1).reshape(shape), depth.argmin(axis=1).reshape(shape)


def test_depth_and_owner_are_those_of_tracing_every_ray():
    solids = crowd()
    solids.owner[:] = np.arange(1, len(solids) + 1)
    picture = draw(solids, WHITE, LENS, NOON)
    depth, row = traced(solids, LENS)
    np.testing.assert_allclose(picture.depth, depth, rtol=1e-5)
    expected = np.where(np.isfinite(depth), solids.owner[row], -1)
    np.testing.assert_array_equal(picture.owner, expected)
    np.testing.assert_array_equal(coverage(solids, LENS), np.isfinite(depth))
    assert 0.1 < np.isfinite(depth).mean() < 0.9


def test_bounds_hold_the_covered_pixels_tightly():
    big = LENS.window((-16.0, 0.0, 48.0, 48.0), height=360, width=480)
    for seed in range(3):
        solids = crowd(3, seed=seed)
        rows, columns = np.nonzero(coverage(solids, big))
        box = bounds(solids, big)
        assert box is not None
        edges = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        np.testing.assert_allclose(box, edges, atol=1.5)


def test_bounds_are_the_outermost_of_single_solids():
    solids = crowd(seed=4)
    alone = [bounds(solids.picked(np.array([i])), LENS) for i in range(len(solids))]
    boxes = np.array([box for box in alone if box is not None])
    assert bounds(solids, LENS) == (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))
    beside = Solids.join([solids, solids.moved(0.0, (0.0, -40.0, 0.0))])
    assert bounds(beside, LENS) == bounds(solids, LENS)


def test_nothing_before_the_lens_has_no_bounds():
    behind = Solids.of([ELLIPSOID], [np.eye(3) * 0.2], [(0, -9, 1)], [(1, 1, 1)], [0])
    assert bounds(behind, LENS) is None
    assert not coverage(behind, LENS).any()


def test_an_empty_world_is_the_backdrop():
    backdrop = np.random.default_rng(0).random((48, 32, 3)).astype(np.float32)
    picture = draw(Solids.join([]), Materials.join([]), LENS, NOON, backdrop=backdrop)
    np.testing.assert_allclose(picture.colour, backdrop)
    assert (picture.owner == -1).all()


def test_edges_mix_the_surface_with_the_backdrop_and_the_backdrop_is_left_alone():
    ball = Solids.of([ELLIPSOID], [np.eye(3) * 0.3], [(0, 0, 1)], [(1, 1, 1)], [0], owner=1)
    backdrop = np.zeros((48, 32, 3), dtype=np.float32)
    ground = np.zeros((48, 32), dtype=bool)
    sky = Light(np.array([0.0, 0, 1]), np.zeros(3), np.ones(3), np.ones(3), 0.1)
    picture = draw(ball, WHITE, LENS, sky, backdrop=backdrop, ground=ground)
    inside = picture.colour[picture.owner == 1].max()
    mixed = (picture.colour[..., 0] > 0.1 * inside) & (picture.colour[..., 0] < 0.6 * inside)
    assert mixed.sum() >= 8
    assert not backdrop.any()


def test_the_sun_casts_a_shadow_on_the_ground_and_on_what_stands_below():
    ball = Solids.of([ELLIPSOID], [np.eye(3) * 0.25], [(0, 0, 1.2)], [(1, 1, 1)], [0], owner=1)
    table = Solids.of([BOX], [np.eye(3)], [(0, 0, 0.3)], [(0.6, 0.6, 0.05)], [0], owner=2)
    backdrop = np.ones((48, 32, 3), dtype=np.float32)
    alone = draw(table, WHITE, LENS, NOON, backdrop=backdrop)
    under = draw(Solids.join([ball, table]), WHITE, LENS, NOON, backdrop=backdrop)
    top = (alone.owner == 2) & (under.owner == 2)
    share = under.colour[top][:, 0] / alone.colour[top][:, 0]
    assert share.min() < 0.5
    assert np.median(share) > 0.9
    over_ground = draw(ball, WHITE, LENS, NOON, backdrop=backdrop)
    free = over_ground.owner < 0
    assert over_ground.colour[free].min() < 0.6
    assert np.median(over_ground.colour[free]) == pytest.approx(1.0, abs=0.02)


def test_equal_calls_give_equal_pictures():
    first, second = (draw(crowd(), WHITE, LENS, NOON).colour for _ in range(2))
    np.testing.assert_array_equal(first, second)
