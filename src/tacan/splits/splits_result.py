"""The result over numbered splits of a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tacan.errors import ConfigError
from tacan.evaluation import Evaluation, evaluate_protocols
from tacan.evaluation.protocol import parse_protocols
from tacan.evaluation.summary import Summary, measures, summarise
from tacan.features.features_file import Features
from tacan.retrieval.distances import METRICS
from tacan.runs.splits_folder import SplitsFolder
from tacan.splits.split_choice import SplitChoice, TrainTestSplit
from tacan.splits.vector_source import Listeners, VectorSource

__all__ = ["PROTOCOL", "SplitResult", "SplitsRecord", "run_splits"]

PROTOCOL = "two-camera"


@dataclass(frozen=True, slots=True, eq=False)
class SplitResult:
    """Split `number` under each protocol.

    `left_out` are the tracklets of its test half without a readable crop; `model_fingerprint` is
    that of the model that made its vectors.
    """

    number: int
    evaluations: Mapping[str, Evaluation]
    left_out: tuple[str, ...]
    model_fingerprint: str


@dataclass(frozen=True, slots=True, eq=False)
class SplitsRecord:
    """The result of every chosen split, and over all of them, for each protocol."""

    choice: SplitChoice
    folder: Path
    splits: tuple[SplitResult, ...]
    summaries: Mapping[str, Summary]

    @property
    def is_complete(self) -> bool:
        """True where it is over as many splits as published results are."""
        return len(self.splits) >= self.choice.n_published


def run_splits(
    choice: SplitChoice,
    source: VectorSource,
    out: Path,
    *,
    protocols: Sequence[str] = (PROTOCOL,),
    metric: str | None = None,
    listeners: Listeners | None = None,
) -> SplitsRecord:
    """Evaluates every split of `choice` with the vectors of `source`, kept in the folder `out`.

    What is finished in `out` is not done again, and what was interrupted goes on. Vectors are
    kept and results are not: another protocol or metric costs no more than its evaluation.

    Parameters
    ----------
    choice
        The data set and its splits.
    source
        An `EmbedOnce` or a `TrainEach`.
    out
        A folder that is new, empty, or of an earlier call with the same settings.
    protocols, metric
        See `tacan.evaluation`; the metric is that of the model by default.
    listeners
        Told of each stage, and of crops that were passed over.

    Raises
    ------
    ConfigError
        For an unknown protocol or metric.
    DataError
        For a data set that can't be read, and vectors that a protocol can't be applied to.
    StorageError
        Where `out` holds something else or other settings, or can't be written.

    Besides, it raises what `source` does: `TrainingStopped` for a training that was stopped.
    """
    names = parse_protocols(",".join(protocols))
    if metric is not None and metric not in METRICS:
        fault = f"a metric must be one of {', '.join(METRICS)}; got {metric!r}"
        raise ConfigError([fault], source="the evaluation of splits")
    chosen = choice.load()
    folder = SplitsFolder(out)
    folder.open_or_create({**choice.settings(), **source.settings()})
    vectors = source.vectors(chosen, folder, listeners or Listeners())
    splits = tuple(
        _evaluate(split, features, names, metric)
        for split, features in zip(chosen, vectors, strict=True)
    )
    summaries = {
        name: summarise([measures(split.evaluations[name]) for split in splits]) for name in names
    }
    return SplitsRecord(choice, out, splits, summaries)


def _evaluate(
    split: TrainTestSplit, features: Features, names: Sequence[str], metric: str | None
) -> SplitResult:
    ids = features.tracklet_ids
    embedded = set() if ids is None else set(ids.tolist())
    return SplitResult(
        number=split.number,
        evaluations=evaluate_protocols(features, names, metric=metric),
        left_out=tuple(t.tracklet_id for t in split.test if t.tracklet_id not in embedded),
        model_fingerprint=str(features.meta.get("model_fingerprint", "")),
    )
