"""Generates a whole data set: cast, scenes, pictures, tables and ground truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tacan.errors import ConfigError
from tacan.progress import Progress, silent
from tacan.records import DISTRACTOR_PID, JUNK_PID
from tacan.synthetic.cast import Cast, Part, make_cast
from tacan.synthetic.layouts import Layout, find_layout
from tacan.synthetic.settings import Settings
from tacan.synthetic.staging import staged_folder
from tacan.synthetic.truth import is_generated, write_manifest, write_visibility
from tacan.synthetic.workers import in_turn

if TYPE_CHECKING:
    from tacan.synthetic.artist import Truth

__all__ = ["SyntheticDataset", "generate"]


@dataclass(frozen=True, slots=True)
class SyntheticDataset:
    """A generated data set on disk. `counts` has, for each split, its `identities`, `tracklets`,
    `frames`, `distractors` and `junk`; the last two count tracklets.
    """

    root: Path
    settings: Settings
    counts: dict[str, dict[str, int]]

    @property
    def n_tracklets(self) -> int:
        return sum(split["tracklets"] for split in self.counts.values())

    @property
    def n_frames(self) -> int:
        return sum(split["frames"] for split in self.counts.values())


def generate(
    out: Path,
    *,
    layout: str,
    identities: int,
    cameras: int,
    seed: int,
    camera_seed: int | None = Settings.camera_seed,
    train_identities: int | None = Settings.train_identities,
    height: int = Settings.height,
    width: int = Settings.width,
    min_frames: int = Settings.min_frames,
    median_frames: int = Settings.median_frames,
    max_frames: int = Settings.max_frames,
    seen_share: float = Settings.seen_share,
    tracklets_per_camera: int = Settings.tracklets_per_camera,
    occluded_share: float = Settings.occluded_share,
    distractor_share: float = Settings.distractor_share,
    junk_share: float = Settings.junk_share,
    workers: int = 1,
    force: bool = False,
    progress: Progress = silent,
) -> SyntheticDataset:
    """Writes a data set of generated people to `out`, with ground truth in `out/ground_truth`.

    Parameters
    ----------
    out
        A folder that is new or empty; with `force` it may hold an earlier generated data set,
        which is replaced. `out` appears when everything is written, and not before.
    workers
        Processes that draw. Their number does not change a byte.
    progress
        Called with tracklets drawn and tracklets in all.

    The other parameters are those of `tacan.synthetic.settings.Settings`. What the imitated data
    set doesn't have is left out, whatever they ask for: iLIDS-VID, PRID-2011 and
    DukeMTMC-VideoReID have no junk, iLIDS-VID has no distractors, and the first two have one
    tracklet of a person in a camera. The settings in the manifest are those that were followed.

    Raises `ConfigError` for settings out of range, `StorageError` where `out` is taken or can't
    be written.
    """
    settings = Settings(
        layout=layout,
        identities=identities,
        cameras=cameras,
        seed=seed,
        camera_seed=camera_seed,
        train_identities=train_identities,
        height=height,
        width=width,
        min_frames=min_frames,
        median_frames=median_frames,
        max_frames=max_frames,
        seen_share=seen_share,
        tracklets_per_camera=tracklets_per_camera,
        occluded_share=occluded_share,
        distractor_share=distractor_share,
        junk_share=junk_share,
    )
    form = find_layout(layout)
    settings = form.suit(settings)
    _check(settings, form, workers)
    cast = make_cast(settings, splits=form.has_splits)
    form.check(cast.parts)
    counts = _count(cast.parts)
    with staged_folder(Path(out), ours=is_generated, force=force) as draft:
        drawn = _draw(draft, settings, cast, workers, progress)
        form.write_tables(draft, cast.parts)
        ids = [form.tracklet_id(part) for part in cast.parts]
        write_visibility(
            draft, ids, [truth.visibility for truth in drawn], [truth.boxes for truth in drawn]
        )
        write_manifest(draft, settings=settings.as_dict(), counts=counts)
    return SyntheticDataset(Path(out), settings, counts)


def _draw(
    draft: Path, settings: Settings, cast: Cast, workers: int, progress: Progress
) -> list[Truth]:
    """Writes the crops of all tracklets; what is known of each, in the order of the cast.

    They are drawn camera by camera: an artist keeps what is behind the people of a few cameras.
    """
    from tacan.synthetic.artist import Artist  # the engine takes a second to load

    drawn: dict[int, Truth] = {}
    progress(0, len(cast.parts))
    order = sorted(range(len(cast.parts)), key=lambda i: cast.parts[i].camid)
    truths = in_turn(Artist, draft, settings, cast, order=order, workers=workers, chunk=8)
    for index, truth in zip(order, truths, strict=True):
        drawn[index] = truth
        progress(len(drawn), len(cast.parts))
    return [drawn[index] for index in range(len(cast.parts))]


def _check(settings: Settings, form: Layout, workers: int) -> None:
    faults = []
    if settings.train_identities is not None and not form.has_splits:
        faults.append(f"layout {settings.layout!r} has no splits: leave train_identities out")
    if workers < 1:
        faults.append(f"workers must be at least 1; got {workers}")
    if faults:
        raise ConfigError(faults, source="the generated data set")


def _count(parts: Sequence[Part]) -> dict[str, dict[str, int]]:
    counts = {}
    for split in dict.fromkeys(part.split for part in parts):
        mine = [part for part in parts if part.split == split]
        counts[split] = {
            "identities": len({part.pid for part in mine if part.pid > DISTRACTOR_PID}),
            "tracklets": len(mine),
            "frames": sum(part.n_frames for part in mine),
            "distractors": sum(part.pid == DISTRACTOR_PID for part in mine),
            "junk": sum(part.pid == JUNK_PID for part in mine),
        }
    return counts
