from __future__ import annotations

import numpy as np
import pytest

from tacan.synthetic.places.placed_cameras import Boxing
from tacan.synthetic.tracklets.tracker_errors import Errors, box_at, make_errors, make_fragment

TRUE = (100.0, 100.0, 140.0, 200.0)
NEXT = (200.0, 110.0, 240.0, 210.0)
EXACT = Boxing(loose=(1.0, 1.0), shake=0.0, aspect=0.0, clipped=False)
SIZE = (480, 640)


def errors(shift=(0.0, 0.0), scale=(1.0, 1.0), drift=0.0):
    return Errors(np.array([shift]), np.array([scale]), np.array([drift]), 0)


def box(found, boxing=EXACT, neighbour=None, true=TRUE):
    return box_at(true, neighbour, found, 0, boxing, SIZE)


def test_without_errors_the_box_is_the_true_one():
    assert box(errors()) == pytest.approx(TRUE)


def test_each_error_moves_the_box_as_it_says():
    assert box(errors(shift=(0.5, -0.1))) == pytest.approx((120, 90, 160, 190))
    assert box(errors(scale=(1.5, 0.5))) == pytest.approx((90, 125, 150, 175))
    assert box(errors(drift=0.5), neighbour=NEXT) == pytest.approx((150, 105, 190, 205))
    assert box(errors(drift=1.0), neighbour=None) == pytest.approx(TRUE)
    narrow = Boxing((1.0, 1.0), 0.0, 0.5, clipped=False)
    assert box(errors(), narrow) == pytest.approx((95, 100, 145, 200))


def test_a_clipped_box_stays_in_the_picture_and_never_vanishes():
    clipped = Boxing((1.0, 1.0), 0.0, 0.0, clipped=True)
    for left, top in ((-20, -30), (-400, 50), (630, 50), (900, 900), (50, 470)):
        x1, y1, x2, y2 = box(errors(), clipped, true=(left, top, left + 40, top + 100))
        assert 0 <= x1 < x2 <= 640
        assert 0 <= y1 < y2 <= 480
        assert x2 - x1 >= 8
        assert y2 - y1 >= 16


@pytest.mark.parametrize("n", [1, 2, 5, 40, 200])
def test_errors_have_an_entry_for_every_frame(n):
    for seed in range(30):
        rng = np.random.default_rng(seed)
        lost = np.arange(n // 2)
        found = make_errors(n, EXACT, neighbours=2, lost=lost, rng=rng)
        assert found.shift.shape == found.scale.shape == (n, 2)
        assert found.drift.shape == (n,)
        assert (found.scale > 0).all()
        assert ((found.drift >= 0) & (found.drift <= 1)).all()
        assert found.onto in (0, 1)
        assert (np.abs(found.shift[lost, 0]) > 0.4).mean() > 0.6 if len(lost) else True


def test_faults_are_the_exception_and_all_of_them_occur():
    many = [
        make_errors(40, EXACT, neighbours=3, lost=None, rng=np.random.default_rng(seed))
        for seed in range(300)
    ]
    assert 0.05 < np.mean([found.drift.max() > 0 for found in many]) < 0.25
    late = [abs(found.shift[0, 0]) > 0.3 for found in many]
    early = [abs(found.shift[-1, 0]) > 0.3 for found in many]
    assert 0.04 < np.mean(late) < 0.25
    assert 0.04 < np.mean(early) < 0.25
    assert 0.02 < np.mean([found.scale[:, 1].min() < 0.85 for found in many]) < 0.2
    assert np.median([np.abs(found.shift).max() for found in many]) < 0.05


def test_fragments_are_off_their_person():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        found = make_fragment(6, errors(), rng)
        assert np.abs(found.shift[:, 1]).min() >= 0.35
