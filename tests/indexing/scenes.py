"""Tiny videos of coloured blocks that walk, a detector that finds them, and a small model."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from tacan.config import ModelConfig
from tacan.embeddings.embedder import TacanEmbedder
from tacan.model import build_model
from tacan.video.encode import write_video
from tacan.video.video_records import Detections

HEIGHT, WIDTH, FPS = 96, 160, 10
GREY = 128
COLOURS = [(230, 40, 40), (40, 220, 40), (50, 50, 240), (240, 220, 30), (230, 40, 230)]
CLIP_LEN = 4


def walkers(n_frames: int, *, n_people: int = 5, seed: int = 0) -> list[NDArray[np.uint8]]:
    """Frames uint8 [96, 160, 3] in which blocks of 12 x 40 walk across, one after another."""
    rng = np.random.default_rng(seed)
    noise = rng.integers(-6, 7, (HEIGHT, WIDTH, 3))
    background = (GREY + noise).astype(np.uint8)
    frames = []
    for t in range(n_frames):
        frame = background.copy()
        for person in range(n_people):
            x = 3 * t - person * (3 * n_frames // max(n_people, 1)) + 10
            y = 20 + 7 * (person % 4)
            if 0 <= x < WIDTH - 12:
                frame[y : y + 40, x : x + 12] = COLOURS[person % len(COLOURS)]
                frame[y + 5 + t % 3 : y + 9 + t % 3, x + 2 : x + 10] = 20 * (person + 1)
        frames.append(frame)
    return frames


def write_walkers(path: Path, n_frames: int = 60, **how: int) -> Path:
    return write_video(path, walkers(n_frames, **how), fps=FPS, size=(WIDTH, HEIGHT))


def write_stream(path: Path, n_frames: int = 60, **how: int) -> Path:
    """The same as a transport stream, which can be cut and put together at any packet."""
    plain = write_walkers(path.with_suffix(".mp4"), n_frames, **how)
    with av.open(str(plain)) as read, av.open(str(path), "w", format="mpegts") as written:
        stream = written.add_stream_from_template(read.streams.video[0])
        for packet in read.demux(video=0):
            if packet.size:
                packet.stream = stream
                written.mux(packet)
    return path


class BlockDetector:
    """Finds what is not grey. `calls` counts the images that it was shown."""

    name = "blocks"
    input_side = 640

    def __init__(self, *, fingerprint: str = "blocks", seconds: float = 0.0) -> None:
        self.fingerprint = fingerprint
        self.calls = 0
        self._seconds = seconds

    def detect(
        self, images: Sequence[NDArray[np.uint8]], *, tiles: bool = False
    ) -> list[Detections]:
        self.calls += len(images)
        time.sleep(self._seconds * len(images))
        return [self._detect_one(image) for image in images]

    def _detect_one(self, image: NDArray[np.uint8]) -> Detections:
        away = np.abs(image.astype(int) - GREY).max(axis=2) > 60
        solid = cv2.morphologyEx(away.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
        count, _, stats, _ = cv2.connectedComponentsWithStats(solid)
        x, y, w, h = (stats[1:count, i].astype(np.float32) for i in range(4))
        tall = h > 20
        boxes = np.stack([x, y, x + w, y + h], axis=1)[tall]
        return Detections(boxes.astype(np.float32), np.full(len(boxes), 0.9, np.float32))


def small_embedder(fingerprint: str = "small") -> TacanEmbedder:
    torch.manual_seed(0)
    config = ModelConfig(
        encoder="small",
        height=32,
        width=16,
        embedding_dim=8,
        attention_channels=4,
        clip_len=CLIP_LEN,
    )
    return TacanEmbedder(
        build_model(config).eval(),
        clip_len=CLIP_LEN,
        input_size=(32, 16),
        fingerprint=fingerprint,
    )


class ColourEmbedder:
    """A stand-in for a model, whose vectors are mean colours float32 [3]."""

    clip_len, input_size, embedding_dim = CLIP_LEN, (32, 16), 3
    fingerprint, metric, precision = "colour", "euclidean", "32"

    def embed_clips(self, frames: torch.Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return frames.float().mean(dim=(1, 3, 4)).numpy(), np.ones(len(frames), np.float32)

    def finish(
        self, weighted_sum: NDArray[np.float64], weight_sum: float, n_clips: int
    ) -> NDArray[np.float32]:
        return (weighted_sum / weight_sum).astype(np.float32)
