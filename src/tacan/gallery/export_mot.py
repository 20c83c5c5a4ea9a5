"""Export of a gallery as MOT files with the ids of people, as TrackEval reads results."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tacan.errors import GalleryError
from tacan.files import require_safe_outputs, write_text
from tacan.gallery.gallery import Gallery

__all__ = ["export_mot"]


def export_mot(gallery: Gallery, root: Path) -> tuple[Path, ...]:
    """Writes `root/CAMERA.txt` for each camera: lines of frame,id,x,y,width,height,1,-1,-1,-1.

    Frames count from 1, as in the source; where a camera has several sources, each has a file
    `CAMERA-SOURCE.txt` with the number of the source. The id is the person's; a tracklet that was
    not linked has one that nobody else has. Where two tracklets of a person have a box in one
    frame, that of the longer one is written, since an id can be in a frame only once.

    Raises `GalleryError` for a `root` with something in it, `StorageError` where it can't be
    written.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise GalleryError(
            "MOT files must be exported to a new or empty folder",
            got=str(root),
            remedy="Name another one.",
        )
    tracklets = list(gallery.tracklets())
    beyond = max((each.person_id or 0 for each in tracklets), default=0)
    boxes: dict[int, dict[tuple[int, int], str]] = defaultdict(dict)
    for each in sorted(tracklets, key=lambda each: (-each.n_frames, each.id)):
        number = each.person_id or beyond + each.id
        trajectory = gallery.trajectory(each.id)
        for frame, (x1, y1, x2, y2) in zip(
            trajectory.frames.tolist(), trajectory.boxes.tolist(), strict=True
        ):
            box = f"{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
            boxes[each.source_id].setdefault((frame + 1, number), box)
    sources = gallery.sources()
    cameras = [source.camera for source in sources]
    written = []
    for source in sources:
        alone = cameras.count(source.camera) == 1
        path = root / f"{source.camera}{'' if alone else f'-{source.id}'}.txt"
        require_safe_outputs([path])
        lines = [
            f"{frame},{number},{box},1,-1,-1,-1\n"
            for (frame, number), box in sorted(boxes[source.id].items())
        ]
        write_text(path, "".join(lines))
        written.append(path)
    return tuple(written)
