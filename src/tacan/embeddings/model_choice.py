"""A model as a user chose it, to be opened by other processes and on other machines."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from tacan.computing import Device, Precision, RuntimeChoice
from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.encoder_settings import EncoderSettings
from tacan.embeddings.open import open_model
from tacan.errors import GalleryModelError

__all__ = ["ModelChoice", "absolute_spec"]

_opened = threading.local()


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The arguments of `open_model`. Paths must lead to the same files on every machine."""

    spec: str
    settings: EncoderSettings | None = None
    weights: str | None = None
    device: Device = "auto"
    precision: Precision = "32"
    runtime: RuntimeChoice = "auto"
    clip_weight: str = "none"

    def for_others(self) -> ModelChoice:
        """The same with absolute paths."""
        return replace(
            self, spec=absolute_spec(self.spec), clip_weight=absolute_spec(self.clip_weight)
        )

    def open(self, *, threads: int) -> ClipEmbedder:
        """The model, ready to embed. It stays open for the next call of this thread."""
        key = (repr(self), threads)
        if getattr(_opened, "key", None) != key:
            _opened.embedder = open_model(
                self.spec,
                settings=self.settings,
                weights=self.weights,
                device=self.device,
                precision=self.precision,
                threads=threads,
                runtime=self.runtime,
                clip_weight=self.clip_weight,
            )
            _opened.key = key
        return _opened.embedder

    def open_same(self, fingerprint: str, *, threads: int) -> ClipEmbedder:
        """As `open`. Raises `GalleryModelError` where it is another model than the fingerprint's,
        as when a path leads to other weights on this machine."""
        embedder = self.open(threads=threads)
        if embedder.fingerprint != fingerprint:
            raise GalleryModelError(
                f"every worker must have the same model ({fingerprint[:12]})",
                got=f"{self.spec} of fingerprint {embedder.fingerprint[:12]} there",
                remedy="Put the model where all machines see it.",
            )
        return embedder


def absolute_spec(spec: str) -> str:
    """`spec` with the path of a file or folder that is there made absolute: the whole, or what
    stands behind the first colon."""
    for before in ("", f"{spec.partition(':')[0]}:"):
        name = spec.removeprefix(before)
        if name and spec.startswith(before) and _is_there(name):
            return f"{before}{Path(name).absolute()}"
    return spec


def _is_there(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
