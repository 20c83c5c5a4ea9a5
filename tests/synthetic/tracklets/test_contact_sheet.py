from __future__ import annotations

import numpy as np
from PIL import Image

from tacan.synthetic.tracklets.contact_sheet import contact_sheet


def sheet(path, **settings):
    size = {"identities": 2, "cameras": 2, "seed": 1, "moments": 2, "height": 48, "width": 24}
    with Image.open(contact_sheet(path, **{**size, **settings})) as picture:
        return np.asarray(picture)


def test_rows_are_people_and_columns_cameras(tmp_path):
    told = []
    levels = sheet(tmp_path / "a.png", progress=lambda done, total: told.append((done, total)))
    assert levels.shape == (2 * 50, 2 * 2 * 26, 3)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    crops = levels.reshape(2, 50, 4, 26, 3)[:, :48, :, :24]
    assert crops.std(axis=(1, 3)).min() > 2
    assert (crops[0] != crops[1]).any(axis=(0, 2, 3)).all()


def test_equal_seeds_give_equal_sheets(tmp_path):
    np.testing.assert_array_equal(sheet(tmp_path / "a.png"), sheet(tmp_path / "b.png"))
    assert (sheet(tmp_path / "c.png", seed=2) != sheet(tmp_path / "a.png")).any()
