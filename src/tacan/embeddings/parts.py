"""What a long extraction has finished, kept on disk until all of it is done.

A folder of parts belongs to one extraction, named by a key: the model, the settings and the list
of all frames. Parts of another key are of no use and are removed. Of a tracklet whose crops were
changed or mended since, nothing is kept.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.embeddings.reading import UnreadableCrop
from tacan.errors import StorageError
from tacan.files import atomic_path, drafts_in, names_sha256, write_text
from tacan.records import Tracklet, TrackletSplit

__all__ = ["EmbeddedTracklet", "Parts", "extraction_key", "file_states"]

KEY_FILE = "key.txt"


@dataclass(frozen=True, eq=False)
class EmbeddedTracklet:
    """Tracklet number `index` as it came out of the model."""

    index: int
    embedding: NDArray[np.float32] | None
    """[D], or None where no crop could be read."""
    clip_weights: NDArray[np.float32]
    """[m]"""
    unreadable: tuple[UnreadableCrop, ...]


def extraction_key(split: TrackletSplit, settings: dict[str, Any]) -> str:
    """SHA-256 of the settings and of every tracklet's frames, by name."""
    names = (
        (tracklet.tracklet_id, str(tracklet.directory), *tracklet.frames) for tracklet in split
    )
    return names_sha256(names, start=json.dumps(settings, sort_keys=True))


def file_states(tracklet: Tracklet) -> str:
    """SHA-256 of the size and the times of change of each of the tracklet's files.

    The time at which the file's entry changed counts as well as that of its content: it tells when
    a file was put back by a copy that keeps times, or became readable.
    """
    digest = hashlib.sha256()
    for index in range(len(tracklet)):
        try:
            state = tracklet.path(index).stat()
        except (OSError, ValueError):
            digest.update(b"none\n")
            continue
        digest.update(b"%d %d %d\n" % (state.st_size, state.st_mtime_ns, state.st_ctime_ns))
    return digest.hexdigest()


class Parts:
    """The folder of parts at `folder`, which need not exist.

    `open` makes it and gives what is there, `save` adds a part, `remove` clears it away.
    `states` are the `file_states` of each tracklet before any of its crops is read.
    """

    def __init__(self, folder: Path, *, key: str, states: Sequence[str] = ()) -> None:
        self._folder = folder
        self._key = key
        self._states = states

    def open(self) -> list[EmbeddedTracklet]:
        """All finished tracklets of this key whose files are as they were.

        Parts of another key, or damaged, are removed.

        Raises `StorageError` where nothing can be written: better now than after hours of work.
        """
        key_file = self._folder / KEY_FILE
        if not key_file.is_file() or key_file.read_text(encoding="utf-8") != self._key:
            self.remove()
            write_text(key_file, self._key)
            return []
        found: list[EmbeddedTracklet] = []
        for path in self._files():
            try:
                found += [
                    tracklet
                    for tracklet, state in _read_part(path)
                    if state == self._states[tracklet.index]
                ]
            except (OSError, ValueError, LookupError, TypeError, EOFError, zipfile.BadZipFile):
                path.unlink(missing_ok=True)
        return found

    def save(self, tracklets: Sequence[EmbeddedTracklet]) -> None:
        """Writes finished tracklets as one more part. Raises `StorageError`."""
        if not tracklets:
            return
        last = max((int(path.stem.removeprefix("part-")) for path in self._files()), default=-1)
        path = self._folder / f"part-{last + 1:06d}.npz"
        with atomic_path(path) as draft, draft.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **self._arrays(tracklets))

    def remove(self) -> None:
        """Deletes the folder, if it is there and holds parts. Raises `StorageError`."""
        if not self._folder.exists():
            return
        ours = {KEY_FILE, *(path.name for path in self._files())}
        drafts = {path.name for path in drafts_in(self._folder)}
        others = {path.name for path in self._folder.iterdir()} - ours - drafts
        if others:
            raise StorageError(
                f"{self._folder} is where unfinished work is kept, and must hold nothing else",
                got=", ".join(sorted(others)[:3]),
                remedy="Move these files away.",
            )
        shutil.rmtree(self._folder)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("part-*.npz"))

    def _arrays(self, tracklets: Sequence[EmbeddedTracklet]) -> dict[str, Any]:
        done = [tracklet for tracklet in tracklets if tracklet.embedding is not None]
        crops = [[asdict(crop) for crop in tracklet.unreadable] for tracklet in tracklets]
        return {
            "indices": np.array([tracklet.index for tracklet in tracklets], np.int64),
            "states": np.array([self._states[tracklet.index] for tracklet in tracklets]),
            "embedded": np.array([tracklet.embedding is not None for tracklet in tracklets]),
            "embeddings": np.array([tracklet.embedding for tracklet in done], np.float32),
            "clip_weights": np.concatenate([tracklet.clip_weights for tracklet in tracklets]),
            "n_clips": np.array([len(tracklet.clip_weights) for tracklet in tracklets], np.int64),
            "unreadable": np.array(json.dumps(crops)),
        }


def _read_part(path: Path) -> list[tuple[EmbeddedTracklet, str]]:
    """The tracklets of a part, each with the state of its files."""
    with np.load(path, allow_pickle=False) as archive:
        part = dict(archive)
    rows: Iterator[NDArray[np.float32]] = iter(part["embeddings"])
    weights = np.split(part["clip_weights"], np.cumsum(part["n_clips"])[:-1])
    crops = json.loads(str(part["unreadable"][()]))
    return [
        (
            EmbeddedTracklet(
                index=int(index),
                embedding=next(rows) if embedded else None,
                clip_weights=clip_weights,
                unreadable=tuple(UnreadableCrop(**crop) for crop in unreadable),
            ),
            str(state),
        )
        for index, state, embedded, clip_weights, unreadable in zip(
            part["indices"], part["states"], part["embedded"], weights, crops, strict=True
        )
    ]
