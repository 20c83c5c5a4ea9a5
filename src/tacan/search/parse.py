"""Queries as users write them, parsed: tracklets, pictures, and boxes in videos."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol

from tacan.errors import DataError
from tacan.images.folder_content import NOT_READ, is_unread_format, read_folder_content
from tacan.images.read import image_suffixes

__all__ = ["Names", "ParsedQuery", "Pictures", "TrackletName", "VideoBox", "parse_query"]

_VIDEO_BOX = re.compile(r"(?P<file>.+)@(?P<when>[\d:.]+):(?P<box>[^@:]+)")
MAX_LENGTH = 32_768
"""Characters of one word; no path is longer."""
MAX_SECONDS = 1e9
"""Later times are taken for this one, which no video reaches."""
MAX_PIXELS = 1e6
"""Largest number in a box."""

_LONGEST_COMPARED = 300
"""Characters of a word that is compared with every name, which takes the square of its length."""

_FORM = "FILE@SECONDS:x,y,w,h, as in entrance.mp4@12.5:310,80,60,150"


class Names(Protocol):
    """The names of a gallery's tracklets: one is looked up quickly, all are read if need be."""

    def __contains__(self, name: object, /) -> bool: ...

    def __iter__(self) -> Iterator[str]: ...


@dataclass(frozen=True, slots=True)
class TrackletName:
    """A tracklet of the gallery, by its name."""

    name: str

    @property
    def label(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Pictures:
    """Crops of one person, in the order of time. `label` is how the user called them."""

    paths: tuple[Path, ...]
    label: str
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class VideoBox:
    """A box in a video's picture at one time.

    `seconds` counts from the video's first picture; `box` is x1, y1, x2, y2 in pixels of the
    upright picture. `source` is the id of the gallery's source that is meant, where it is known;
    else all are whose file is the same.
    """

    path: Path
    seconds: float
    box: tuple[float, float, float, float]
    label: str
    source: int | None = None


ParsedQuery = TrackletName | Pictures | VideoBox


def parse_query(
    words: Sequence[str], *, names: Names, each: bool = False
) -> tuple[ParsedQuery, ...]:
    """The queries in `words`, in their order; `names` are the gallery's tracklets.

    A word is the name of a tracklet, a box in a video (FILE@SECONDS:x,y,w,h, where SECONDS may
    be MM:SS or HH:MM:SS too), a folder of crops, or a crop image. A name in the gallery comes
    before a file that is called the same; `./` before the file's name says that it is a file.
    All images together show one person and make one query, at the index of the first of them;
    with `each` every image is a query of its own. A folder is always one person.

    Raises `DataError` for a word that is none of these, with names that are near it.
    """
    if not words:
        raise DataError(
            "a search must ask for someone",
            got="nothing",
            remedy=f"Give the name of a tracklet, crop images, a folder of them, or {_FORM}.",
        )
    parsed = [_parse_word(word, names) for word in words]
    return tuple(parsed if each else _images_together(parsed))


def _parse_word(word: str, names: Names) -> ParsedQuery:
    if not _can_be_a_name(word):
        raise _unknown(word, names)
    if word in names:
        return TrackletName(word)
    path = Path(word)
    if os.path.isdir(path):  # noqa: PTH112  (a name that is too long is no error here)
        return _read_folder(path)
    if os.path.isfile(path):  # noqa: PTH113
        return _read_file(path)
    if found := _VIDEO_BOX.fullmatch(word):
        return VideoBox(
            path=Path(found["file"]),
            seconds=_read_seconds(found["when"], word),
            box=_read_box(found["box"], word),
            label=word,
        )
    raise _unknown(word, names)


def _can_be_a_name(word: str) -> bool:
    """Whether a file or a tracklet could be called so."""
    try:
        return b"\0" not in os.fsencode(word) and 0 < len(word) <= MAX_LENGTH
    except UnicodeEncodeError:
        return False


def _read_folder(path: Path) -> Pictures:
    try:
        content = read_folder_content(path)
    except OSError as error:
        raise DataError(
            "a folder that is searched with must be readable",
            got=f"{path}: {error.strerror or error}",
            remedy="Check its permissions.",
        ) from error
    if content.unreadable:
        name, reason = content.unreadable[0]
        raise DataError(
            "a folder that is searched with must hold nothing that can't be read",
            got=f"{path / name} ({reason})",
            remedy="Restore it or remove it.",
        )
    if not content.images:
        raise DataError(
            "a folder that is searched with must hold crops of one person",
            got=f"{path} without an image",
            remedy="Name the folder that the images lie in; folders within it are not opened.",
        )
    images = tuple(path / name for name in content.images)
    return Pictures(images, label=path.as_posix(), is_folder=True)


def _read_file(path: Path) -> Pictures:
    if is_unread_format(path.name):
        raise DataError(
            "a file that is searched with must be an image of a format that is read",
            got=f"{path} ({NOT_READ})",
        )
    if path.suffix.lower() not in image_suffixes():
        raise DataError(
            "a file that is searched with must be an image of one person",
            got=str(path),
            remedy=f"For a video say when and where: {_FORM}.",
        )
    return Pictures((path,), label=path.as_posix())


def _images_together(parsed: Sequence[ParsedQuery]) -> list[ParsedQuery]:
    """`parsed` with all single images as one query, at the index of the first of them."""
    images = [one for one in parsed if isinstance(one, Pictures) and not one.is_folder]
    if len(images) < 2:
        return list(parsed)
    together = Pictures(
        tuple(path for image in images for path in image.paths),
        label=f"{images[0].label} and {len(images) - 1} more",
    )
    first = parsed.index(images[0])
    others = [(i, one) for i, one in enumerate(parsed) if i == first or one not in images]
    return [together if i == first else one for i, one in others]


def _read_seconds(text: str, word: str) -> float:
    parts = text.split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 3 or any(number >= 60 for number in numbers[1:]):
        raise DataError(
            "a time in a video must be SECONDS, MM:SS or HH:MM:SS from the video's first picture",
            got=f"{_shortened(text)} in {_shortened(word)}",
            remedy=f"Write {_FORM}.",
        )
    seconds = 0.0
    for number in numbers:
        seconds = 60 * seconds + number
    return min(seconds, MAX_SECONDS)


def _read_box(text: str, word: str) -> tuple[float, float, float, float]:
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError:
        x = y = width = height = 0.0
    if not (min(width, height) > 0 and max(map(abs, (x, y, width, height))) <= MAX_PIXELS):
        raise DataError(
            "a box must be x,y,w,h in pixels, its left upper corner first, wider and higher than 0",
            got=f"{_shortened(text)} in {_shortened(word)}",
            remedy=f"Write {_FORM}.",
        )
    return x, y, x + width, y + height


def _unknown(word: str, names: Names) -> DataError:
    known = list(names)
    near = []
    if len(word) <= _LONGEST_COMPARED:
        near = get_close_matches(word, known, n=3, cutoff=0.5)
        path = Path(word)
        with suppress(OSError, ValueError):
            beside = [child.name for child in path.parent.iterdir()]
            near += [str(path.parent / name) for name in get_close_matches(path.name, beside, n=2)]
    if near:
        remedy = f"Is it {' or '.join(near)}?"
    elif known:
        remedy = f"The gallery's tracklets have names like {known[0]}."
    else:
        remedy = "The gallery holds no tracklets yet: `tacan index` fills it."
    return DataError(
        "one searches with the name of a tracklet in the gallery, crop images, a folder of "
        f"crops, or a box in a video ({_FORM})",
        got=f"{_shortened(word)}, which is none of these",
        remedy=remedy,
    )


def _shortened(word: str) -> str:
    return repr(word if len(word) <= _LONGEST_COMPARED else f"{word[:_LONGEST_COMPARED]}...")
