"""Generates a whole data set: cast, scenes, pictures, tables and ground truth."""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image

from tacan.errors import ConfigError, StorageError
from tacan.progress import Progress, silent
from tacan.records import DISTRACTOR_PID, JUNK_PID
from tacan.synthetic.cameras import make_cameras
from tacan.synthetic.cast import Cast, Part, make_cast
from tacan.synthetic.layouts import Layout, find_layout
from tacan.synthetic.people import make_people
from tacan.synthetic.render import Studio
from tacan.synthetic.scene import plan_scene, scene_rng
from tacan.synthetic.settings import Settings
from tacan.synthetic.staging import staged_folder
from tacan.synthetic.truth import is_generated, write_manifest, write_visibility

__all__ = ["SyntheticDataset", "generate"]

_STREAM_NOISE = 41

Truth = tuple[np.ndarray, np.ndarray]
"""Visibilities float32 [frames] and boxes float32 [frames, 4] of one tracklet."""


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
        drawn = _draw_all(draft, settings, cast, workers, progress)
        form.write_tables(draft, cast.parts)
        ids = [form.tracklet_id(part) for part in cast.parts]
        write_visibility(draft, ids, [seen for seen, _ in drawn], [boxes for _, boxes in drawn])
        write_manifest(draft, settings=settings.as_dict(), counts=counts)
    return SyntheticDataset(Path(out), settings, counts)


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


def _draw_all(
    root: Path, settings: Settings, cast: Cast, workers: int, progress: Progress
) -> list[Truth]:
    """The crops of every tracklet; returns what is known of them in the cast's order."""
    drawn = []
    progress(0, len(cast.parts))
    for truth in _in_turn(root, settings, cast, min(workers, len(cast.parts))):
        drawn.append(truth)
        progress(len(drawn), len(cast.parts))
    return drawn


def _in_turn(root: Path, settings: Settings, cast: Cast, workers: int) -> Iterator[Truth]:
    if workers <= 1:
        artist = Artist(root, settings, cast)
        yield from map(artist.draw, range(len(cast.parts)))
        return
    _compile(Artist(root, settings, cast))
    # Spawned, not forked: the caller may hold threads (torch does), which a fork would break.
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_hire,
        initargs=(root, settings, cast),
    )
    try:
        yield from pool.map(_draw, range(len(cast.parts)), chunksize=8)
    except BrokenProcessPool as error:
        raise StorageError(
            "every drawing process must stay alive",
            got=str(error),
            remedy="Try again with fewer workers.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _compile(artist: Artist) -> None:
    """Draws a few crops, so that the processes find all code compiled and don't each do it."""
    for index in range(0, len(artist.cast.parts), max(1, len(artist.cast.parts) // 6)):
        part = artist.cast.parts[index]
        camera = artist.studio.cameras[part.camid - 1]
        scene = plan_scene(artist.settings, part, camera, artist.cast.passers[part.split])
        next(iter(artist.studio.pictures(scene, rng=np.random.default_rng(0))))


class Artist:
    """Draws single tracklets of one data set, each the same whoever draws it and when."""

    def __init__(self, root: Path, settings: Settings, cast: Cast) -> None:
        self.root = root
        self.settings = settings
        self.cast = cast
        self.layout = find_layout(settings.layout)
        self.studio = Studio(
            people=make_people(cast.n_people, seed=settings.seed),
            cameras=make_cameras(settings.cameras, seed=settings.seed),
            height=settings.height,
            width=settings.width,
        )

    def draw(self, index: int) -> Truth:
        """Writes the crops of tracklet `index`; returns what is known of them."""
        part = self.cast.parts[index]
        camera = self.studio.cameras[part.camid - 1]
        scene = plan_scene(self.settings, part, camera, self.cast.passers[part.split])
        noise = scene_rng(self.settings, part, stream=_STREAM_NOISE)
        first = self.root / self.layout.crop_name(part, 1)
        first.parent.mkdir(parents=True, exist_ok=True)
        visibility, boxes = [], []
        for frame, shot in enumerate(self.studio.pictures(scene, rng=noise), start=1):
            path = self.root / self.layout.crop_name(part, frame)
            path.write_bytes(_encode(shot.crop, path.suffix, quality=camera.look.quality))
            visibility.append(shot.visibility)
            boxes.append(shot.box)
        return np.array(visibility, dtype=np.float32), np.array(boxes, dtype=np.float32)


def _encode(crop: np.ndarray, suffix: str, *, quality: int) -> bytes:
    """The file of a crop: JPEG, with what its camera's `quality` leaves, or lossless PNG."""
    if suffix == ".jpg":
        return simplejpeg.encode_jpeg(crop, quality=quality)
    memory = io.BytesIO()
    Image.fromarray(crop).save(memory, "PNG", compress_level=1)
    return memory.getvalue()


_artist: Artist | None = None
"""The artist of a drawing process, made once when the process starts."""


def _hire(root: Path, settings: Settings, cast: Cast) -> None:
    global _artist
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller is interrupted, and stops us
    threading.Thread(target=_end_with_caller, daemon=True).start()
    _artist = Artist(root, settings, cast)


def _end_with_caller() -> None:
    """A killed caller can't stop its processes, which would wait for work for ever."""
    caller = multiprocessing.parent_process()
    if caller is not None:
        caller.join()
        os._exit(1)


def _draw(index: int) -> Truth:
    if _artist is None:
        raise RuntimeError("_draw runs only in processes that began with _hire")
    return _artist.draw(index)
