from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tacan.clips.split import consecutive_clips
from tacan.config import ModelConfig
from tacan.embeddings.embedder import TacanEmbedder
from tacan.model import Tacan, build_model
from tacan.records import Tracklet, TrackletSplit

HEIGHT, WIDTH = 32, 16

ModelMaker = Callable[..., Tacan]
EmbedderMaker = Callable[..., TacanEmbedder]
TrackletMaker = Callable[..., Tracklet]
SplitMaker = Callable[..., TrackletSplit]


@pytest.fixture(scope="session")
def make_model() -> ModelMaker:
    """Small models whose clip weights and necks are not trivial."""

    def make(**changes: object) -> Tacan:
        torch.manual_seed(0)
        config = ModelConfig(
            encoder="small", height=HEIGHT, width=WIDTH, embedding_dim=8, attention_channels=4
        )
        model = build_model(config.model_copy(update=changes))
        predictor = model.clip_attention.predictor
        if predictor is not None:
            torch.nn.init.normal_(predictor.weight)
        if isinstance(model.neck, torch.nn.BatchNorm1d):
            model.neck.running_mean = torch.linspace(-1, 1, 8)
            model.neck.running_var = torch.linspace(0.5, 2, 8)
        return model.eval()

    return make


@pytest.fixture(scope="session")
def make_embedder(make_model: ModelMaker) -> EmbedderMaker:
    def make(clip_len: int = 4, precision: str = "32", **changes: object) -> TacanEmbedder:
        return TacanEmbedder(
            make_model(clip_len=clip_len, **changes),
            clip_len=clip_len,
            input_size=(HEIGHT, WIDTH),
            fingerprint="one",
            precision=precision,
        )

    return make


@pytest.fixture
def make_tracklet(tmp_path: Path) -> TrackletMaker:
    """Tracklets of random lossless crops; `broken` maps frame numbers to a file's content."""

    def make(
        name: str, n_frames: int, *, broken: dict[int, bytes] | None = None, pid: int = 1
    ) -> Tracklet:
        rng = np.random.default_rng([n_frames, *name.encode()])
        folder = tmp_path / "crops" / name
        folder.mkdir(parents=True)
        names = tuple(f"{number:04d}.png" for number in range(n_frames))
        for number, file in enumerate(names):
            pixels = rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / file)
            if number in (broken or {}):
                (folder / file).write_bytes((broken or {})[number])
        return Tracklet(name, pid=pid, camid=1, directory=folder, frames=names)

    return make


@pytest.fixture
def make_split() -> SplitMaker:
    def make(*tracklets: Tracklet) -> TrackletSplit:
        everyone = (True,) * len(tracklets)
        return TrackletSplit("folder", "test", tracklets, everyone, everyone)

    return make


@pytest.fixture(scope="session")
def in_one_batch() -> Callable[[Tacan, torch.Tensor, int], np.ndarray]:
    """The oracle: all clips of a tracklet through `Tacan.forward` at once."""

    def embed(model: Tacan, frames: torch.Tensor, clip_len: int) -> np.ndarray:
        clips = frames[torch.from_numpy(consecutive_clips(len(frames), clip_len))]
        with torch.no_grad():
            return model(clips[None]).tracklet_embedding[0].numpy()

    return embed
