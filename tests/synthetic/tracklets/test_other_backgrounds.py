from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacan.datasets import load_dataset
from tacan.images.read import read_crop
from tacan.synthetic import DatasetSettings, generate, read_visibility
from tacan.synthetic.tracklets.other_backgrounds import draw_before_others


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("people") / "set"
    settings = DatasetSettings(
        layout="mars", identities=3, train_identities=0, cameras=2, seed=4, height=64, width=32,
        min_frames=2, median_frames=3, max_frames=4,
    )  # fmt: skip
    generate(root, settings)
    return root


def test_the_own_background_is_that_of_the_data_set(root: Path) -> None:
    """Its crops are those on disk, but for what JPEG has taken."""
    seen = read_visibility(root)
    split = {tracklet.tracklet_id: tracklet for tracklet in load_dataset("mars", root, "test")}
    redrawn = list(draw_before_others(root, n_tracklets=2, n_backgrounds=1))
    assert len(redrawn) == 2
    for each in redrawn:
        tracklet = split[each.tracklet_id]
        assert (tracklet.pid, tracklet.camid) == (each.pid, each.camid)
        assert each.visibility == pytest.approx(seen[each.tracklet_id])
        stored = np.stack([read_crop(tracklet.path(i)) for i in range(len(tracklet))])
        assert np.abs(each.crops[0].astype(int) - stored).mean() < 6
        assert np.abs(each.crops[1].astype(int) - stored).mean() > 6


def test_only_the_background_is_another(root: Path) -> None:
    (each,) = draw_before_others(root, n_tracklets=1, n_backgrounds=2)
    assert each.crops.shape[:2] == (3, len(each.visibility))
    own, *others = each.crops.astype(int)
    for other in others:
        assert np.abs(other - own).mean() > 3
    assert np.abs(others[0] - others[1]).mean() > 3
    (again,) = draw_before_others(root, n_tracklets=1, n_backgrounds=2)
    assert np.array_equal(each.crops, again.crops)
