"""What `tacan embed` adds to the bare backbone, on JPEG crops, with random weights.

    python benchmarks/embed.py [--threads N] [--frames 256] [--repeats 7] [--precision bf16]
    python benchmarks/embed.py --memory
    python benchmarks/embed.py --runtimes [street] [demo] [paper] --threads 1 [--repeats 7]

1. Time. The paper's model (ResNet-50 at 224 x 112, both attentions, embedding layer) from JPEG
   crops on disk to vectors, against its ResNet-50 alone on tensors that are ready: the same
   weights, batch size, memory format and number of threads. Goal: at most 1.15 times. The runs
   take turns, and the medians are compared: of the time on the wall, and of the processor time of
   all threads, which other work on the machine disturbs less.
2. `--memory`: the peak memory of a tracklet of 100,000 frames above that of one of 100 frames,
   each in a process of its own. Goal: at most 100 MB. And how far the vector lies from that of
   all clips in one batch. Goal: at most 1e-5.
3. `--runtimes`: frames a second of `tacan export`'s files in ONNX Runtime and OpenVINO, against the
   same model in torch, as `tacan embed` runs it: `street`, the preset `demo` and the preset `paper`
   (ResNet-50 at 224 x 112), the last two with random weights; or one of them, `--runtimes street`.
   Batches of 64 frames, ready in memory. Processor time is compared. Goal: twice as fast as torch.
   And how far vectors and weights lie apart, and which share they reach of the arithmetic that a
   product of two matrices of 32 bits does in the same time: nothing can be faster than all of it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import openvino
import simplejpeg
import torch
from numpy.typing import NDArray
from openvino import opset13 as opset
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from plain_faults import run
from tacan.clips.split import consecutive_clips
from tacan.config import ModelConfig, load_config
from tacan.embeddings.embedder import ClipEmbedder, TacanEmbedder, exact_arithmetic
from tacan.embeddings.export import ENDINGS, export_model, load_own_model
from tacan.embeddings.exported import difference, open_exported
from tacan.embeddings.extract import embed
from tacan.images.resize import load_frames
from tacan.model import ModelFolder, Tacan, build_model
from tacan.records import Tracklet, TrackletSplit

Spent = tuple[float, float]
"""Seconds of a run: on the wall, and of the processor."""

BATCH = 64
TRACKLET = 50
MATRIX = 2048
EXPORTED = ("street", "demo", "paper")
CROPS = {"128x64": (128, 64), "256x128": (256, 128)}
TINY = ModelConfig(encoder="small", height=32, width=16, embedding_dim=64, attention_channels=16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--frames", type=int, default=4 * BATCH)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--precision", choices=("32", "bf16"), default="32")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--runtimes", nargs="*", choices=EXPORTED, metavar="MODEL")
    parser.add_argument("--peak", nargs=2, metavar=("FOLDER", "N"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.peak:
        measure_peak(Path(chosen.peak[0]), int(chosen.peak[1]))
        return
    torch.set_num_threads(chosen.threads)
    with tempfile.TemporaryDirectory() as folder:
        if chosen.memory:
            compare_memory(Path(folder))
        elif chosen.runtimes is not None:
            compare_runtimes(Path(folder), chosen)
        else:
            compare_time(Path(folder), chosen)


def compare_time(folder: Path, chosen: argparse.Namespace) -> None:
    settings = load_config("paper", {"model.weights": None}).model
    model = build_model(settings).eval().to(memory_format=torch.channels_last)
    embedder = TacanEmbedder(
        model,
        clip_len=settings.clip_len,
        input_size=(settings.height, settings.width),
        precision=chosen.precision,
    )
    ready = torch.randn(BATCH, 3, settings.height, settings.width)
    ready = ready.contiguous(memory_format=torch.channels_last)

    def bare() -> None:
        device = torch.device("cpu")
        with torch.inference_mode(), exact_arithmetic(device, chosen.precision):
            for _ in range(chosen.frames // BATCH):
                model.encoder.trunk(ready)

    runs: dict[str, Callable[[], object]] = {"bare": bare}
    for name, size in CROPS.items():
        split = crops(folder / name, n_frames=chosen.frames, size=size)
        runs[name] = lambda split=split: embed(
            split, embedder, batch_frames=BATCH, workers=chosen.workers
        )
    times = take_turns(runs, repeats=chosen.repeats)
    print(
        f"ResNet-50 at {settings.height} x {settings.width}, {chosen.precision}, "
        f"{chosen.threads} threads, {chosen.workers} readers, batches of {BATCH}, "
        f"{chosen.frames} frames, median of {chosen.repeats}"
    )
    for name, seconds in times.items():
        wall, processor = medians(seconds)
        ratios = median_ratios(seconds, times["bare"])
        print(
            f"{name:>8}: {wall:6.2f} s, {chosen.frames / wall:6.1f} frames/s, "
            f"{ratios[0]:.3f} times the bare backbone; "
            f"processor {processor:6.2f} s, {ratios[1]:.3f} times"
        )


def compare_runtimes(folder: Path, chosen: argparse.Namespace) -> None:
    print(f"{chosen.threads} threads, batches of {BATCH}, median of {chosen.repeats}")
    product = matrix_product(chosen.threads)
    for name in chosen.runtimes or EXPORTED:
        saved = model_to_export(name)
        model, config = saved.model.to(memory_format=torch.channels_last), saved.config
        embedders: dict[str, ClipEmbedder] = {
            "torch": TacanEmbedder(
                model, clip_len=config.clip_len, input_size=(config.height, config.width)
            )
        }
        for kind in ("onnx", "openvino"):
            file = folder / f"{name}{ENDINGS[kind]}"
            export_model(saved, file, kind)
            opened = open_exported(file, kind, threads=chosen.threads)
            assert opened is not None
            embedders[kind] = opened
        shape = (BATCH // config.clip_len, config.clip_len, 3, config.height, config.width)
        clips = torch.randint(0, 256, shape, dtype=torch.uint8)
        runs: dict[str, Callable[[], object]] = {
            kind: lambda embedder=embedder, clips=clips: embedder.embed_clips(clips)
            for kind, embedder in embedders.items()
        }
        with FlopCounterMode(display=False) as counter:
            runs["torch"]()
        work = counter.get_total_flops() / (2 * MATRIX**3)
        times = take_turns({"product": product, **runs}, repeats=chosen.repeats)
        print(f"{name}, {config.encoder} at {config.height} x {config.width}")
        base = times.pop("product")
        for kind, seconds in times.items():
            wall, processor = medians(seconds)
            _, ratio = median_ratios(times["torch"], seconds)
            _, share = median_ratios(base, seconds)
            apart = difference(embedders["torch"], embedders[kind], batches=(1, 2))
            print(
                f"{kind:>10}: {BATCH / wall:7.1f} frames/s; processor "
                f"{processor / BATCH * 1000:6.2f} ms a frame, {ratio:.2f} times as fast; "
                f"{work * share:.0%} of the arithmetic; difference {apart:.0e}"
            )


def matrix_product(threads: int) -> Callable[[], object]:
    """The product of two matrices in OpenVINO, which knows more processors than torch's library."""
    matrix = np.random.default_rng(0).random((MATRIX, MATRIX), np.float32)
    left = opset.parameter(matrix.shape, np.float32)
    product = opset.matmul(left, opset.constant(matrix), transpose_a=False, transpose_b=False)
    network = openvino.Model([product], [left])
    settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.compile_model(network, "CPU", settings)
    return lambda: compiled([matrix])


def model_to_export(name: str) -> ModelFolder:
    if name == "street":
        return load_own_model(name)
    config = load_config(name, {"model.weights": None}).model
    torch.manual_seed(0)
    model = build_model(config).eval()
    if model.clip_attention.predictor is not None:
        torch.nn.init.normal_(model.clip_attention.predictor.weight, std=0.01)
    return ModelFolder(model, config, name, {})


def medians(seconds: list[Spent]) -> Spent:
    wall, processor = (median(column) for column in zip(*seconds, strict=True))
    return wall, processor


def median_ratios(seconds: list[Spent], base: list[Spent]) -> Spent:
    """How many times as long as `base` a run took, turn by turn."""
    return medians(
        [
            (mine[0] / theirs[0], mine[1] / theirs[1])
            for mine, theirs in zip(seconds, base, strict=True)
        ]
    )


def take_turns(runs: dict[str, Callable[[], object]], *, repeats: int) -> dict[str, list[Spent]]:
    """(wall, processor) seconds of each run, `repeats` times, after one that doesn't count."""
    times: dict[str, list[Spent]] = {name: [] for name in runs}
    for turn in range(repeats + 1):
        for name, work in runs.items():
            wall, processor = time.perf_counter(), time.process_time()
            work()
            if turn > 0:
                spent = (time.perf_counter() - wall, time.process_time() - processor)
                times[name].append(spent)
    return times


def crops(folder: Path, *, n_frames: int, size: tuple[int, int]) -> TrackletSplit:
    """Tracklets of `TRACKLET` different crops, as detailed as a photograph is."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    for number in range(n_frames):
        pixels = detailed(rng, *size)
        (folder / f"{number}.jpg").write_bytes(simplejpeg.encode_jpeg(pixels, quality=92))
    tracklets = tuple(
        Tracklet(
            f"t{first}",
            pid=1,
            camid=1,
            directory=folder,
            frames=tuple(f"{n}.jpg" for n in range(first, min(first + TRACKLET, n_frames))),
        )
        for first in range(0, n_frames, TRACKLET)
    )
    everyone = (True,) * len(tracklets)
    return TrackletSplit("folder", "test", tracklets, everyone, everyone)


def detailed(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Noise at several scales: uint8 [height, width, 3]."""
    picture = np.zeros((height, width, 3))
    for scale in (2, 8, 32):
        coarse = rng.integers(0, 256, (height // scale, width // scale, 3), dtype=np.uint8)
        picture += np.asarray(Image.fromarray(coarse).resize((width, height)))
    return np.ascontiguousarray(picture / 3, dtype=np.uint8)


def compare_memory(folder: Path) -> None:
    pictures = crops(folder / "crops", n_frames=50, size=(128, 64)).tracklets[0]
    links = folder / "links"
    links.mkdir()
    for number in range(100_000):
        (links / f"{number}.jpg").hardlink_to(pictures.path(number % len(pictures)))
    peaks = {}
    for n_frames in (100, 100_000):
        words = [sys.executable, __file__, "--peak", str(links), str(n_frames)]
        shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        peak, error, seconds = map(float, shown.split())
        peaks[n_frames] = peak
        print(
            f"{n_frames:>7} frames: peak {peak:.0f} MB, {seconds:.0f} s, "
            f"largest difference from one batch {error:.1e}"
        )
    print(f"difference: {peaks[100_000] - peaks[100]:.0f} MB")


def measure_peak(folder: Path, n_frames: int) -> None:
    """Prints the peak in MB, the largest difference from the one-batch vector, and seconds."""
    torch.manual_seed(0)
    model = build_model(TINY).eval()
    torch.nn.init.normal_(model.clip_attention.predictor.weight)
    embedder = TacanEmbedder(model, clip_len=4, input_size=(TINY.height, TINY.width))
    names = tuple(f"{number}.jpg" for number in range(n_frames))
    walk = Tracklet("walk", pid=1, camid=1, directory=folder, frames=names)
    began = time.perf_counter()
    features, _ = embed(TrackletSplit("folder", "test", (walk,), (True,), (True,)), embedder)
    seconds = time.perf_counter() - began
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    expected = in_one_batch(model, walk)
    error = np.abs(features.embeddings[0] - expected).max() / np.abs(expected).max()
    print(int(peak) * 1024 / 1e6, error, seconds)


def in_one_batch(model: Tacan, walk: Tracklet) -> NDArray[np.float32]:
    """The vector as Eq. 3 has it, all clips at once; the frames of the 50 files repeat."""
    period = np.lcm(50, 4)
    distinct = load_frames(
        walk, np.arange(min(period, len(walk))), height=TINY.height, width=TINY.width
    )
    clips = distinct[torch.from_numpy(consecutive_clips(len(distinct), 4))]
    with torch.no_grad():
        output = model.embed_clips(clips)
        n_clips = -(-len(walk) // 4)
        which = torch.arange(n_clips) % len(clips)
        embeddings, weights = output.clip_embeddings[which], output.clip_weights[which]
        return ((weights[:, None] * embeddings).sum(0) / weights.sum()).numpy()


if __name__ == "__main__":
    run(main)
