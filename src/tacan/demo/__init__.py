"""The main job in small: generated people, two models, and a report that compares them."""

from tacan.demo.run_demo import DemoRecord, run_demo
from tacan.demo.settings import METHODS, PROTOCOL, DemoSettings

__all__ = [
    "METHODS",
    "PROTOCOL",
    "DemoRecord",
    "DemoSettings",
    "run_demo",
]
