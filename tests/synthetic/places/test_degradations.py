from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tacan.synthetic.places.degradations import Look, make_look, take_picture

IDEAL = Look(
    matrix=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    brightness=0.2,
    gamma=2.2,
    contrast=0.0,
    haze=0.0,
    blur=0.0,
    shutter=0.0,
    noise=(0.0, 0.0),
    sharpen=0.0,
    compression=100,
    quality=100,
    resize=1,
)


def grey(level=0.2, size=(32, 16)):
    return np.full((*size, 3), level, dtype=np.float32)


def edge():
    light = grey(0.02)
    light[:, 8:] = 0.5
    return light


def shoot(light, look=IDEAL, gain=1.0, smear=(0.0, 0.0), size=None, seed=0):
    rng = np.random.default_rng(seed)
    return take_picture(light, look, gain=gain, smear=smear, size=size, rng=rng).astype(int)


def changed(**changes):
    return dataclasses.replace(IDEAL, **changes)


def test_an_ideal_camera_shows_the_light():
    for level in (0.02, 0.2, 0.7):
        assert shoot(grey(level)) == pytest.approx(255 * level ** (1 / 2.2), abs=2)
    assert (shoot(grey(5.0)) == 255).all()


def test_the_picture_comes_in_the_size_that_was_asked_for():
    assert shoot(grey(), size=(128, 64)).shape == (128, 64, 3)
    assert shoot(grey(size=(140, 70)), size=(32, 16)).shape == (32, 16, 3)


def test_each_fault_does_what_its_name_says():
    assert shoot(grey(), gain=2.0).mean() > shoot(grey()).mean() + 20
    assert shoot(grey(0.02), changed(haze=0.1)).mean() > shoot(grey(0.02)).mean() + 20
    assert shoot(grey(), changed(gamma=1.5)).mean() < shoot(grey()).mean() - 20
    crisp, dull = (shoot(edge(), changed(contrast=strength)) for strength in (0.8, -0.3))
    assert np.ptp(crisp) > np.ptp(dull)
    warm = shoot(grey(), changed(matrix=(1.5, 0, 0, 0, 1.0, 0, 0, 0, 0.5)))[0, 0]
    assert warm[0] > warm[1] > warm[2]
    grainy = shoot(grey(size=(64, 64)), changed(noise=(5.0, 5.0)))
    assert grainy.std() == pytest.approx(5.0, rel=0.3)
    for blurred in (
        shoot(edge(), changed(blur=1.5)),
        shoot(edge(), changed(shutter=0.1), smear=(60.0, 0.0)),
    ):
        assert np.abs(np.diff(blurred, axis=1)).max() < 0.7 * np.ptp(shoot(edge()))
    along = shoot(edge(), changed(shutter=0.1), smear=(0.0, 60.0))
    assert np.abs(np.diff(along, axis=1)).max() > 0.9 * np.ptp(shoot(edge()))
    sharp = shoot(edge(), changed(sharpen=1.0))
    assert sharp.min() < shoot(edge()).min()
    busy = np.random.default_rng(0).uniform(0, 1, (32, 16, 3)).astype(np.float32)
    assert np.abs(shoot(busy, changed(compression=20)) - shoot(busy)).mean() > 5


def test_exposure_gives_in_half_way():
    bright, dark = IDEAL.gain(0.8), IDEAL.gain(0.05)
    assert bright < 1 < dark
    assert 0.8 * bright > 0.05 * dark
    assert IDEAL.gain(0.2) == pytest.approx(1.0)


def test_the_noise_is_the_generators():
    look = changed(noise=(5.0, 2.0))
    assert np.array_equal(shoot(grey(), look, seed=1), shoot(grey(), look, seed=1))
    assert not np.array_equal(shoot(grey(), look, seed=1), shoot(grey(), look, seed=2))


def test_cameras_fail_differently():
    looks = [make_look(np.random.default_rng(seed)) for seed in range(40)]
    for name in ("matrix", "brightness", "gamma", "contrast", "compression", "noise"):
        assert len({getattr(look, name) for look in looks}) > 20
    light = edge()
    means = [shoot(light, look).mean(axis=(0, 1)) for look in looks]
    assert np.std(means, axis=0).min() > 5
