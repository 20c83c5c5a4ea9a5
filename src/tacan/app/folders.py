"""The folders whose files a browser may name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tacan.errors import DataError

__all__ = ["ServedFolders"]


class ServedFolders:
    """Folders that `tacan serve` was given; nothing outside of them is opened for a browser.

    Links are followed first, so that one that leads out of a folder leads to nothing.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folder.resolve() for folder in folders)

    def path(self, text: str) -> Path:
        """The file or folder of this whole path. Raises `DataError` for one that is outside."""
        try:
            found = Path(text).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            found = None
        if found is None or not any(found.is_relative_to(folder) for folder in self.folders):
            raise DataError(
                "a file must lie in a folder that `tacan serve` was given",
                got=repr(text[:200]),
                remedy="Choose one that is listed, or start it with --videos FOLDER.",
            )
        return found
