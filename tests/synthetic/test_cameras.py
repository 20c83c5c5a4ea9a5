from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from tacan.synthetic.cameras import make_cameras, take_picture

PLAIN = dataclasses.replace(
    make_cameras(1, seed=0)[0],
    matrix=(1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    gamma=1.0,
    blur=0.0,
    noise=0.0,
)


def picture_of(camera, scene=None, light=1.0, seed=0):
    if scene is None:
        scene = Image.new("RGB", (16, 32), (120, 100, 80))
    return take_picture(scene, camera, light=light, rng=np.random.default_rng(seed))


def test_cameras_differ_in_everything_that_the_picture_shows():
    cameras = make_cameras(8, seed=0)
    assert [camera.camid for camera in cameras] == list(range(1, 9))
    for name in ("side", "matrix", "gamma", "blur", "noise", "seed"):
        assert len({getattr(camera, name) for camera in cameras}) == 8
    assert len({camera.place for camera in cameras[:5]}) == 5
    turned = np.cos(np.radians([camera.side for camera in cameras[:6]]))
    assert turned.max() > 0.9
    assert turned.min() < -0.9
    assert np.abs(turned).min() < 0.3
    assert make_cameras(3, seed=0) == cameras[:3]


def test_a_faultless_camera_shows_the_scene():
    noise = np.random.default_rng(0).integers(0, 256, (32, 16, 3), dtype=np.uint8)
    assert np.array_equal(picture_of(PLAIN, Image.fromarray(noise)), noise)


def test_each_fault_does_what_its_name_says():
    edge = np.zeros((32, 16, 3), dtype=np.uint8)
    edge[:, 8:] = 200
    scene = Image.fromarray(edge)
    soft = picture_of(dataclasses.replace(PLAIN, blur=0.05), scene).astype(int)
    assert np.abs(np.diff(soft, axis=1)).max() < 120
    grainy = picture_of(dataclasses.replace(PLAIN, noise=5.0)).astype(float)
    assert grainy.std(axis=(0, 1)) == pytest.approx(5.0, rel=0.25)
    darker = picture_of(dataclasses.replace(PLAIN, gamma=2.0))
    assert darker[0, 0, 0] == round(255 * (120 / 255) ** 2)
    warm = dataclasses.replace(PLAIN, matrix=(1.5, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 0.5, 7.0))
    assert picture_of(warm)[0, 0].tolist() == [180, 100, 47]
    assert picture_of(PLAIN, light=0.5)[0, 0].tolist() == [60, 50, 40]


def test_the_noise_is_the_generators():
    camera = dataclasses.replace(PLAIN, noise=5.0)
    assert np.array_equal(picture_of(camera, seed=1), picture_of(camera, seed=1))
    assert not np.array_equal(picture_of(camera, seed=1), picture_of(camera, seed=2))
