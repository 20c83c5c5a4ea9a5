"""Tracklets become people, across cameras; a human's word stands above the machine's."""

from tacan.linking.decide import confirm, merge, name, reject, split, undo
from tacan.linking.link import LinkReport, link_gallery

__all__ = [
    "LinkReport",
    "confirm",
    "link_gallery",
    "merge",
    "name",
    "reject",
    "split",
    "undo",
]
