"""`tacan adapt`: a model's clip weight goes on learning on one's own footage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from tacan.cli.outputs import OutputFolder
from tacan.embeddings.shipped import DEFAULT_MODEL

__all__ = ["adapt"]

Count = Annotated[int, Parameter(validator=Number(gte=1))]


def adapt(
    *,
    tracklets: Path,
    out: OutputFolder,
    model: str = DEFAULT_MODEL,
    at_most: Annotated[int, Parameter(validator=Number(gte=10))] = 2000,
    seed: Annotated[int, Parameter(validator=Number(gte=0))] = 0,
    threads: Count | None = None,
) -> None:
    """Lets a model's clip weight learn on your own footage, without a label, in minutes.

    The weight says how much a clip counts. Here it learns what hides people before your cameras:
    halves of one tracklet belong together, also where clips are hidden on purpose, and apart from
    people who are certainly somebody else, because one camera saw both at once or a human said so.
    Nothing else of the model changes. Every fifth tracklet is held out in turn and judges, without
    labels: the adapted weight, the weight as it was or the plain mean is kept, whichever finds the
    other half of a tracklet best. Where adapting doesn't surely help, the model stays as it was.

    Out comes an ordinary model's folder. Interrupted, the same command goes on where it stopped.

    Example: tacan adapt --tracklets people.gallery --out mine

    Then: tacan index new.gallery door.mp4 --model mine

    Then: tacan index osnet.gallery door.mp4 --model onnx:osnet.onnx --clip-weight mine

    Parameters
    ----------
    tracklets
        A gallery, whose crops are taken; a folder in the layout `folder`, whose identities are
        passed over; or a folder with one sub-folder of crops for each tracklet. At least ten
        tracklets with four clips each.
    out
        The model's folder: new, empty, or of an adaptation that was interrupted.
    model
        street, which ships with the package, a folder with config.json and model.safetensors, or a
        run folder of `tacan train`.
    at_most
        Of more tracklets so many are taken, evenly chosen. Memory and time grow with it.
    seed
        What occlusions and batches are drawn from. The same seed gives the same model.
    threads
        Threads that compute; as many as there are cores when not given.
    """
    import torch

    from tacan.adaptation.adapt import adapt as adapt_model
    from tacan.cli.console import note, say, show_stage
    from tacan.views.adapt_text import adapt_text

    if threads is not None:
        torch.set_num_threads(threads)
    try:
        report = adapt_model(model, tracklets, out, seed=seed, at_most=at_most, listener=show_stage)
    except KeyboardInterrupt:
        note(f"What is finished lies in {out}; the same command goes on from it.")
        raise
    say(adapt_text(report, out))
