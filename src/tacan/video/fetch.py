"""Weights from the network: only on request, checked, whole or not at all, resumed when broken off.

A file that lies in the weights folder under its name is used without any network, so that a
machine without one can be given the file by hand.
"""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tacan.errors import DetectorError, StorageError
from tacan.files import atomic_path, sha256, write_text
from tacan.progress import Progress, silent

__all__ = ["Weights", "fetch_weights", "weights_folder"]

_PIECE = 1 << 20
_HEX_DIGITS = 64
"""Digits of a whole SHA-256."""
_PATIENCE = 20.0
"""Seconds without an answer after which the network counts as absent."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A file that can be had: its name, where from, and the digest by which it is known.

    `digest` is `sha256:HEX` or, where its makers publish nothing better, `md5:HEX`; HEX may be the
    first digits only, as they stand in torchvision's file names. What is not known by a whole
    SHA-256 is recorded by it when it first comes, and has to be that content ever after.
    """

    name: str
    url: str
    digest: str
    licence: str = ""
    n_bytes: int | None = None

    def text(self) -> str:
        """The file in words.

        >>> Weights("a.onnx", "https://example.org/a.onnx", "md5:0", "MIT", 3_659_407).text()
        'a.onnx (3.7 MB, MIT)'
        """
        size = "" if self.n_bytes is None else f"{self.n_bytes / 1e6:.1f} MB"
        facts = ", ".join(fact for fact in (size, self.licence) if fact)
        return f"{self.name} ({facts})" if facts else self.name

    def matches(self, file: Path) -> bool:
        """Whether the content of `file` has the digest."""
        algorithm, _, expected = self.digest.partition(":")
        with file.open("rb") as content:
            found = hashlib.file_digest(content, lambda: hashlib.new(algorithm)).hexdigest()
        return found.startswith(expected)

    @property
    def is_certain(self) -> bool:
        """Whether the digest is a whole SHA-256, which no other content can have."""
        return len(self.digest) == len("sha256:") + _HEX_DIGITS and self.digest[:7] == "sha256:"


def weights_folder() -> Path:
    """Where downloaded weights lie: TACAN_WEIGHTS, or `tacan/weights` in the user's cache.

    Raises `DetectorError` for a user without a home directory who names neither.
    """
    chosen = os.environ.get("TACAN_WEIGHTS")
    if chosen:
        return Path(chosen)
    try:
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError as error:
        raise DetectorError(
            "weights must have a folder",
            got="a user without a home directory",
            remedy="Name one by the environment variable TACAN_WEIGHTS.",
        ) from error
    return Path(cache) / "tacan" / "weights"


def fetch_weights(
    weights: Weights, *, allowed: bool, folder: Path | None = None, progress: Progress = silent
) -> Path:
    """The path of the file, downloaded to `folder` if it is not there and `allowed` says so.

    `progress` counts bytes. A download that broke off goes on where it stopped. Where the makers
    publish less than a whole SHA-256, that of the file that came first is kept beside it, as
    NAME.sha256. Raises `DetectorError` where the file is absent and may not be or can't be fetched,
    or where what lies there or came is not what was expected; then nothing new stands under its
    name.
    """
    path = (weights_folder() if folder is None else folder) / weights.name
    if path.is_file():
        fault = _fault(weights, path, record=_record(path))
        if fault is not None:
            raise DetectorError(
                f"{path} must {fault}", got="another content", remedy="Delete it, fetch it again."
            )
        _keep_record(weights, path)
        return path
    if not allowed:
        raise DetectorError(
            f"the weights {weights.text()} must be at {path}",
            got="no such file, and no leave to download it",
            remedy=f"Allow the download with --fetch, or put there by hand what is at "
            f"{weights.url}.",
        )
    part = path.with_name(f"{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    _download(weights, part, progress)
    fault = _fault(weights, part, record=_record(path))
    if fault is not None:
        part.unlink()
        raise DetectorError(
            f"what {weights.url} sends must {fault}",
            got="another content",
            remedy="Nothing was kept. Try again, or fetch the file from a source you trust.",
        )
    with atomic_path(path) as draft:
        part.replace(draft)
    _keep_record(weights, path)
    return path


def _record(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _fault(weights: Weights, file: Path, *, record: Path) -> str | None:
    """What `file` must be and is not: of the published digest, and of the recorded one if any."""
    if not weights.matches(file):
        return f"have the digest {weights.digest}"
    if weights.is_certain or not record.is_file():
        return None
    kept = record.read_text(errors="replace").partition(" ")[0]
    if sha256(file) == kept:
        return None
    return (
        f"have the SHA-256 {kept[:_HEX_DIGITS]}, with which it first came ({record}; "
        "delete that only if its makers have put another file in its place)"
    )


def _keep_record(weights: Weights, path: Path) -> None:
    """Writes the SHA-256 of `path`, which was just checked, as `sha256sum` does."""
    if weights.is_certain or _record(path).is_file():
        return
    with suppress(OSError, StorageError):  # a folder that others fill may not be ours to write
        write_text(_record(path), f"{sha256(path)}  {path.name}\n")


def _download(weights: Weights, part: Path, progress: Progress) -> None:
    have = part.stat().st_size if part.is_file() else 0
    try:
        with _ask(weights.url, start=have) as answer:
            if answer.status != 206:
                have = 0
            total = have + int(answer.headers.get("Content-Length") or 0)
            with part.open("ab" if have else "wb") as file:
                while piece := answer.read(_PIECE):
                    have += file.write(piece)
                    progress(have, max(total, have))
            if have < total:
                raise ConnectionError(f"the connection broke after {have} of {total} bytes")
    except urllib.error.HTTPError as error:
        if error.code == 416:
            # What lies there is already as long as the file, or longer: its digest decides.
            return
        raise _unreachable(weights, part, f"{error.code} {error.reason}") from error
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise _unreachable(weights, part, str(reason) or type(error).__name__) from error


def _ask(url: str, *, start: int) -> Any:
    if not url.startswith(("https://", "http://")):
        raise DetectorError(
            "weights must be fetched by http or https", got=url, remedy="Correct the address."
        )
    request = urllib.request.Request(url, headers={"User-Agent": "tacan"})  # noqa: S310
    if start:
        request.add_header("Range", f"bytes={start}-")
    return urllib.request.urlopen(request, timeout=_PATIENCE)  # noqa: S310


def _unreachable(weights: Weights, part: Path, found: str) -> DetectorError:
    final = part.with_suffix("")
    return DetectorError(
        f"the weights {weights.name} must be reachable at {weights.url}",
        got=found,
        remedy="Try again: a download goes on where it stopped. Without a network, copy the file "
        f"from another machine to {final}.",
    )
