"""Files that a source stands for: itself, those in a folder, those that fit a pattern, a list's."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path

from tacan.images.folder_content import read_folder_content
from tacan.text import is_address
from tacan.video.picture_folder import in_order

__all__ = ["VIDEO_ENDINGS", "expand_source", "names_sorted"]

VIDEO_ENDINGS = frozenset((
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".vob", ".ts", ".mts",
    ".m2ts", ".flv", ".f4v", ".wmv", ".asf", ".mxf", ".ogv", ".ogg", ".gif", ".dav", ".h264",
    ".264", ".h265", ".265", ".hevc", ".3gp", ".3g2", ".dv", ".mjpeg", ".mjpg", ".nut", ".ivf",
    ".y4m",
))  # fmt: skip
"""Endings by which the videos in a folder are known."""

_LIST_HEAD = b"ffconcat version"
_LIST_LINE = re.compile(r"\s*file\s+(?:'([^']*)'|(\S+))\s*")
_LONGEST_LIST = 10_000_000


def expand_source(text: str) -> list[Path]:
    """The files that `text` names, in the order in which they follow each other.

    A folder stands for the videos in it, or for itself where it holds pictures only. A pattern
    (`hour*.mp4`) stands for the files that fit, and a list of FFmpeg's (`.ffconcat`) for those that
    it names. Names are ordered as people count. Anything else stands for itself, there or not.
    Raises `ValueError` with a reason for people.
    """
    path = Path(text)
    if _is(os.path.isdir, text):
        return _in_folder(path)
    if _is(os.path.isfile, text):
        return _in_list(path) if _is_list(path) else [path]
    if is_address(text) or not glob.has_magic(text):
        return [path]
    found = sorted((each for each in glob.glob(text) if os.path.isfile(each)), key=in_order)  # noqa: PTH113, PTH207
    if not found:
        raise ValueError(f"{text}: no file fits this pattern")
    return [Path(each) for each in found]


def names_sorted(paths: list[Path]) -> list[Path]:
    """Files as people count, where they are in the order of their letters, as a shell puts them.

    >>> [str(path) for path in names_sorted([Path("h1.ts"), Path("h10.ts"), Path("h2.ts")])]
    ['h1.ts', 'h2.ts', 'h10.ts']
    >>> [str(path) for path in names_sorted([Path("b.ts"), Path("a.ts")])]
    ['b.ts', 'a.ts']
    """
    names = [str(path) for path in paths]
    return sorted(paths, key=lambda path: in_order(str(path))) if names == sorted(names) else paths


def _is(check, text: str) -> bool:
    try:
        return check(text)
    except ValueError:
        return False


def _in_folder(folder: Path) -> list[Path]:
    try:
        files = [each for each in folder.iterdir() if not each.name.startswith(".")]
        videos = [e for e in files if e.suffix.lower() in VIDEO_ENDINGS and e.is_file()]
        if videos:
            return sorted(videos, key=lambda path: in_order(path.name))
        if read_folder_content(folder).images:
            return [folder]
    except OSError as error:
        raise ValueError(f"{folder}: {error.strerror or error}") from error
    raise ValueError(f"{folder}: a folder with neither videos nor pictures in it")


def _is_list(path: Path) -> bool:
    if path.suffix.lower() == ".ffconcat":
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(_LIST_HEAD)) == _LIST_HEAD
    except OSError:
        return False


def _in_list(path: Path) -> list[Path]:
    """The files that a list names: in its own folder or below, so that it can't reach others."""
    try:
        with path.open(encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read(_LONGEST_LIST).splitlines()
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror or error}") from error
    found = [_LIST_LINE.fullmatch(line) for line in lines]
    names = [line[1] or line[2] for line in found if line is not None]
    unsafe = [n for n in names if ":" in n or Path(n).is_absolute() or ".." in Path(n).parts]
    if unsafe:
        raise ValueError(f"{path} names {unsafe[0]!r}, which is not in its own folder")
    if not names:
        raise ValueError(f"{path}: a list without a line `file NAME`")
    return [path.parent / name for name in names]
