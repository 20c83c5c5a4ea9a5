"""`tacan embed`: tracklets to embeddings."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from tacan.cli.outputs import OutputFile
from tacan.cli.parameters import Count, Flag
from tacan.computing import Device, Precision, RuntimeChoice
from tacan.embeddings.shipped import DEFAULT_MODEL

__all__ = ["embed"]

Triple = Annotated[tuple[float, float, float], Parameter(negative="")]

SHOWN = 5


def embed(
    *,
    dataset: str,
    root: Path,
    model: str = DEFAULT_MODEL,
    split: str = "test",
    split_number: Annotated[int | None, Parameter(validator=Number(gte=0))] = None,
    variant: Literal["prid-178", "prid-200"] | None = None,
    splits_file: Path | None = None,
    split_seed: Annotated[int | None, Parameter(validator=Number(gte=0))] = None,
    out: OutputFile = Path("features.npz"),
    strict: Flag = False,
    batch_frames: Count = 64,
    workers: Count | None = None,
    threads: Count | None = None,
    device: Device = "auto",
    precision: Precision = "32",
    runtime: RuntimeChoice = "auto",
    clip_weight: str = "none",
    cluster: str | None = None,
    weights: str | None = None,
    height: int | None = None,
    width: int | None = None,
    colours: Literal["rgb", "bgr"] | None = None,
    pixel_range: Literal["0-1", "0-255"] | None = None,
    mean: Triple | None = None,
    std: Triple | None = None,
    output: str | None = None,
) -> None:
    """Turns every tracklet of a data set into one vector, from all of its frames.

    A crop that can't be read is passed over and reported; a tracklet with none left is left out.
    Interrupted, the same command goes on where it stopped. Score the result with
    `tacan evaluate`.

    Example: tacan embed --dataset folder --root people

    Example: tacan embed --model runs/mine --dataset mars --root MARS --out features.npz

    Example: tacan embed --model onnx:osnet.onnx --dataset folder --root people

    Parameters
    ----------
    model
        street, which ships with the package; a folder with config.json and model.safetensors; a
        run folder of `tacan train`; or a frozen image encoder, averaged over all frames:
        timm:NAME, onnx:FILE, openvino:FILE. What the options below say of a file's encoder may
        stand in a YAML file beside it instead (osnet.yaml beside osnet.onnx), under the options'
        names with _ for -.
    dataset
        The data set's layout: mars, ilids-vid, prid2011, duke-video or folder.
    root
        The data set's folder.
    split
        Which of its splits.
    split_number
        Which halving of iLIDS-VID or PRID-2011, from 0; the first when not given. `tacan splits`
        goes through all of them.
    variant
        For PRID-2011: prid-178 (its default, the published halvings) or prid-200 (seeded).
    splits_file
        Halvings in place of those in the root, for iLIDS-VID and prid-178.
    split_seed
        For prid-200: what its halvings are drawn from.
    out
        The features file to write.
    strict
        Stop at the first crop that can't be read.
    batch_frames
        Frames that the model sees at once. Memory grows with it; results don't change.
    workers
        Threads that read crops; one for each core, at most 8, when not given.
    threads
        Threads that compute; as many as there are cores when not given.
    device
        Where the model runs; auto takes a GPU if there is one.
    precision
        Arithmetic of the network: 32, or bf16, which is faster where the hardware has it.
    runtime
        What computes one of our own models on a CPU. auto is OpenVINO where it is installed, else
        ONNX Runtime, if the model's folder holds an export (street's does, and those that
        `tacan train` makes), and torch elsewhere. Vectors differ by less than 0.0001 of their
        length, which each start makes sure of.
    clip_weight
        For frozen encoders: visibility, street, or the folder of one of our own models, whose clip
        weight lets clear crops count more than hidden ones (docs/clip_weight.md); none is the plain
        mean.
    cluster
        The address of a Dask scheduler, tcp://HOST:8786, whose workers embed. Crops and model must
        be under the same paths on all machines (docs/cluster.md).
    weights
        For timm: encoders: a weight file, pretrained (fetched by timm: the one case that uses the
        network) or random.
    height
        For encoders in files and of timm: pixels that crops are resized to. What the file
        fixes, or 256.
    width
        Likewise: what the file fixes, or 128.
    colours
        Likewise: the order of the channels. rgb, but bgr for openvino:.
    pixel_range
        Likewise: the range of pixels. 0-1, but 0-255 for openvino:.
    mean
        Likewise: the mean of red, green and blue that is subtracted, in that range. ImageNet's
        (for timm: its own) in the range 0-1, and 0 in 0-255.
    std
        Likewise: the deviation of red, green and blue that is divided by. ImageNet's (for timm:
        its own) in the range 0-1, and 1 in 0-255.
    output
        Likewise: the name of the output that holds the features. The first one.
    """
    from tacan.cli.console import note, progress_bar, say
    from tacan.datasets import load_dataset

    tracklets = load_dataset(
        dataset,
        root,
        split,
        split_number=split_number,
        splits_file=splits_file,
        variant=variant,
        split_seed=split_seed,
    )

    import torch

    from tacan.cluster.connection import connected
    from tacan.cluster.embed_on_cluster import EmbedJob, embed_on_cluster
    from tacan.embeddings.encoder_settings import EncoderSettings
    from tacan.embeddings.extract import embed_to_file, partial_folder
    from tacan.embeddings.model_choice import ModelChoice

    if threads is not None:
        torch.set_num_threads(threads)
    options = {
        "height": height,
        "width": width,
        "colours": colours,
        "pixel_range": pixel_range,
        "mean": mean,
        "std": std,
        "output": output,
    }
    choice = ModelChoice(
        spec=model,
        settings=EncoderSettings.checked(options, source="the command line"),
        weights=weights,
        device=device,
        precision=precision,
        runtime=runtime,
        clip_weight=clip_weight,
    )
    embedder = choice.open(threads=torch.get_num_threads())
    how: dict[str, Any] = {"batch_frames": batch_frames, "workers": workers, "strict": strict}
    try:
        with ExitStack() as stack:
            elsewhere = None
            if cluster is not None:
                client = stack.enter_context(connected(cluster))
                job = EmbedJob(choice.for_others(), embedder.fingerprint, threads=threads, **how)
                elsewhere = embed_on_cluster(tracklets, job, client=client)
            report = embed_to_file(
                tracklets,
                embedder,
                out,
                **how,
                notes={"model": model, "clip_weight": clip_weight},
                elsewhere=elsewhere,
                progress=stack.enter_context(progress_bar("embedding", "frames")),
            )
    except KeyboardInterrupt:
        note(f"What is finished lies in {partial_folder(out)}; the same command goes on from it.")
        raise
    for line in report.faults(at_most=SHOWN):
        note(line)
    say(f"{report.summary()} -> {out}")
