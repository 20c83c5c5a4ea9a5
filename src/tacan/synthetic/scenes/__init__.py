"""Synchronised videos of one place, with people who walk from camera to camera."""

from __future__ import annotations

from tacan.synthetic.scenes.produce import SceneVideos, make_scenes
from tacan.synthetic.scenes.truth import read_scenes

__all__ = ["SceneVideos", "make_scenes", "read_scenes"]
