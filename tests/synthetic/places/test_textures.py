from __future__ import annotations

import numpy as np
import pytest

from tacan.synthetic.places.surfaces import GROUNDS, facade, front, ground, notice, panelling
from tacan.synthetic.places.textures import Texture, albedo, smooth_noise


def patch(texture, size=2.0, n=80, footprint=0.01):
    out, found = np.empty((n, n, 3)), np.empty(3)
    for i, v in enumerate(np.linspace(0, size, n, endpoint=False)):
        for j, u in enumerate(np.linspace(0, size, n, endpoint=False)):
            albedo(u, v, footprint, texture.row(), found)
            out[i, j] = found
    return out


def all_kinds(rng):
    yield from ((kind, ground(kind, rng)) for kind in GROUNDS)
    yield "facade", facade(rng)
    yield from ((style, front(style, rng)) for style in ("hedge", "shops", "panels"))
    yield "ceiling", panelling("ceiling", rng)
    yield "notice", notice(rng)[3]


def test_no_surface_is_flat_and_none_is_black_or_glares():
    for seed in range(3):
        for kind, texture in all_kinds(np.random.default_rng(seed)):
            shown = patch(texture, n=40)
            assert shown.min() >= 0, kind
            assert 0.005 < np.median(shown) < 1.1, kind
            assert shown.std(axis=(0, 1)).max() / shown.mean() > 0.02, kind


def test_cells_joints_and_chequers_are_where_they_should_be():
    plain = {"fine": 0.0, "middle": 0.0, "coarse": 0.0, "variation": 0.0}
    board = patch(
        Texture((1, 1, 1), second=(0, 0, 0), across=0.5, up=0.5, second_share=2.0, **plain)
    )
    rows, columns = np.mgrid[:80, :80] // 20
    assert np.array_equal(board[..., 0] == 0, (rows + columns) % 2 == 0)
    slabs = patch(Texture((1, 1, 1), joint_colour=(0, 0, 0), joint=0.05, **plain))
    dark = slabs[..., 0] < 0.5
    assert dark[:, [0, 39, 40, 79]].all()
    assert not dark[5:35, 5:35].any()
    shifted = patch(Texture((1, 1, 1), joint_colour=(0, 0, 0), joint=0.05, bond=0.5, **plain))
    assert (shifted[50:70, 20, 0] < 0.5).all()
    window = patch(Texture((1, 1, 1), second=(0.1, 0.1, 0.1), pane=0.5, **plain))
    assert window[20, 20, 0] < 0.2
    assert window[2, 2, 0] == 1


def test_what_is_far_away_is_averaged():
    gravel = ground("gravel", np.random.default_rng(0))
    near, far = patch(gravel, footprint=0.005), patch(gravel, footprint=0.3)
    assert far.std() < near.std()
    assert far.mean() == pytest.approx(near.mean(), rel=0.2)


def test_noise_is_smooth_repeatable_and_fills_its_range():
    values = np.array([[smooth_noise(x, y, 3) for x in np.arange(0, 8, 0.1)] for y in range(30)])
    assert np.abs(np.diff(values, axis=1)).max() < 0.35
    assert values.min() < -0.8
    assert values.max() > 0.8
    assert smooth_noise(-3.3, 7.1, 3) == smooth_noise(-3.3, 7.1, 3)
    assert smooth_noise(-3.3, 7.1, 3) != smooth_noise(-3.3, 7.1, 4)
