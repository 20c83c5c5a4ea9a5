"""Validation with training identities that are held out, never those of the test set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import distributed as dist

from tacan.config import ModelConfig
from tacan.embeddings.embedder import ClipEmbedder, TacanEmbedder
from tacan.embeddings.extract import embed
from tacan.errors import FeaturesError
from tacan.evaluation import evaluate
from tacan.features.features_file import Features
from tacan.model import Tacan
from tacan.records import Tracklet, TrackletSplit

__all__ = ["SCORES", "validation_scores"]

PROTOCOL = "cross-camera"
SCORES = ("mAP", "rank_1", "n_valid_query")


def validation_scores(
    model: Tacan, config: ModelConfig, tracklets: Sequence[Tracklet]
) -> dict[str, float]:
    """Each of `tracklets`, densely embedded, searched for among the others (`cross-camera`).

    With several processes each embeds its share, and all get the scores. The model is left in the
    mode that it was in. Gives the values of `SCORES`, the first two as fractions; where nobody is
    seen by two cameras there are no queries that count, and no fractions. Raises `CropError`.
    """
    was_training = model.training
    model.eval()
    try:
        vectors = _embed_together(model, config, tracklets)
    finally:
        model.train(was_training)
    everyone = np.ones(len(tracklets), dtype=bool)
    features = Features(
        embeddings=vectors,
        pids=np.array([tracklet.pid for tracklet in tracklets]),
        camids=np.array([tracklet.camid for tracklet in tracklets]),
        is_query=everyone,
        is_gallery=everyone,
        tracklet_ids=np.array([tracklet.tracklet_id for tracklet in tracklets]),
    )
    try:
        result = evaluate(features, PROTOCOL, metric=config.metric)
    except FeaturesError:
        return {"n_valid_query": 0}
    return {
        "mAP": result.mean_ap,
        "rank_1": result.rank_1,
        "n_valid_query": result.n_valid_query,
    }


def _embed_together(
    model: Tacan, config: ModelConfig, tracklets: Sequence[Tracklet]
) -> NDArray[np.float32]:
    """float32 [N, D], the same in every process."""
    embedder = TacanEmbedder(
        model, clip_len=config.clip_len, input_size=(config.height, config.width)
    )
    if not dist.is_available() or not dist.is_initialized():
        return _embed(embedder, tracklets)
    rank, ranks = dist.get_rank(), dist.get_world_size()
    parts: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * ranks
    dist.all_gather_object(parts, _embed(embedder, tracklets[rank::ranks]))
    vectors = np.empty((len(tracklets), embedder.embedding_dim), dtype=np.float32)
    for number, part in enumerate(parts):
        vectors[number::ranks] = part
    return vectors


def _embed(embedder: ClipEmbedder, tracklets: Sequence[Tracklet]) -> NDArray[np.float32]:
    if not tracklets:
        return np.empty((0, embedder.embedding_dim), dtype=np.float32)
    nobody = (False,) * len(tracklets)
    split = TrackletSplit("", "", tuple(tracklets), is_query=nobody, is_gallery=nobody)
    features, _ = embed(split, embedder, strict=True)
    return features.embeddings
