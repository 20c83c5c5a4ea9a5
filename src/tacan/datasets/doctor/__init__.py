"""Examines a copy of a data set: what is missing or wrong, what it means, how to mend it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tacan.datasets import DATASETS, load_dataset, require_options
from tacan.datasets.doctor.counts import OFFICIAL_COUNTS, compare_counts, expected_counts
from tacan.datasets.doctor.crops import SAMPLE, check_all, sample
from tacan.datasets.doctor.duke import examine_duke_video
from tacan.datasets.doctor.duplicates import find_duplicates
from tacan.datasets.doctor.findings import Counts, Examined, Finding, Report
from tacan.datasets.doctor.folder_checks import examine_folder
from tacan.datasets.doctor.journal import Journal
from tacan.datasets.doctor.mars_checks import examine_mars
from tacan.datasets.doctor.pairs import examine_ilids_vid, examine_prid2011
from tacan.datasets.doctor.problem_kinds import PROBLEM_KINDS, ProblemKind
from tacan.datasets.layouts import require_layout, require_root
from tacan.errors import DataError, DatasetLayoutError
from tacan.progress import Progress, Stage, StageListener, unheard

__all__ = [
    "JOURNAL_NAME",
    "OFFICIAL_COUNTS",
    "PROBLEM_KINDS",
    "Counts",
    "Finding",
    "ProblemKind",
    "Report",
    "examine",
]

JOURNAL_NAME = ".tacan-doctor.journal"
"""Where a deep check notes what it has done, in the root, until it is complete."""

EXAMINERS: dict[str, Callable[..., Examined]] = {
    "mars": examine_mars,
    "ilids-vid": examine_ilids_vid,
    "prid2011": examine_prid2011,
    "duke-video": examine_duke_video,
    "folder": examine_folder,
}


def examine(
    dataset: str,
    root: Path,
    *,
    deep: bool = False,
    splits_file: Path | None = None,
    journal: Path | None = None,
    workers: int = 1,
    stages: StageListener = unheard,
) -> Report:
    """Examines the copy of `dataset` in `root`. Nothing in it is changed.

    Parameters
    ----------
    deep
        Decode every crop and compare all files, instead of decoding up to 1,000 of them.
    splits_file
        The splits of iLIDS-VID or PRID-2011, where they are not in their place in the root.
    journal
        Where a deep check notes what it has done, by default `.tacan-doctor.journal` in the
        root. An interrupted check goes on from there; a complete one removes it.
    workers
        Processes that decode, in a deep check.
    stages
        Told of two: listing, in folders (of each part of the data set), and decoding, in crops.

    Raises `DatasetLayoutError` for an unknown data set, splits of one that has none, or a root that
    is no folder or can't be read, and `StorageError` where the journal can't be written. Every
    other problem is a finding.
    """
    if dataset not in DATASETS:
        raise DatasetLayoutError(
            f"a data set must be one of {', '.join(DATASETS)}",
            got=repr(dataset),
            remedy="For tracklets of your own use 'folder'.",
        )
    require_options(dataset, [] if splits_file is None else ["splits_file"])
    require_root(dataset, root)
    try:
        require_layout(dataset, root)
    except DatasetLayoutError as error:
        return _without_layout(dataset, root, error)
    look = EXAMINERS[dataset]
    if "splits_file" in DATASETS[dataset].options:
        look = partial(look, splits_file=splits_file)
    with stages(Stage(1, 2, "listing", "folders", done=False)) as progress:
        examined = look(root, progress=progress)
    place = root / JOURNAL_NAME if journal is None else journal
    with stages(Stage(2, 2, "decoding", "crops", done=False)) as progress:
        n_decoded = _decode(examined, dataset, root, place if deep else None, workers, progress)
    expected, source = expected_counts(dataset, root)
    examined.add("counts", compare_counts(examined.counts, expected))
    if not any(finding.severity == "error" for finding in examined.findings):
        _ask_reader(examined, dataset, root, splits_file)
    return Report(
        dataset=dataset,
        root=root,
        findings=examined.findings,
        counts=examined.counts,
        expected=expected,
        source=source,
        n_files=len(examined.files),
        n_decoded=n_decoded,
        notice=DATASETS[dataset].notice,
    )


def _without_layout(dataset: str, root: Path, error: DatasetLayoutError) -> Report:
    examined = Examined()
    examined.add("layout", [f"{error.got}. {error.remedy}"])
    expected, source = expected_counts(dataset, root)
    return Report(dataset, root, examined.findings, {}, expected, source, 0, 0)


def _decode(
    examined: Examined,
    dataset: str,
    root: Path,
    journal: Path | None,
    workers: int,
    progress: Progress,
) -> int:
    """Decodes all crops if there is a journal or they are few, else a sample of them."""
    paths = [path for path, size in examined.files.items() if size > 0]
    if journal is None:
        chosen = sample(paths, SAMPLE)
        result = check_all(root, chosen, progress=progress)
    else:
        chosen = paths
        with Journal(journal) as notes:
            result = check_all(root, paths, journal=notes, workers=workers, progress=progress)
        notes.finish()
    examined.add("crop-damaged", result.damaged.values())
    if len(chosen) == len(paths):
        find_duplicates(examined, dataset, root, chosen, result.digests)
    return len(chosen)


def _ask_reader(examined: Examined, dataset: str, root: Path, splits_file: Path | None) -> None:
    """A copy in which nothing was found must also be one that can be read."""
    for split in DATASETS[dataset].splits:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                load_dataset(dataset, root, split, splits_file=splits_file)
        except DataError as error:
            examined.add("reader", [error])
