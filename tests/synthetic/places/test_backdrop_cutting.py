from __future__ import annotations

import numpy as np
import pytest

from tacan.synthetic.places.backdrop_cutting import cut


def test_cutting_is_bilinear_and_goes_on_beyond_the_edges():
    rows, columns = np.mgrid[:30, :40].astype(np.float32)
    ramp = np.dstack([columns + 0.5, rows + 0.5, columns, columns < 15]).astype(np.float32)
    found, ground = cut(ramp, (10.0, 5.0, 20.0, 25.0), height=40, width=5)
    assert found.shape == (40, 5, 3)
    assert found[0, :, 0] == pytest.approx([11, 13, 15, 17, 19], abs=1e-4)
    assert found[:, 0, 1] == pytest.approx(5.25 + 0.5 * np.arange(40), abs=1e-4)
    assert (ground == [True, True, False, False, False]).all()
    beyond, _ = cut(ramp, (-20.0, 10.0, -10.0, 20.0), height=4, width=4)
    assert (beyond[..., 0] == 0.5).all()
