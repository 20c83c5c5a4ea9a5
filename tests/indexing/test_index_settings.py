from __future__ import annotations

import json

import pytest

from tacan.errors import ConfigError
from tacan.indexing.index_settings import IndexSettings, changed_settings
from tacan.video.track import TRACKERS


def test_all_faults_are_named_at_once_and_spelling_is_helped() -> None:
    with pytest.raises(ConfigError) as caught:
        IndexSettings.model_validate(
            {"stride": 0, "strid": 2, "tiles": [0, 2], "detection_threshold": 2}
        )
    faults = caught.value.faults
    assert len(faults) == 4
    assert any("did you mean 'stride'" in fault for fault in faults)
    with pytest.raises(ConfigError) as caught:
        IndexSettings(stride=0, max_crops=0)
    assert len(caught.value.faults) == 2


def test_settings_survive_json() -> None:
    settings = IndexSettings(tiles=(2, 3), detection_threshold=0.5, embedded_frames=None)
    tree = json.loads(json.dumps(settings.model_dump(mode="json")))
    assert IndexSettings.model_validate(tree) == settings
    assert changed_settings(tree, settings.model_dump(mode="json")) == []


def test_changes_are_named_with_both_values() -> None:
    before = IndexSettings(tiles=None, stride=1).stored()
    now = IndexSettings(stride=2, tiles=(2, 2)).stored()
    assert changed_settings(before, now) == [
        "stride was 1, now 2",
        "tiles was not given, now [2, 2]",
    ]
    assert changed_settings({**before, "old": 1}, before) == ["old was 1, now not given"]


def test_trackers_are_those_of_the_video_room() -> None:
    for tracker in TRACKERS:
        assert IndexSettings.model_validate({"tracker": tracker}).tracker == tracker


def test_stored_settings_have_the_keys_that_galleries_have_had_from_the_beginning() -> None:
    stored = IndexSettings(track_threshold=0.25, max_crops=3, connect="off", stride=1).stored()
    assert list(stored) == [
        "detector", "tiles", "threshold", "stride", "tracker", "patience", "sure", "min_frames",
        "min_seconds", "min_height", "min_sharpness", "max_seconds", "crops", "jpeg_quality",
        "embedded_frames",
    ]  # fmt: skip
    assert (stored["sure"], stored["crops"], stored["patience"]) == (0.25, 3, 1.0)
    other = IndexSettings(track_threshold=0.5, max_crops=3, connect="off", stride=1).stored()
    assert changed_settings(stored, other) == ["track_threshold was 0.25, now 0.5"]


def test_a_detector_of_one_kind_is_one_with_or_without_its_name() -> None:
    """Older galleries have the kind only; which detector it is, the fingerprint says."""
    assert changed_settings({"detector": "torchvision"}, {"detector": "torchvision:ssd"}) == []
    assert changed_settings({"detector": "yolox:nano"}, {"detector": "yolox"}) == []
    assert changed_settings({"detector": "hog"}, {"detector": "yolox:nano"}) == [
        "detector was 'hog', now 'yolox:nano'"
    ]
