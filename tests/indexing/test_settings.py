from __future__ import annotations

import json

import pytest

from tacan.errors import ConfigError
from tacan.indexing.settings import (
    IndexSettings,
    changed_settings,
    checked_settings,
    setting_faults,
)
from tacan.video.cut import TrackletRules
from tacan.video.track import TRACKERS


def test_all_faults_are_named_at_once_and_spelling_is_helped() -> None:
    faults = setting_faults({"stride": 0, "strid": 2, "tiles": [0, 2], "threshold": 2})
    assert len(faults) == 4
    assert any("did you mean 'stride'" in fault for fault in faults)
    with pytest.raises(ConfigError) as caught:
        checked_settings({"stride": 0, "crops": 0}, source="here")
    assert len(caught.value.faults) == 2


def test_settings_survive_json() -> None:
    settings = IndexSettings(tiles=(2, 3), threshold=0.5, embedded_frames=None)
    tree = json.loads(json.dumps(settings.model_dump(mode="json")))
    assert IndexSettings.model_validate(tree) == settings
    assert changed_settings(tree, settings.model_dump(mode="json")) == []


def test_changes_are_named_with_both_values() -> None:
    before = IndexSettings().model_dump(mode="json")
    now = IndexSettings(stride=2, tiles=(2, 2)).model_dump(mode="json")
    assert changed_settings(before, now) == [
        "tiles was not given and is now [2, 2]",
        "stride was 1 and is now 2",
    ]
    assert changed_settings({**before, "old": 1}, before) == ["old was 1 and is now not given"]


def test_defaults_are_those_of_the_video_room() -> None:
    settings, rules = IndexSettings(), TrackletRules()
    names = ("min_frames", "min_seconds", "min_height", "min_sharpness", "max_seconds")
    assert [getattr(settings, n) for n in names] == [getattr(rules, n) for n in names]
    for tracker in TRACKERS:
        assert IndexSettings.model_validate({"tracker": tracker}).tracker == tracker
