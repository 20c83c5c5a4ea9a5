"""Generates a whole data set: plan, pictures, tables and ground truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tacan.errors import ConfigError
from tacan.progress import Progress, silent
from tacan.records import DISTRACTOR_PID, JUNK_PID
from tacan.synthetic.atomic_folder import atomic_folder
from tacan.synthetic.layouts import Layout, find_layout
from tacan.synthetic.parallel import in_order
from tacan.synthetic.tracklets.dataset_plan import DatasetPlan, Part, plan_dataset
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings
from tacan.synthetic.tracklets.tracklet_truth import is_generated, write_manifest, write_visibility

if TYPE_CHECKING:
    from tacan.synthetic.tracklets.tracklet_renderer import Truth

__all__ = ["SyntheticDataset", "generate"]


@dataclass(frozen=True, slots=True)
class SyntheticDataset:
    """A generated data set on disk. `counts` has, for each split, its `identities`, `tracklets`,
    `frames`, `distractors` and `junk`; the last two count tracklets.
    """

    root: Path
    settings: DatasetSettings
    counts: dict[str, dict[str, int]]

    @property
    def n_tracklets(self) -> int:
        return sum(split["tracklets"] for split in self.counts.values())

    @property
    def n_frames(self) -> int:
        return sum(split["frames"] for split in self.counts.values())


def generate(
    out: Path,
    settings: DatasetSettings,
    *,
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
    settings
        What to make. What the imitated data set doesn't have is left out, whatever they ask for:
        iLIDS-VID, PRID-2011 and DukeMTMC-VideoReID have no junk, iLIDS-VID has no distractors,
        and the first two have one tracklet of a person in a camera. The settings in the manifest
        are those that were followed.
    workers
        Processes that draw. Their number does not change a byte.
    progress
        Called with tracklets drawn and tracklets in all.

    Raises `ConfigError` for an unknown layout or one that can't have these settings, and
    `StorageError` where `out` is taken or can't be written.
    """
    form = find_layout(settings.layout)
    settings = form.suit(settings)
    _check(settings, form, workers)
    plan = plan_dataset(settings, splits=form.has_splits)
    form.check(plan.parts)
    counts = _count(plan.parts)
    with atomic_folder(Path(out), ours=is_generated, force=force) as draft:
        drawn = _draw(draft, settings, plan, workers, progress)
        form.write_tables(draft, plan.parts)
        ids = [form.tracklet_id(part) for part in plan.parts]
        write_visibility(
            draft, ids, [truth.visibility for truth in drawn], [truth.boxes for truth in drawn]
        )
        write_manifest(draft, settings=settings.as_dict(), counts=counts)
    return SyntheticDataset(Path(out), settings, counts)


def _draw(
    draft: Path, settings: DatasetSettings, plan: DatasetPlan, workers: int, progress: Progress
) -> list[Truth]:
    """Writes the crops of all tracklets; what is known of each, in the order of the plan.

    They are drawn camera by camera: a renderer keeps what is behind the people of a few cameras.
    """
    from tacan.synthetic.tracklets.tracklet_renderer import (
        TrackletRenderer,  # compiled code takes a second to load
    )

    drawn: dict[int, Truth] = {}
    progress(0, len(plan.parts))
    order = sorted(range(len(plan.parts)), key=lambda i: plan.parts[i].camid)
    truths = in_order(
        TrackletRenderer, draft, settings, plan, order=order, workers=workers, chunk=8
    )
    for index, truth in zip(order, truths, strict=True):
        drawn[index] = truth
        progress(len(drawn), len(plan.parts))
    return [drawn[index] for index in range(len(plan.parts))]


def _check(settings: DatasetSettings, form: Layout, workers: int) -> None:
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
