"""What two galleries have in common, down to the last byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tacan.gallery import Gallery, open_gallery


def contents(gallery: Gallery | Path) -> dict[str, Any]:
    """All that indexing puts into a gallery, by the tracklets' names, as plain bytes."""
    if isinstance(gallery, Path):
        with open_gallery(gallery) as opened:
            return contents(opened)
    ids, vectors = gallery.vectors()
    rows = {int(number): row.tobytes() for number, row in zip(ids, vectors, strict=True)}
    found: dict[str, Any] = {"sources": [(s.name, s.state) for s in gallery.sources()]}
    for tracklet in gallery.tracklets():
        path = gallery.trajectory(tracklet.id)
        found[tracklet.name] = {
            "number": tracklet.number,
            "seconds": (tracklet.first_seconds, tracklet.last_seconds),
            "quality": tracklet.quality,
            "vector": rows[tracklet.id],
            "boxes": path.boxes.tobytes(),
            "frames": path.frames.tobytes(),
            "times": path.seconds.tobytes(),
            "weights": path.clip_weights.tobytes(),
            "clips": path.clip_frames.tobytes(),
            "crops": [
                (crop.frame, crop.box, crop.sharpness, crop.path.read_bytes())
                for crop in gallery.crops(tracklet.id)
            ],
        }
    return found
