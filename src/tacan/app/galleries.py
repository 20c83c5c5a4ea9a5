"""The galleries that a run of the server shows, each open once for all who read it."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tacan.errors import ConfigError, GalleryError, TacanError
from tacan.files import GALLERY_DATABASE
from tacan.gallery import Gallery, open_gallery
from tacan.gallery.opening import gallery_exists
from tacan.gallery.postgres.address import is_address, parse_address
from tacan.retrieval.calibration import Calibration

__all__ = ["ServedGalleries", "UnknownGalleryError"]

SUFFIX = ".gallery"
RECALIBRATED_AT = 1.1
WRITING_WAIT = 5.0
"""Seconds that a change waits for another writer, such as a run of `tacan index`."""

_NAME = re.compile(r"\w[\w .-]{0,79}")


class UnknownGalleryError(GalleryError):
    """A gallery that this run does not show."""


class ServedGalleries:
    """Galleries by their names in the page's addresses, which are those of their folders, or of
    their databases on a server.

    `places` are folders, and addresses of galleries on a server. `home` is a folder whose galleries
    are shown as well, also those that are made later, and in which new ones are made; None where
    only `places` are shown. Raises `GalleryError` for an address that holds a password.
    """

    def __init__(self, places: Sequence[Path | str] = (), *, home: Path | None = None) -> None:
        self.home = home
        self._places: dict[str, Path | str] = {}
        self._found: set[str] = set()
        self._opened: dict[str, tuple[int | None, Gallery]] = {}
        self._guard = threading.RLock()
        self._calibrations: dict[str, tuple[tuple[int, int], Calibration]] = {}
        self._calibrating = threading.Lock()
        self._writing: dict[str, threading.RLock] = {}
        for place in places:
            if is_address(place):
                called, kept = parse_address(place).shown.name, str(place)
            else:
                kept = Path(place).resolve()
                called = kept.name
            self._places[_free_name(called, self._places)] = kept

    def names(self) -> tuple[str, ...]:
        """All that are there now, or are going to be made, in the order of names."""
        return tuple(sorted(self._known()))

    def place(self, name: str) -> Path | str:
        """The folder of a gallery, or its address on a server. Raises `UnknownGalleryError`."""
        try:
            return self._known()[name]
        except KeyError:
            raise UnknownGalleryError(
                "a gallery must be one that is shown here",
                got=repr(name),
                remedy="The first page lists them.",
            ) from None

    def folder(self, name: str) -> Path:
        """The folder of a gallery; of one on a server that of its crops."""
        place = self.place(name)
        if isinstance(place, Path):
            return place
        crops = parse_address(place).crops
        if crops is not None:
            return crops
        with self.reading(name) as gallery:
            return gallery.folder

    def is_there(self, name: str) -> bool:
        """Whether something was written to the gallery yet."""
        place = self.place(name)
        if isinstance(place, Path):
            return gallery_exists(place)
        if name not in self._found and gallery_exists(place):  # the server is asked until it is
            self._found.add(name)
        return name in self._found

    def plan(self, called: str) -> str:
        """The name of a new gallery, which its first video makes. Raises `ConfigError`."""
        if self.home is None:
            fault = "new galleries are made only where `tacan serve` was given no gallery"
            raise ConfigError([fault], source="the new gallery")
        name = called.strip().removesuffix(SUFFIX) + SUFFIX
        if not _NAME.fullmatch(name):
            fault = f"a name must be of letters, digits, spaces, . _ and -; got {called[:80]!r}"
            raise ConfigError([fault], source="the new gallery")
        with self._guard:
            if (self.home / name).exists() or name in self._places:
                fault = f"a new gallery needs a name of its own; got {name!r}, which is there"
                raise ConfigError([fault], source="the new gallery")
            self._places[name] = self.home / name
        return name

    @contextmanager
    def reading(self, name: str) -> Iterator[Gallery]:
        """The gallery, open to be read, and shared with whoever else reads it."""
        place = self.place(name)
        with self._guard:
            opened = self._opened.get(name)
            file = _file_number(place)
            # Another gallery may lie there by now, or a newer one, or its server started anew.
            if opened is None or opened[0] != file or not opened[1].store.is_current:
                opened = self._opened[name] = file, open_gallery(place)
        yield opened[1]

    @contextmanager
    def writing(self, name: str, *, erases: bool = False) -> Iterator[Gallery]:
        """The gallery, open to be changed: one change at a time, each whole when the block ends.

        Whoever reads here waits meanwhile if it `erases`: no trace is left then. Raises
        `GalleryBusyError` while another process writes.
        """
        with self._guard:
            turn = self._writing.setdefault(name, threading.RLock())
        with turn, ExitStack() as stack:
            gallery = stack.enter_context(
                open_gallery(self.place(name), write=True, wait=WRITING_WAIT)
            )
            if erases:
                with self.reading(name) as shared:
                    stack.enter_context(shared.store.idle())
            yield gallery

    def calibration(self, name: str, gallery: Gallery) -> Calibration:
        """What a distance is worth in the gallery of this name.

        While an index run adds to it, it is made anew only when a tenth more is there: it is taken
        from at most 50,000 pairs, and a few more change little.
        """
        with self._calibrating:  # it takes long in a large gallery, and once is enough
            index = gallery.index()
            state = index.version.generation, len(index.columns.ids)
            known = self._calibrations.get(name)
            if known is not None:
                (generation, count), found = known
                if generation == state[0] and count <= state[1] <= RECALIBRATED_AT * count:
                    return found
            found = gallery.calibration()
            self._calibrations[name] = state, found
            return found

    def make_ready(self) -> None:
        """Reads of each gallery what its first screen and its first search take long for."""
        for name in self.names():
            with suppress(TacanError):
                if self.is_there(name):
                    with self.reading(name) as gallery:
                        self.calibration(name, gallery)

    def close(self) -> None:
        """Closes all that are open."""
        with self._guard:
            for _, gallery in self._opened.values():
                gallery.close()
            self._opened.clear()

    def _known(self) -> dict[str, Path | str]:
        with self._guard:
            known = dict(self._places)
        if self.home is not None:
            for database in sorted(self.home.glob(f"*/{GALLERY_DATABASE}")):
                if database.parent not in known.values():
                    known[_free_name(database.parent.name, known)] = database.parent
        return known


def _file_number(place: Path | str) -> int | None:
    """By which the system knows the database's file, whatever lies under its name."""
    try:
        return (Path(place) / GALLERY_DATABASE).stat().st_ino
    except OSError:
        return None


def _free_name(name: str, taken: Collection[str]) -> str:
    """The name, with a number where another gallery is called so."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free
