"""Unlabelled tracklets, from a folder or a gallery, and what is certain about who is who.

Legend: N tracklets, n pairs.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacan.clips.split import consecutive_clips
from tacan.datasets.crop_folders import list_crops, list_folders
from tacan.datasets.folder import FRAME_STEM, parse_pid, read_folder
from tacan.datasets.sequences import last_number
from tacan.errors import DataError
from tacan.files import GALLERY_DATABASE
from tacan.gallery import Gallery, open_gallery
from tacan.images.read import read_crop_bytes
from tacan.linking.evidence import gather_evidence
from tacan.progress import Progress, silent
from tacan.records import DISTRACTOR_PID, Tracklet

__all__ = ["FEWEST_CLIPS", "FEWEST_TRACKLETS", "MOST_CLIPS", "Footage", "read_footage"]

MOST_CLIPS = 16
"""Clips of a tracklet that are looked at, evenly chosen: as many crops as a gallery keeps."""
FEWEST_CLIPS = 4
"""Of fewer, no two halves can be told apart and partly hidden."""
FEWEST_TRACKLETS = 10

Pairs = NDArray[np.int64]
NO_PAIRS = np.empty((0, 2), np.int64)


@dataclass(frozen=True, eq=False)
class Footage:
    """N tracklets in the order of their content's digests, each with the clips that are used.

    frames
        For each tracklet int64 [m, T]: the numbers of its frames that are used, 4 <= m <= 16.
    strangers, together
        Pairs of tracklets [n, 2] that are certainly two people, and one person.
    known_by
        How the strangers are known, in words.
    digest
        SHA-256 of everything that is used.
    n_short, n_unused
        Tracklets that were too short, and that were more than asked for.
    """

    tracklets: tuple[Tracklet, ...]
    frames: tuple[NDArray[np.int64], ...]
    strangers: Pairs
    together: Pairs
    known_by: str
    digest: str
    n_short: int
    n_unused: int

    def __len__(self) -> int:
        return len(self.tracklets)


def read_footage(
    path: Path, *, clip_len: int, at_most: int, progress: Progress = silent
) -> Footage:
    """The tracklets in a gallery, in a folder in the layout `folder`, whose pids are passed over,
    or in a folder with a sub-folder of crops for each.

    Of more than `at_most` tracklets with at least 4 clips of `clip_len` frames, so many are evenly
    chosen. Every crop that is used is read once, for its digest; progress is in tracklets.

    Raises `DataError` for fewer than 10 tracklets, and whatever reading folder, gallery or crops
    raises.
    """
    is_gallery = os.path.isfile(path / GALLERY_DATABASE)  # noqa: PTH113  (too long a name is no file)
    everything = _of_gallery(path) if is_gallery else _of_folder(path)
    tracklets, strangers, together, known_by = everything
    least = (FEWEST_CLIPS - 1) * clip_len + 1
    long = [number for number, each in enumerate(tracklets) if len(each) >= least]
    if len(long) < FEWEST_TRACKLETS:
        raise DataError(
            f"adapting needs at least {FEWEST_TRACKLETS} tracklets of {least} crops or more",
            got=f"{len(long)} among {len(tracklets)} in {path}",
            remedy="Take more footage; until then the model is best left as it is.",
        )
    chosen = long
    if len(long) > at_most:
        chosen = [long[round(place)] for place in np.linspace(0, len(long) - 1, at_most)]
    used = {number: _evenly(len(tracklets[number]), clip_len) for number in chosen}
    digests = {}
    for done, number in enumerate(chosen, start=1):
        digests[number] = _digest(tracklets[number], used[number])
        progress(done, len(chosen))
    order = sorted(chosen, key=lambda number: (digests[number], number))
    place_of = {number: place for place, number in enumerate(order)}
    return Footage(
        tracklets=tuple(tracklets[number] for number in order),
        frames=tuple(used[number] for number in order),
        strangers=_renumbered(strangers, place_of),
        together=_renumbered(together, place_of),
        known_by=known_by,
        digest=hashlib.sha256("".join(digests[number] for number in order).encode()).hexdigest(),
        n_short=len(tracklets) - len(long),
        n_unused=len(long) - len(chosen),
    )


def _evenly(n_frames: int, clip_len: int) -> NDArray[np.int64]:
    """The clips [m, T] of a tracklet that are used."""
    clips = consecutive_clips(n_frames, clip_len)
    return clips[np.linspace(0, len(clips) - 1, min(len(clips), MOST_CLIPS)).round().astype(int)]


def _digest(tracklet: Tracklet, frames: NDArray[np.int64]) -> str:
    digest = hashlib.sha256()
    for number in np.unique(frames).tolist():
        digest.update(hashlib.sha256(read_crop_bytes(tracklet.path(number))).digest())
    return digest.hexdigest()


def _renumbered(pairs: NDArray[np.integer], place_of: dict[int, int]) -> Pairs:
    kept = [
        (place_of[a], place_of[b]) for a, b in pairs.tolist() if a in place_of and b in place_of
    ]
    return np.array(sorted(kept), np.int64).reshape(-1, 2)


def _of_gallery(path: Path) -> tuple[list[Tracklet], Pairs, Pairs, str]:
    with open_gallery(path) as gallery:
        people = gallery.store.people()
        said = [word for decision in people.decisions() for word in decision.judgements]
        evidence = gather_evidence(gallery, judgements=said, people=people.persons())
        row_of = {number: row for row, number in enumerate(evidence.columns.ids.tolist())}
        tracklets, place_of = [], {}
        for stored in gallery.tracklets():
            tracklet = _stored(gallery, stored.id, stored.name)
            if tracklet is not None:
                place_of[row_of[stored.id]] = len(tracklets)
                tracklets.append(tracklet)
    apart, together = (_renumbered(each, place_of) for each in (evidence.apart, evidence.together))
    return tracklets, apart, together, "seen at once by one camera, or told apart by a human"


def _stored(gallery: Gallery, tracklet_id: int, name: str) -> Tracklet | None:
    """The crops of a gallery's tracklet that are there, in the order of time."""
    paths = [crop.path for crop in gallery.crops(tracklet_id) if crop.path.is_file()]
    if not paths:
        return None
    return Tracklet(name, DISTRACTOR_PID, 0, paths[0].parent, tuple(path.name for path in paths))


def _of_folder(root: Path) -> tuple[list[Tracklet], Pairs, Pairs, str]:
    if _is_layout(root):
        tracklets = list(read_folder(root).tracklets)
        return tracklets, _at_once(tracklets), NO_PAIRS, "seen at once, by their frame numbers"
    tracklets = []
    for folder in list_folders(root):
        names = sorted(list_crops(folder), key=lambda name: (last_number(name) or 0, name))
        if names:
            tracklets.append(Tracklet(folder.name, DISTRACTOR_PID, 0, folder, tuple(names)))
    if not tracklets:
        # What the layout's reader says of a folder without people fits here as well.
        tracklets = list(read_folder(root).tracklets)
    return tracklets, NO_PAIRS, NO_PAIRS, "the folder doesn't say who was seen at once"


def _is_layout(root: Path) -> bool:
    """Whether the first crop is named as in the layout `folder`."""
    for folder in list_folders(root):
        for name in list_crops(folder):
            match = FRAME_STEM.fullmatch(Path(name).stem)
            return match is not None and parse_pid(match[1]) == parse_pid(folder.name)
    return False


def _at_once(tracklets: list[Tracklet]) -> Pairs:
    """Pairs of one camera whose frame numbers overlap.

    Only where these count a camera's time: where most of its tracklets begin at the same number,
    each is counted for itself.
    """
    cameras: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for number, tracklet in enumerate(tracklets):
        first, last = (_frame_number(tracklet.frames[end]) for end in (0, -1))
        cameras[tracklet.camid].append((first, last, number))
    pairs = []
    for spans in cameras.values():
        if 2 * len({first for first, _, _ in spans}) <= len(spans):
            continue
        spans.sort()
        for place, (_, last, number) in enumerate(spans):
            for first, _, other in spans[place + 1 :]:
                if first > last:
                    break
                pairs.append((number, other))
    return np.array(pairs, np.int64).reshape(-1, 2)


def _frame_number(name: str) -> int:
    match = FRAME_STEM.match(name)
    return int(match[4]) if match else 0
