"""What a run of the server shows, and to whom; every request reaches it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Path, Request
from starlette.exceptions import HTTPException

from tacan.app.folders import ServedFolders
from tacan.app.galleries import ServedGalleries
from tacan.app.index_runs import IndexRuns
from tacan.app.queries import Queries
from tacan.app.sessions import Keys
from tacan.gallery import Gallery

__all__ = ["GalleryName", "OpenGallery", "Served", "ServedHere"]


@dataclass(frozen=True)
class Served:
    """A run of the server.

    hosts
        The names by which a browser may call this machine, without the port; an address in
        digits is one always, since no foreign name leads to it.
    """

    galleries: ServedGalleries
    folders: ServedFolders = field(default_factory=lambda: ServedFolders(()))
    keys: Keys = field(default_factory=Keys)
    queries: Queries = field(default_factory=Queries)
    runs: IndexRuns = field(default_factory=IndexRuns)
    hosts: tuple[str, ...] = ("localhost",)
    is_public: bool = False

    def close(self) -> None:
        """Closes the galleries, and forgets what was sent."""
        self.galleries.close()
        self.queries.close()


def _served(request: Request) -> Served:
    return request.app.state.served


ServedHere = Annotated[Served, Depends(_served)]
GalleryName = Annotated[str, Path(alias="gallery", description="The gallery's name.")]


def _opened(request: Request, served: ServedHere, name: GalleryName) -> Iterator[Gallery]:
    if not served.galleries.is_there(name):
        if request.url.path.startswith("/g/"):
            raise HTTPException(303, headers={"location": f"/g/{quote(name)}/index"})
        raise HTTPException(404, "Nothing is in this gallery yet: its first video makes it.")
    with served.galleries.reading(name) as gallery:
        yield gallery


OpenGallery = Annotated[Gallery, Depends(_opened)]
"""The gallery of the address, open to be read."""
