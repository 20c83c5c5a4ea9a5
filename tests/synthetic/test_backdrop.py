from __future__ import annotations

import numpy as np

from tacan.synthetic.backdrop import BACKDROP_SIZE, paint_backdrop
from tacan.synthetic.cameras import make_cameras


def test_every_camera_looks_at_its_own_cluttered_place():
    views = [np.asarray(paint_backdrop(camera, height=64)) for camera in make_cameras(6, seed=0)]
    for view in views:
        assert view.shape == (round(BACKDROP_SIZE[0] * 64), round(BACKDROP_SIZE[1] * 64), 3)
        assert view.std(axis=(0, 1)).min() > 8
    for i, view in enumerate(views):
        for other in views[:i]:
            assert np.abs(view.astype(int) - other).mean() > 8


def test_a_camera_always_sees_the_same_place():
    camera = make_cameras(1, seed=5)[0]
    assert (
        paint_backdrop(camera, height=32).tobytes() == paint_backdrop(camera, height=32).tobytes()
    )
