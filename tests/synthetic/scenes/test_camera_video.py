"""The truth against the pixels: boxes from the camera's numbers, masks from who owns a pixel."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tacan.synthetic.places.backdrop import paint_backdrops
from tacan.synthetic.rendering.materials import assemble
from tacan.synthetic.rendering.raster import draw
from tacan.synthetic.scenes.camera_video import CameraRenderer
from tacan.synthetic.scenes.scene_settings import SceneSettings

SETTINGS = SceneSettings(cameras=2, people=6, seconds=6, seed=5, height=240, width=320, fps=5)


@pytest.fixture(scope="module")
def shots():
    """(view, owners [H, W], sightings, renderer) of some frames of both cameras."""
    renderer = CameraRenderer(Path(), SETTINGS)
    found = []
    for view in renderer.site.views:
        empty = replace(renderer.site.place, fixtures=())
        [backdrop] = paint_backdrops(empty, view.lens, [renderer.site.light])
        colour, ground = backdrop.layers[..., :3].copy(), backdrop.layers[..., 3] > 0.5
        for frame in range(0, SETTINGS.n_frames, 5):
            picture, sightings = renderer.picture(view, frame, colour, ground)
            found.append((view, picture.owner, sightings, renderer))
    return found


def edges(mask):
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def test_every_pixel_of_a_person_lies_in_their_box(shots):
    checked = 0
    for _, owner, sightings, _ in shots:
        boxes = {sighting.person: sighting.box for sighting in sightings}
        people = set(np.unique(owner)) - {-1, 0}
        assert people <= set(boxes)
        for person in people:
            x1, y1, x2, y2 = edges(owner == person)
            box = boxes[int(person)]
            assert box[0] - 1 <= x1
            assert x2 <= box[2] + 1
            assert box[1] - 1 <= y1
            assert y2 <= box[3] + 1
            checked += 1
    assert checked > 20


def test_who_is_wholly_seen_fills_their_box_to_its_edges(shots):
    checked = 0
    for view, owner, sightings, _ in shots:
        for sighting in sightings:
            x1, y1, x2, y2 = sighting.box
            inside = x1 >= 0 and y1 >= 0 and x2 <= view.lens.width and y2 <= view.lens.height
            if inside and sighting.visibility == 1.0:
                assert edges(owner == sighting.person) == pytest.approx(sighting.box, abs=1.6)
                checked += 1
    assert checked > 10


def test_visibility_is_the_share_of_the_pixels_drawn_alone(shots):
    covered = 0
    for view, owner, sightings, renderer in shots:
        for sighting in sightings:
            x1, y1, x2, y2 = sighting.box
            if x1 < 0 or y1 < 0 or x2 > view.lens.width or y2 > view.lens.height:
                continue
            body = renderer._bodies(view, sighting.frame)[sighting.person]
            alone = draw(*assemble([body]), view.lens, renderer.site.light)
            whole = np.count_nonzero(alone.owner == sighting.person)
            seen = np.count_nonzero(owner == sighting.person)
            assert sighting.visibility == pytest.approx(seen / whole, abs=1e-9)
            covered += sighting.visibility < 0.95
    assert covered > 0


def test_boxes_are_where_the_camera_must_see_people(shots):
    """By hand: the feet of an upright person, projected with nothing but the camera's numbers."""
    for view, _, sightings, renderer in shots:
        lens = view.lens
        for sighting in sightings:
            x, y = renderer.routes[sighting.person - 1].place[sighting.frame]
            right, down, ahead = lens.rotation @ (np.array([x, y, 0.0]) - lens.position)
            column = lens.focal[0] * right / ahead + lens.width / 2
            row = lens.focal[1] * down / ahead + lens.height / 2
            height = sighting.box[3] - sighting.box[1]
            assert abs((sighting.box[0] + sighting.box[2]) / 2 - column) < 0.35 * height
            assert abs(sighting.box[3] - row) < 0.2 * height


def test_people_walk_from_camera_to_camera_and_keep_apart():
    long = replace(SETTINGS, seconds=30)
    renderer = CameraRenderer(Path(), long)
    seen = [set() for _ in range(long.people)]
    for i, route in enumerate(renderer.routes):
        for view in renderer.site.views:
            points = np.column_stack([route.place, np.ones(long.n_frames)])
            pixels, depth = view.lens.project(points)
            inside = (depth > 1) & (pixels >= 0).all(axis=1)
            inside &= (pixels < (view.lens.width, view.lens.height)).all(axis=1)
            if inside.sum() > 5:
                seen[i].add(view.name)
        assert np.hypot(*np.diff(route.place, axis=0).T).max() * long.fps < 4.0
    assert all(len(cameras) == 2 for cameras in seen)
    places = np.stack([route.place for route in renderer.routes])
    gaps = np.linalg.norm(places[:, None] - places[None], axis=-1)
    gaps[np.arange(long.people), np.arange(long.people)] = np.inf
    assert gaps.min() > 0.3
