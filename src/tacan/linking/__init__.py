"""Tracklets become people, across cameras; a human's word stands above the machine's."""

from tacan.linking.decide import cannot_tell, confirm, merge, name, reject, split, undo
from tacan.linking.link import LinkReport, link_gallery

__all__ = [
    "LinkReport",
    "cannot_tell",
    "confirm",
    "link_gallery",
    "merge",
    "name",
    "reject",
    "split",
    "undo",
]
