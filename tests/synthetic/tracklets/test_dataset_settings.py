from __future__ import annotations

import pytest

from tacan.errors import ConfigError
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings

GOOD = {"layout": "mars", "identities": 10, "cameras": 6, "seed": 0}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"identities": 0}, "identities"),
        ({"cameras": 1}, "cameras"),
        ({"seed": -1}, "seed"),
        ({"train_identities": 11}, "train_identities"),
        ({"train_identities": -1}, "train_identities"),
        ({"height": 8}, "pixels high"),
        ({"width": 2000}, "wide"),
        ({"min_frames": 0}, "min_frames"),
        ({"median_frames": 300}, "median_frames"),
        ({"max_frames": 1000}, "max_frames"),
        ({"tracklets_per_camera": 0}, "tracklets_per_camera"),
        ({"occluded_share": 1.1}, "occluded_share"),
        ({"occluded_share": float("nan")}, "occluded_share"),
        ({"crowded_share": 1.5}, "crowded_share"),
        ({"distractor_share": -0.1}, "distractor_share"),
        ({"junk_share": float("inf")}, "junk_share"),
    ],
)
def test_a_setting_out_of_range_is_named(change, named):
    with pytest.raises(ConfigError) as caught:
        DatasetSettings(**{**GOOD, **change})
    assert len(caught.value.faults) == 1
    assert named in caught.value.faults[0]


def test_all_faults_are_told_at_once():
    with pytest.raises(ConfigError) as caught:
        DatasetSettings(**{**GOOD, "identities": 0, "cameras": 0, "seed": -3})
    assert len(caught.value.faults) == 3


def test_good_settings_pass_and_turn_into_plain_values():
    assert DatasetSettings(**GOOD).as_dict().items() >= GOOD.items()
