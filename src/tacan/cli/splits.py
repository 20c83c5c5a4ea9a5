"""`tacan splits`: one result over the numbered splits of a data set."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import ArgumentCollection, Group, Parameter
from cyclopts.validators import Number

from tacan.cli.outputs import JsonFile, OutputFolder
from tacan.cli.parameters import Count, Flag
from tacan.computing import Device, Precision

if TYPE_CHECKING:
    from tacan.embeddings.extract import ExtractionReport
    from tacan.splits import SplitChoice, SplitsRecord, VectorSource
    from tacan.splits.vector_source import Extraction

__all__ = ["splits"]


def _one_source(given: ArgumentCollection) -> None:
    if sum(argument.has_tokens for argument in given) != 1:
        raise ValueError("one of --model and --config must be given, and not both.")


SOURCE = Group("Model or training", validator=_one_source)
SHOWN = 5


def _numbers(_: object, text: str | None) -> None:
    from tacan.splits import parse_numbers

    _check_usage(parse_numbers, "0" if text is None else text)


def _protocols(_: object, names: str) -> None:
    from tacan.evaluation.protocol import parse_protocols

    _check_usage(parse_protocols, names)


def _check_usage(parse: Callable[[str], object], text: str) -> None:
    from tacan.errors import ConfigError

    try:
        parse(text)
    except ConfigError as error:
        raise ValueError("; ".join(error.faults)) from error


def splits(
    dataset: str,
    root: Path,
    /,
    *overrides: Annotated[str, Parameter(allow_leading_hyphen=True)],
    out: OutputFolder,
    model: Annotated[str | None, Parameter(group=SOURCE)] = None,
    config: Annotated[str | None, Parameter(group=SOURCE)] = None,
    fetch: Flag = False,
    splits: Annotated[str | None, Parameter(validator=_numbers)] = None,
    variant: Literal["prid-178", "prid-200"] | None = None,
    splits_file: Path | None = None,
    split_seed: Annotated[int | None, Parameter(validator=Number(gte=0))] = None,
    protocol: Annotated[str, Parameter(validator=_protocols)] = "two-camera",
    metric: Literal["euclidean", "cosine"] | None = None,
    json: JsonFile | None = None,
    strict: Flag = False,
    batch_frames: Count = 64,
    workers: Count = 2,
    device: Device = "auto",
    precision: Precision = "32",
    clip_weight: str = "none",
    weights: str | None = None,
) -> None:
    """Evaluates every numbered split of iLIDS-VID or PRID-2011: mean and standard deviation.

    With --model everyone is embedded once, and each split is scored from the same vectors. With
    --config a model is trained for each split on its train half; settings may follow as in
    `tacan train`. Some training people are held out for validation unless you say
    --data.validation_share 0 --run.validate_every 0, as published results do.

    Interrupted, the same command goes on where it stopped. With another --metric, --protocol or
    --splits only what is missing is done. Trainings may share OUT at the same time, each with
    splits of its own; a last call then gives the result over all.

    Example: tacan splits ilids-vid iLIDS --model runs/mine --out runs/ilids

    Example: tacan splits prid2011 PRID --config strong --fetch --out runs/prid

    Parameters
    ----------
    dataset
        The data set: ilids-vid or prid2011.
    root
        Its folder.
    overrides
        With --config, settings that differ: --section.setting VALUE, or --section.setting=VALUE.
    out
        The folder for everything that it makes: new, empty, or of an earlier call with the same
        settings.
    model
        A model for all splits, none of whose people it was trained on. See `tacan embed`.
    config
        A preset (paper, strong, demo) or a YAML file to train with. See `tacan train`.
    fetch
        With --config, let timm fetch first weights from the network, as paper and strong need.
    splits
        Which splits, such as 0-4 or 0,3,5; all ten when not given.
    variant
        For prid2011: prid-178 (the default), its published splits; or prid-200, all shared people
        in splits that are drawn from a seed.
    splits_file
        Splits in place of those in the root, in the same format.
    split_seed
        For prid-200: the seed; 0 when not given.
    protocol
        How a split is scored; two-camera is what published results use.
    metric
        The distance: euclidean or cosine; when not given, that of the model.
    json
        Also write the exact numbers to this file; with - to standard output, instead of the
        table.
    strict
        Stop at the first crop that can't be read.
    batch_frames
        Frames that the model sees at once when it embeds.
    workers
        Threads that read crops when it embeds.
    device
        Where it embeds; auto takes a GPU if there is one.
    precision
        Arithmetic when it embeds: 32 or bf16.
    clip_weight
        With --model, for frozen encoders: visibility, street, or the folder of one of our own
        models, whose clip weight lets clear crops count more than hidden ones
        (docs/clip_weight.md); none is the plain mean.
    weights
        With --model timm:NAME: a weight file, pretrained (the one case that uses the network) or
        random.
    """
    from tacan.cli.console import show_stage
    from tacan.datasets import DATASETS
    from tacan.evaluation.protocol import parse_protocols
    from tacan.splits import Listeners, SplitChoice, parse_numbers, run_splits
    from tacan.splits.vector_source import Extraction

    n_splits = DATASETS[dataset].n_splits if dataset in DATASETS else 1
    choice = SplitChoice(
        dataset=dataset,
        root=root,
        numbers=parse_numbers(f"0-{n_splits - 1}" if splits is None else splits),
        variant=variant,
        splits_file=splits_file,
        split_seed=split_seed,
    )
    extraction = Extraction(
        batch_frames=batch_frames,
        workers=workers,
        strict=strict,
        device=device,
        precision=precision,
    )
    source = _source(
        choice, overrides, model, config, weights, clip_weight, extraction, fetch=fetch
    )
    with _stop_explained(training=config is not None):
        names, listeners = parse_protocols(protocol), Listeners(show_stage, _show_faults)
        record = run_splits(
            choice, source, out, protocols=names, metric=metric, listeners=listeners
        )
    _tell(record, json)


def _source(
    choice: SplitChoice,
    overrides: tuple[str, ...],
    model: str | None,
    config: str | None,
    weights: str | None,
    clip_weight: str,
    extraction: Extraction,
    *,
    fetch: bool,
) -> VectorSource:
    from tacan.config.load import parse_overrides
    from tacan.errors import ConfigError

    faults = []
    if config is None and overrides:
        words = " ".join(overrides)
        faults.append(f"{words}: no option of this command; settings of a training need --config")
    if config is not None and weights is not None:
        faults.append("--weights is for --model timm:NAME; a training takes --model.weights")
    if config is not None and clip_weight != "none":
        faults.append("--clip-weight is for --model; a training takes --model.clip_weight")
    if config is None and fetch:
        faults.append("--fetch is for --config; the vectors of --model need no first weights")
    if faults:
        raise ConfigError(faults, source="the command line")
    # A wrong root is told before torch is loaded, which takes seconds.
    replace(choice, numbers=choice.numbers[:1]).load()
    if model is not None:
        from tacan.splits.embed_once import EmbedOnce

        return EmbedOnce(model, weights=weights, clip_weight=clip_weight, extraction=extraction)
    from tacan.splits.train_each import TrainEach, training_config

    settings = training_config(config or "", parse_overrides(overrides), choice)
    return TrainEach(settings, extraction=extraction, fetch=fetch)


@contextmanager
def _stop_explained(*, training: bool) -> Iterator[None]:
    """A block whose training, when it is asked to stop, says how to go on."""
    if not training:
        yield
        return
    from tacan.cli.console import note
    from tacan.training import TrainingStopped

    try:
        yield
    except TrainingStopped as stopped:
        note(
            f"tacan: stopped in {stopped.run} after iteration {stopped.iteration} of "
            f"{stopped.iterations}, which is kept. The same command goes on from there."
        )
        sys.exit(128 + stopped.signal_number)


def _show_faults(report: ExtractionReport) -> None:
    from tacan.cli.console import note

    for line in report.faults(at_most=SHOWN):
        note(line)


def _tell(record: SplitsRecord, json: str | None) -> None:
    from tacan.cli.console import note, say, write_json
    from tacan.text import table
    from tacan.views.evaluation_text import metric_note
    from tacan.views.splits_text import COLUMNS, as_json, as_rows, conclusion

    results = record.splits[0].evaluations
    if (differs := metric_note(results)) is not None:
        note(differs)
    if json != "-":
        name = record.choice.variant or record.choice.dataset
        for protocol in record.summaries:
            title = f"{name}, {protocol}, {results[protocol].metric} (percent)"
            say(f"{title}\n{table([COLUMNS, *as_rows(record, protocol)])}")
            say(conclusion(record, protocol))
    if json is not None:
        write_json(json, as_json(record))
