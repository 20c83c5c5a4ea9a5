"""The protocol of a source of vectors, its listeners, and its settings of embedding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tacan.computing import Precision
from tacan.features.features_file import Features
from tacan.progress import Progress, Stage, StageListener, unheard
from tacan.records import TrackletSplit
from tacan.runs.splits_folder import SplitsFolder
from tacan.splits.split_choice import TrainTestSplit

if TYPE_CHECKING:
    from tacan.embeddings.embedder import ClipEmbedder
    from tacan.embeddings.extract import ExtractionReport

__all__ = ["Extraction", "Listeners", "Stage", "VectorSource"]


def _unheard(report: ExtractionReport) -> None:
    del report


@dataclass(frozen=True, slots=True)
class Listeners:
    """Called with every stage, and with what an embedding left out."""

    stage: StageListener = unheard
    report: Callable[[ExtractionReport], None] = _unheard


class VectorSource(Protocol):
    """A source of the vectors of the test halves."""

    def settings(self) -> dict[str, Any]:
        """The settings that decide the vectors, as plain values."""
        ...

    def vectors(
        self, splits: Sequence[TrainTestSplit], folder: SplitsFolder, listeners: Listeners
    ) -> Iterator[Features]:
        """The features of each test half in turn. What lies finished in `folder` is taken."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """Settings of embedding tracklets; see `tacan.embeddings`."""

    batch_frames: int = 64
    workers: int = 2
    strict: bool = False
    device: str = "auto"
    precision: Precision = "32"

    def settings(self) -> dict[str, Any]:
        """The settings that decide the vectors, or whether there are any."""
        return {"strict": self.strict, "precision": self.precision}

    def open(
        self, model: str, *, weights: str | None = None, clip_weight: str = "none"
    ) -> ClipEmbedder:
        """See `tacan.embeddings.open.open_model`."""
        from tacan.embeddings.open import open_model

        return open_model(
            model,
            weights=weights,
            device=self.device,
            precision=self.precision,
            clip_weight=clip_weight,
        )

    def to_file(
        self,
        split: TrackletSplit,
        embedder: ClipEmbedder,
        path: Path,
        *,
        notes: dict[str, Any],
        progress: Progress,
    ) -> ExtractionReport:
        """See `tacan.embeddings.extract.embed_to_file`, which goes on where it stopped."""
        from tacan.embeddings.extract import embed_to_file

        return embed_to_file(
            split,
            embedder,
            path,
            batch_frames=self.batch_frames,
            workers=self.workers,
            strict=self.strict,
            notes=notes,
            progress=progress,
        )
