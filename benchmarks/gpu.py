"""How near a GPU's limit embedding and a training step at the paper's size come.

    python benchmarks/gpu.py [--preset paper] [--precision bf16] [--turns 20]
    python benchmarks/gpu.py --device cpu --preset demo --precision 32 --turns 3

The limit is measured in the same run: the product of two bfloat16 (or float32) matrices of
8192 x 8192. What the model has to do is counted by torch (`FlopCounterMode`: convolutions and
matrix products, a product and a sum as two). Batches lie ready on the device; decoding is measured
by `training_step.py`. Printed are images a second, TFLOP/s and their share of the limit for
embedding and for a step (forward, losses, backward, optimiser), as they are and compiled by
`torch.compile`; then where the time of a step goes, by kinds of kernels.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from plain_faults import run
from tacan.config import TrainConfig, load_config
from tacan.training.build_training import build_module
from tacan.training.module import TrainingModule

N_IDENTITIES = 625
KINDS = {
    "convolutions and products": ("conv", "gemm", "xmma", "cutlass", "wgrad", "dgrad", "cudnn"),
    "batch normalisation": ("bn_", "batch_norm", "batchnorm"),
    "optimiser": ("multi_tensor", "adam"),
    "copies": ("memcpy", "memset", "copy"),
    "element by element": ("elementwise", "vectorized", "reduce", "triton"),
}
"""Parts of the names of kernels by their kinds; the first kind that fits counts."""

Step = Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="paper", choices=("demo", "paper", "strong"))
    parser.add_argument("--precision", choices=("32", "bf16"), default="bf16")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--identities", type=int, default=8)
    parser.add_argument("--tracklets", type=int, default=4)
    parser.add_argument("--clips", type=int, default=256, help="embedded at once")
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--layout", choices=("last", "first"), default="last", help="of channels")
    parser.add_argument("--tuned", action="store_true", help="cuDNN tries its algorithms first")
    chosen = parser.parse_args()
    options = {
        "data.root": ".",
        "model.weights": None,
        "run.precision": chosen.precision,
        "clips.identities_per_batch": chosen.identities,
        "clips.tracklets_per_identity": chosen.tracklets,
        "run.recompute": False,
    }
    config = load_config(chosen.preset, options)
    torch.backends.cudnn.benchmark = chosen.tuned
    device = torch.device(chosen.device)
    bench = Bench(device, config, turns=chosen.turns, layout=chosen.layout)
    bench.show_limit()
    bench.show_embedding(chosen.clips, compiled=False)
    bench.show_step(compiled=False)
    bench.show_profile()
    if not chosen.no_compile:
        bench.show_embedding(chosen.clips, compiled=True)
        bench.show_step(compiled=True)


class Bench:
    """The measurements of one configuration on one device, in TFLOP/s beside its limit."""

    def __init__(
        self, device: torch.device, config: TrainConfig, *, turns: int, layout: str
    ) -> None:
        self.device = device
        self.layout = layout
        self.config = config
        self.turns = turns
        self.limit = 0.0

    def show_limit(self) -> None:
        size = 8192 if self.device.type == "cuda" else 1024
        dtype = torch.bfloat16 if self.config.run.precision == "bf16" else torch.float32
        x = torch.randn(size, size, device=self.device).to(dtype)
        y = torch.randn(size, size, device=self.device).to(dtype)
        seconds = self.seconds(lambda: x @ y)
        self.limit = 2 * size**3 / seconds / 1e12
        name = torch.cuda.get_device_name() if self.device.type == "cuda" else "the processor"
        model = self.config.model
        print(
            f"{name}, torch {torch.__version__}, {model.encoder} at {model.height} x "
            f"{model.width}, {self.config.run.precision}, channels {self.layout}; "
            f"median of {self.turns} turns"
        )
        print(f"limit: {self.limit:.1f} TFLOP/s (product of {size} x {size})", flush=True)

    def show_embedding(self, n_clips: int, *, compiled: bool) -> None:
        """Images a second of `embed_clips`, from bytes on the device."""
        model = self.module().model.eval()
        frames = self.frames(n_clips)

        def embed() -> object:
            with torch.inference_mode(), self.arithmetic():
                return call(frames)

        call: Callable[..., object] = model.embed_clips
        flops = self.flops(embed)
        if compiled:
            call = torch.compile(model.embed_clips)
        self.show("embedding", compiled, embed, n_clips * self.config.model.clip_len, flops)

    def show_step(self, *, compiled: bool) -> None:
        step, n_images, module = self.step()
        flops = self.flops(step)
        if compiled:
            module.model.encoder = torch.compile(module.model.encoder)  # pyright: ignore
        self.show("training step", compiled, step, n_images, flops)
        if self.device.type == "cuda":
            print(f"{'':24}peak memory {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")

    def show_profile(self) -> None:
        """Shares of a step's time on the device, by kinds of kernels, and what is left idle."""
        if self.device.type != "cuda":
            return
        step, _, _ = self.step()
        whole = self.seconds(step)
        with profile(activities=[ProfilerActivity.CUDA]) as profiled:
            step()
            torch.cuda.synchronize()
        shares: Counter[str] = Counter()
        for event in profiled.key_averages():
            shares[kind_of(event.key)] += event.self_device_time_total / 1e6
        print("where the time of a step goes:")
        for kind, seconds in shares.most_common():
            print(f"{'':24}{kind:28}{seconds * 1e3:8.1f} ms {seconds / whole:6.1%}")
        idle = max(0.0, whole - sum(shares.values()))
        print(f"{'':24}{'nothing runs':28}{idle * 1e3:8.1f} ms {idle / whole:6.1%}", flush=True)

    def step(self) -> tuple[Step, int, TrainingModule]:
        """A whole training step on a batch that lies ready, its images, and the module."""
        module = self.module().train()
        clips = self.config.clips
        shape = clips.identities_per_batch, clips.tracklets_per_identity
        frames = self.frames(shape[0] * shape[1] * clips.n_clips)
        frames = frames.unflatten(0, (shape[0] * shape[1], clips.n_clips))
        labels = torch.arange(shape[0], device=self.device).repeat_interleave(shape[1])
        optimiser = module.configure_optimizers()

        def step() -> None:
            with self.arithmetic():
                output = module.model(frames)
            terms = module.losses(
                output.tracklet_embedding.float(), output.metric_embedding.float(), labels
            )
            optimiser.zero_grad(set_to_none=True)
            terms.total.backward()
            optimiser.step()

        return step, frames.shape[0] * clips.n_clips * self.config.model.clip_len, module

    def module(self) -> TrainingModule:
        module = build_module(self.config, n_identities=N_IDENTITIES, checkpoint=None)
        if self.layout == "first":
            module.to(memory_format=torch.contiguous_format)
        return module.to(self.device)

    def frames(self, n_clips: int) -> torch.Tensor:
        model = self.config.model
        shape = n_clips, model.clip_len, 3, model.height, model.width
        return torch.randint(256, shape, dtype=torch.uint8, device=self.device)

    @contextmanager
    def arithmetic(self) -> Iterator[None]:
        bf16 = self.config.run.precision == "bf16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=bf16):
            yield

    def flops(self, step: Step) -> int:
        with FlopCounterMode(display=False) as counter:
            step()
        return counter.get_total_flops()

    def show(self, what: str, compiled: bool, step: Step, n_images: int, flops: int) -> None:  # noqa: FBT001
        seconds = self.seconds(step)
        rate = flops / seconds / 1e12
        name = f"{what}{', compiled' if compiled else ''}"
        print(
            f"{name:24}{n_images} images, {seconds * 1e3:8.1f} ms, "
            f"{n_images / seconds:9,.0f} images/s, {rate:7.1f} TFLOP/s, "
            f"{rate / self.limit:6.1%} of the limit",
            flush=True,
        )

    def seconds(self, step: Step) -> float:
        """The median time of a call."""
        for _ in range(3):
            step()
        found = []
        for _ in range(self.turns):
            self.wait()
            begun = time.perf_counter()
            step()
            self.wait()
            found.append(time.perf_counter() - begun)
        return median(found)

    def wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()


def kind_of(kernel: str) -> str:
    name = kernel.lower()
    return next((kind for kind, parts in KINDS.items() if any(p in name for p in parts)), "others")


if __name__ == "__main__":
    run(main)
