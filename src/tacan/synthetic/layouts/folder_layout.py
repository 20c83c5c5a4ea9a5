"""The `folder` layout: `<root>/<pid>/<pid>C<camid>T<tracklet>F<frame>.jpg`, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tacan.synthetic.layouts.layout import Layout
from tacan.synthetic.tracklets.dataset_plan import Part

__all__ = ["FOLDER"]


def tracklet_id(part: Part) -> str:
    return f"{part.pid}C{part.camid}T{part.number}"


def crop_name(part: Part, frame: int) -> str:
    return f"{part.pid}/{tracklet_id(part)}F{frame:03d}.jpg"


def write_tables(root: Path, parts: Sequence[Part]) -> None:
    """The file names say everything."""


FOLDER = Layout(
    has_splits=False,
    tracklet_id=tracklet_id,
    crop_name=crop_name,
    write_tables=write_tables,
    max_pid=999_999,
    max_camid=999,
    max_number=999_999,
)
