"""Addresses of galleries on a server: postgresql://USER@HOST/DATABASE?crops=FOLDER&search=hnsw."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tacan.errors import GalleryError

__all__ = ["ServerAddress", "is_address", "parse_address"]

_SCHEMES = ("postgresql:/", "postgres:/")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a gallery's database is, as libpq takes it, its folder of crops, if it is named, and
    whether searches may be approximate."""

    text: str
    crops: Path | None
    approximate: bool = False

    @property
    def shown(self) -> Path:
        """The address without what only a client needs."""
        return Path(self.text.partition("?")[0])


def is_address(place: Path | str) -> bool:
    """Whether a gallery's place is on a server, and no folder."""
    return str(place).lower().startswith(_SCHEMES)


def parse_address(place: Path | str) -> ServerAddress:
    """The parts of an address; as a `Path` it may have lost slashes.

    Raises `GalleryError` for one with a password, which others would see in the list of processes,
    in a shell's history and in logs, for one without a database, and for an unknown search.
    """
    scheme, _, rest = str(place).partition(":")
    parts = urlsplit(f"{scheme}://{rest.lstrip('/')}")
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    host = parts.netloc.rpartition("@")[2]
    query = dict(parse_qsl(parts.query))
    if password or "password" in query or "sslpassword" in query:
        raise GalleryError(
            "the address of a gallery must hold no password: others could read it",
            got="one with a password",
            remedy="Put it into ~/.pgpass, or into PGPASSWORD.",
        )
    if not parts.path.strip("/"):
        raise GalleryError(
            "the address of a gallery must name a database, as postgresql://USER@HOST/DATABASE",
            got=f"{place}",
            remedy="Add its name; `createdb` makes one.",
        )
    crops = query.pop("crops", None)
    how = query.pop("search", "exact")
    if how not in ("exact", "hnsw"):
        raise GalleryError(
            "the search of a gallery on a server must be exact or hnsw",
            got=f"search={how}",
            remedy="Correct the address, or leave it out: then it is exact.",
        )
    netloc = f"{user}@{host}" if user else host
    text = urlunsplit(("postgresql", netloc, parts.path, urlencode(query), ""))
    return ServerAddress(text, None if crops is None else Path(crops).absolute(), how == "hnsw")
