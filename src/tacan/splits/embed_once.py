"""One model for all splits: everyone is embedded once, and each split is a choice of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tacan.errors import DataError
from tacan.features.features_file import Features, load_features
from tacan.records import Tracklet, TrackletSplit
from tacan.runs.splits_folder import SplitsFolder, finished
from tacan.splits.split_choice import TrainTestSplit, tracklets_key
from tacan.splits.vector_source import Extraction, Listeners, Stage

__all__ = ["EmbedOnce", "all_tracklets", "select"]


class EmbedOnce:
    """Vectors by the model that `model` names, which no split was trained on.

    Parameters
    ----------
    model
        As for `tacan.embeddings.open.open_model`.
    weights
        For `timm:` only: a file, `pretrained` or `random`.
    clip_weight
        For frozen encoders: whose clip weight they take, or `none`.
    extraction
        How tracklets are embedded.

    Raises `EncoderError`, `CheckpointError` and `ConfigError` for a model that can't be had.
    """

    def __init__(
        self,
        model: str,
        *,
        weights: str | None = None,
        clip_weight: str = "none",
        extraction: Extraction | None = None,
    ) -> None:
        self._names = {"model": model, "clip_weight": clip_weight}
        self._extraction = extraction or Extraction()
        self._embedder = self._extraction.open(model, weights=weights, clip_weight=clip_weight)

    def settings(self) -> dict[str, Any]:
        """The model is known by its fingerprint, wherever it lies."""
        return {
            "source": "one model for all splits",
            "model_fingerprint": self._embedder.fingerprint,
            **self._extraction.settings(),
        }

    def vectors(
        self, splits: Sequence[TrainTestSplit], folder: SplitsFolder, listeners: Listeners
    ) -> Iterator[Features]:
        """Embeds all people of `splits`, unless `folder` has them, and selects each test half.

        Raises what `tacan.embeddings.extract.embed_to_file` raises.
        """
        people = all_tracklets(splits)
        path, key = folder.all_features, tracklets_key(people)
        before = finished(path)
        done = before is not None and before.meta.get("tracklets") == key
        with listeners.stage(Stage(1, 1, "Embed everyone", "frames", done)) as progress:
            if not done:
                notes = {**self._names, "tracklets": key}
                report = self._extraction.to_file(
                    people, self._embedder, path, notes=notes, progress=progress
                )
                listeners.report(report)
        features = load_features(path)
        for split in splits:
            yield select(features, split.test)


def all_tracklets(splits: Sequence[TrainTestSplit]) -> TrackletSplit:
    """All tracklets of `splits`, train and test, each once, sorted by their ids.

    On the real data sets that is the same set whichever splits are chosen.
    """
    known: dict[str, Tracklet] = {}
    for split in splits:
        known |= {tracklet.tracklet_id: tracklet for tracklet in (*split.train, *split.test)}
    tracklets = tuple(known[name] for name in sorted(known))
    nobody = (False,) * len(tracklets)
    dataset = splits[0].test.dataset
    return TrackletSplit(dataset, "everyone", tracklets, is_query=nobody, is_gallery=nobody)


def select(features: Features, split: TrackletSplit) -> Features:
    """The rows of `features` that are in `split`, in its order and with its roles.

    Tracklets of `split` that could not be embedded are left out, as an embedding of `split` alone
    leaves them out. Raises `DataError` where none could be.
    """
    if features.tracklet_ids is None:
        raise DataError("vectors are selected by `tracklet_ids`", got="features without them")
    row_of = {name: row for row, name in enumerate(features.tracklet_ids.tolist())}
    found = [place for place, t in enumerate(split) if t.tracklet_id in row_of]
    if not found:
        raise DataError(
            "at least one tracklet must have a crop that can be read",
            got=f"none in {len(split)} tracklets of {split.dataset} {split.split}",
            remedy="Check the files with `tacan doctor`.",
        )
    rows = [row_of[split.tracklets[place].tracklet_id] for place in found]
    return Features(
        embeddings=features.embeddings[rows],
        pids=features.pids[rows],
        camids=features.camids[rows],
        is_query=np.array([split.is_query[place] for place in found]),
        is_gallery=np.array([split.is_gallery[place] for place in found]),
        tracklet_ids=features.tracklet_ids[rows],
        meta=features.meta | {"split": split.split},
    )
