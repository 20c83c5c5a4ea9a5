from __future__ import annotations

import numpy as np

from tacan.synthetic.rendering.materials import Materials, assemble, linear, material
from tacan.synthetic.rendering.solids import BOX, ROUND, Solids, with_axis


def one(kind=ROUND, place=(0.5, 0.0, 1.0)):
    return Solids.of([kind], [np.eye(3)], [place], [(0.1, 0.1, 0.4)], [0])


def test_moving_turns_about_the_vertical_and_leaves_the_texture():
    moved = one().moved(np.pi / 2, (0.0, 0.0, 1.0))
    np.testing.assert_allclose(moved.place, [[0.0, 0.5, 2.0]], atol=1e-12)
    np.testing.assert_allclose(moved.frame[0, :, 0], [0.0, 1.0, 0.0], atol=1e-12)
    np.testing.assert_array_equal(moved.texture, one().texture)


def test_assembling_renumbers_materials():
    red, blue = material((1, 0, 0)), material((0, 0, 1))
    solids, looks = assemble([(one(), red), (one(BOX).owned(3), blue)])
    assert solids.material.tolist() == [0, 1]
    assert solids.owner.tolist() == [0, 3]
    np.testing.assert_array_equal(looks.colours[:, 0], [[1, 0, 0], [0, 0, 1]])


def test_nothing_joined_is_nothing():
    assert len(Solids.join([])) == len(Materials.join([])) == 0


def test_a_frame_along_an_axis_is_right_handed_even_along_x():
    for axis in (np.array([0.0, 0.3, -1.0]), np.array([2.0, 0.0, 0.0])):
        frame = with_axis(axis)
        np.testing.assert_allclose(frame.T @ frame, np.eye(3), atol=1e-12)
        assert np.linalg.det(frame) > 0.99


def test_linear_light_of_srgb_levels():
    np.testing.assert_allclose(linear((0, 128, 255)), [0, 0.2158605, 1], atol=1e-6)
