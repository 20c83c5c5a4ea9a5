from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from tacan.synthetic.people.population import make_people
from tacan.synthetic.people.walking import Walker
from tacan.synthetic.places.placed_cameras import Boxing, Zone, make_cameras
from tacan.synthetic.rendering.lens import looking
from tacan.synthetic.tracklets.occluders import Placed
from tacan.synthetic.tracklets.renderer import KEPT_CAMERAS, Renderer
from tacan.synthetic.tracklets.tracker_errors import Errors
from tacan.synthetic.tracklets.tracklet_plan import Scene

EXACT = Boxing(loose=(1.0, 1.0), shake=0.0, aspect=0.0, clipped=False)
PEOPLE = make_people(5, seed=0)


def camera():
    """It hangs over the origin and looks north at people ten metres away, 128 pixels tall."""
    lens = looking((0, 0, 2.5), yaw=math.pi / 2, pitch=0.16, fov=0.45, height=384, width=512)
    look = make_cameras(1, seed=0)[0].look
    clear = dataclasses.replace(
        look, noise=(0.0, 0.0), blur=0.0, shutter=0.0, sharpen=0.0, compression=100, haze=0.0
    )
    return dataclasses.replace(
        make_cameras(1, seed=0)[0], lens=lens, look=clear, zone=Zone(0, 10, 3), boxing=EXACT
    )


def walker(n=3, *, person: int | None = 0, x=0.0, y=10.0, step=0.0, start=0):
    place = np.stack([x + step * np.arange(n), np.full(n, y)], axis=1)
    return Walker(person, start, place, np.zeros(n), np.arange(n) / 10, 1.2)


def screen(n=3, *, x=0.0, y=9.0, size=(3.0, 2.5), start=0, kind="wall"):
    return Placed(kind, size, 1, start, np.tile((x, y), (n, 1)), 0.0)


def errors(n=3, shift=(0.0, 0.0), scale=(1.1, 1.1), drift=0.0):
    return Errors(np.tile(shift, (n, 1)), np.tile(scale, (n, 1)), np.full(n, drift), 0)


def scene(target, *things, others=(), faults=None):
    n = len(target.phase)
    return Scene(1, n, 0, 1.0, target, tuple(others), things, faults or errors(n))


def shoot(plan, height=64):
    renderer = Renderer(PEOPLE, (camera(),), height, height // 2)
    return list(renderer.pictures(plan, rng=np.random.default_rng(0)))


def seen(plan, height=64):
    return [shot.visibility for shot in shoot(plan, height)]


@pytest.mark.parametrize("height", [32, 64, 128])
def test_a_person_in_the_open_is_wholly_visible(height):
    shots = shoot(scene(walker(4)), height)
    assert all(shot.crop.shape == (height, height // 2, 3) for shot in shots)
    assert all(shot.crop.dtype == np.uint8 for shot in shots)
    assert [shot.visibility for shot in shots] == [1.0] * 4


def test_a_wall_hides_them_while_it_stands_there():
    assert seen(scene(walker(4), screen(2, start=1))) == [1.0, 0.0, 0.0, 1.0]


def test_what_stands_behind_hides_nothing():
    plain = shoot(scene(walker()))
    crowded = shoot(scene(walker(), others=[walker(person=1, x=0.2, y=12.0)]))
    assert [shot.visibility for shot in crowded] == [1.0] * 3
    assert not np.array_equal(plain[0].crop, crowded[0].crop)


def test_who_walks_in_front_hides_most():
    shares = seen(scene(walker(), others=[walker(person=1, y=9.4), walker(person=2, y=9.3, x=0.2)]))
    assert max(shares) < 0.5


def test_visibility_counts_what_the_box_cuts_off():
    low = seen(scene(walker(), faults=errors(shift=(0.0, 0.5), scale=(1.2, 1.0))))
    assert all(0.25 < share < 0.75 for share in low)
    assert seen(scene(walker(), faults=errors(shift=(3.0, 0.0)))) == [0.0] * 3


def test_without_a_person_nothing_is_visible_and_there_is_no_box():
    for shot in shoot(scene(walker(person=None), screen(x=0.4))):
        assert shot.visibility == 0.0
        assert np.isnan(shot.box).all()
        assert not shot.mask.any()
        assert shot.crop.std() > 1


def test_the_mask_is_the_person_and_nobody_in_front():
    alone = shoot(scene(walker(1)))[0]
    behind = shoot(scene(walker(1), others=[walker(1, person=1, x=0.15, y=9.4)]))[0]
    assert alone.mask.shape == behind.mask.shape
    assert not (behind.mask & ~alone.mask).any()
    assert behind.mask.sum() == pytest.approx(behind.visibility * alone.mask.sum(), rel=0.01)


def test_the_box_is_the_persons_whatever_the_tracker_does():
    plain = shoot(scene(walker()))[0].box
    assert plain == pytest.approx(
        (0.5 - 0.5 / 1.1, 0.5 - 0.5 / 1.1, 0.5 + 0.5 / 1.1, 0.5 + 0.5 / 1.1)
    )
    hidden = shoot(scene(walker(), screen()))[0].box
    assert hidden == pytest.approx(plain)
    aside = shoot(scene(walker(), faults=errors(shift=(0.55, 0.0))))[0].box
    assert aside[0] == pytest.approx(plain[0] - 0.5)
    assert aside[1] == pytest.approx(plain[1])


def test_backdrops_of_a_few_cameras_are_kept_and_others_painted_anew():
    cameras = make_cameras(KEPT_CAMERAS + 3, seed=0)
    renderer = Renderer(PEOPLE, cameras, 64, 32)

    def crop(camid):
        plan = dataclasses.replace(scene(walker(1, person=None)), camid=camid)
        return next(renderer.pictures(plan, rng=np.random.default_rng(0))).crop

    camids = [camera.camid for camera in cameras]
    first = [crop(camid) for camid in camids]
    assert list(renderer._backdrops) == camids[-KEPT_CAMERAS:]
    for camid, before in zip(camids, first, strict=True):
        np.testing.assert_array_equal(crop(camid), before)
    assert len(np.unique([picture.mean() for picture in first])) == len(camids)


def test_visibility_is_the_share_of_the_persons_pixels_left():
    """Against the pictures alone: what a person changes in an empty crop, and what they change
    behind a pole.
    """
    renderer = Renderer(PEOPLE, (camera(),), 128, 64)
    body = renderer._body(walker(1), 0, 1)
    assert body is not None

    def picture(person, *things):
        target = walker(1, person=person)
        plan = scene(target, *things, faults=errors(1, scale=(1.3, 1.2)))
        studio_now = Renderer(PEOPLE, (camera(),), 128, 64)
        if person is None:
            studio_now._box = lambda *_: box  # the same box, with nobody in it
        shot = next(studio_now.pictures(plan, rng=np.random.default_rng(0)))
        return shot.crop.astype(int), shot.visibility

    from tacan.synthetic.rendering.raster import bounds
    from tacan.synthetic.tracklets.tracker_errors import box_at

    outline = bounds(body[0], camera().lens)
    assert outline is not None
    box = box_at(outline, None, errors(1, scale=(1.3, 1.2)), 0, EXACT, (384, 512))
    # Shadows reach the ground about the feet, so that only the upper rows can be told by eye.
    rows = slice(0, 100)

    def changed(*things):
        with_them, share = picture(0, *things)
        without, _ = picture(None, *things)
        return (np.abs(with_them - without).max(axis=2) > 12)[rows], share

    alone, whole = changed()
    assert whole == 1.0
    for x in (-0.25, 0.0, 0.2):
        left, share = changed(screen(1, x=x, y=9.3, size=(0.2, 3.0), kind="pillar"))
        assert 0.2 < share < 0.95
        assert left.sum() / alone.sum() == pytest.approx(share, abs=0.12)


def test_a_drifting_box_goes_over_to_the_neighbour():
    other = walker(person=1, x=1.5)
    stays = shoot(scene(walker(), others=[other]))
    drifts = shoot(scene(walker(), others=[other], faults=errors(drift=1.0)))
    assert stays[0].visibility == 1.0
    assert drifts[0].visibility < 0.3
    assert drifts[0].box[0] < -0.5
