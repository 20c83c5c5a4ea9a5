"""What is known of generated videos, and where it is kept.

`<root>/<camera>.txt` has a line for each person in each frame, in the form of the MOT Challenge's
ground truth: `frame, id, left, top, width, height, 1, 1, visibility`, frames and ids from 1, sizes
in pixels. The ids are the same in all cameras. `<root>/manifest.json` names the cameras and when
their videos begin, and says which people each has seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacan.errors import DatasetLayoutError
from tacan.files import write_text
from tacan.synthetic.manifest import read_made_by, write_made_by
from tacan.synthetic.scenes.scene_settings import SceneSettings

if TYPE_CHECKING:
    from tacan.synthetic.scenes.camera_video import VisiblePerson
    from tacan.synthetic.scenes.site import Site

__all__ = ["is_scenes", "read_scenes", "write_scenes"]

_MAKER = "tacan scenes"
_MANIFEST = "manifest.json"


def write_scenes(
    root: Path,
    settings: SceneSettings,
    site: Site,
    visible: Mapping[str, Sequence[VisiblePerson]],
) -> None:
    """Writes the text file of each camera, and the manifest. `visible` go by camera names."""
    for name, found in visible.items():
        write_text(root / f"{name}.txt", "".join(_line(person) for person in found))
    cameras = [
        {
            "name": view.name,
            "video": f"{view.name}.mp4",
            "truth": f"{view.name}.txt",
            "start": settings.start,
            "position": [round(float(number), 3) for number in view.lens.position],
        }
        for view in site.views
    ]
    people = [
        {"id": person, "frames": {name: count for name in visible if (count := sum(
            seen.person == person and seen.visibility > 0 for seen in visible[name]
        ))}}
        for person in range(1, settings.people + 1)
    ]  # fmt: skip
    content = {
        "settings": settings.as_dict(),
        "place": site.place.kind,
        "fps": settings.fps,
        "n_frames": settings.n_frames,
        "cameras": cameras,
        "people": people,
    }
    write_made_by(_MAKER, root / _MANIFEST, content)


def _line(person: VisiblePerson) -> str:
    x1, y1, x2, y2 = person.box
    place = f"{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
    return f"{person.frame + 1},{person.person},{place},1,1,{person.visibility:.4f}\n"


def read_scenes(root: Path) -> dict[str, Any]:
    """The manifest of generated videos. Raises `DatasetLayoutError` where there is none."""
    return read_made_by(
        _MAKER,
        Path(root) / _MANIFEST,
        rule="generated videos must have their manifest beside them",
        remedy="Generate them again with `tacan scenes`.",
    )


def is_scenes(root: Path) -> bool:
    """Whether `root` holds whole generated videos."""
    try:
        read_scenes(root)
    except DatasetLayoutError:
        return False
    return True
