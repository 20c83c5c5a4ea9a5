"""Who is asked for on the page, made ready to search with: walks, pictures that were sent, boxes.

What was sent lies in a folder of this run, which goes when the run ends.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tacan.app.problems import not_found
from tacan.errors import ConfigError
from tacan.gallery import Gallery
from tacan.images.read import MAX_CROP_BYTES, decode_crop
from tacan.search.parse import Pictures
from tacan.search.query import gallery_model_opener
from tacan.text import counted

if TYPE_CHECKING:
    from tacan.embeddings.embedder import ClipEmbedder

__all__ = ["MOST_PICTURES", "Queries"]

MOST_PICTURES = 50
"""Pictures of one person that can be sent at once."""
MOST_KEPT = 40
"""What was sent before is forgotten when so many others were sent since."""
MOST_BYTES = 512 * 2**20


class Queries:
    """Pictures that were sent, by the digest of their bytes, and the models of the galleries.

    `turn` is held by who computes with a model or a detector: one at a time, since each takes all
    cores.
    """

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self._guard = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._kept: OrderedDict[str, tuple[tuple[Path, ...], int]] = OrderedDict()
        self._openers: dict[tuple[str, str, str], Callable[[], ClipEmbedder]] = {}

    def opener(self, gallery: Gallery) -> Callable[[], ClipEmbedder]:
        """What opens the gallery's model, which then stays open."""
        model = gallery.model
        key = model.name, model.fingerprint, model.clip_weight
        with self._guard:
            if key not in self._openers:
                self._openers[key] = gallery_model_opener(model)
            return self._openers[key]

    def keep(self, pictures: Sequence[bytes]) -> str:
        """Keeps pictures of one person, and gives the name by which they are asked for.

        Raises `ConfigError` for too many or none, `CropError` for what is no whole picture.
        """
        if not 1 <= len(pictures) <= MOST_PICTURES:
            fault = f"one searches with 1 to {MOST_PICTURES} pictures; got {len(pictures)}"
            raise ConfigError([fault], source="the pictures")
        digest = hashlib.sha256()
        for number, data in enumerate(pictures, start=1):
            if len(data) > MAX_CROP_BYTES:
                fault = f"a picture must not exceed {MAX_CROP_BYTES:,} bytes; got {len(data):,}"
                raise ConfigError([fault], source="the pictures")
            decode_crop(Path(f"picture {number}"), data)
            digest.update(hashlib.sha256(data).digest())
        name = digest.hexdigest()[:32]
        with self._guard:
            if name not in self._kept:
                self._kept[name] = self._write(name, pictures), sum(map(len, pictures))
            self._kept.move_to_end(name)
            while len(self._kept) > 1 and (
                len(self._kept) > MOST_KEPT or sum(n for _, n in self._kept.values()) > MOST_BYTES
            ):
                _forget(self._kept.popitem(last=False)[1][0])
        return name

    def pictures(self, name: str) -> Pictures:
        """Pictures that were kept; not found (404) where they were forgotten."""
        with self._guard:
            if name not in self._kept:
                raise not_found("These pictures are no longer here: choose them again.")
            self._kept.move_to_end(name)
            paths = self._kept[name][0]
        label = "your picture" if len(paths) == 1 else f"your {counted(len(paths), 'picture')}"
        return Pictures(paths, label)

    def close(self) -> None:
        """Forgets everything."""
        with self._guard:
            self._kept.clear()
            self._openers.clear()
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None

    def _write(self, name: str, pictures: Sequence[bytes]) -> tuple[Path, ...]:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="tacan-")
        folder = Path(self._folder.name) / name
        folder.mkdir()
        paths = tuple(folder / f"{number:02d}" for number in range(len(pictures)))
        for path, data in zip(paths, pictures, strict=True):
            path.write_bytes(data)
        return paths


def _forget(paths: tuple[Path, ...]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
    paths[0].parent.rmdir()
