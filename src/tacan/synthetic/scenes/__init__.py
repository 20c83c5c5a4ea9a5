"""Synchronised videos of one place, with people who walk from camera to camera."""

from __future__ import annotations

from tacan.synthetic.scenes.scene_settings import SceneSettings
from tacan.synthetic.scenes.scene_truth import read_scenes
from tacan.synthetic.scenes.videos import SceneVideos, make_scenes

__all__ = ["SceneSettings", "SceneVideos", "make_scenes", "read_scenes"]
