"""`tacan evaluate`: mAP and CMC, from anyone's features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from tacan.cli.outputs import JsonFile, OutputFolder

if TYPE_CHECKING:
    from tacan.evaluation import EvaluationReport, Reranking

__all__ = ["evaluate"]


def _known(_: object, names: str) -> None:
    from tacan.errors import ConfigError
    from tacan.evaluation.protocol import parse_protocols

    try:
        parse_protocols(names)
    except ConfigError as error:
        raise ValueError("; ".join(error.faults)) from error


def evaluate(
    features: Path,
    /,
    *,
    protocol: Annotated[str, Parameter(validator=_known)],
    metric: Literal["euclidean", "cosine"] | None = None,
    json: JsonFile | None = None,
    labels: Path | None = None,
    columns: str = "",
    rerank: Annotated[bool, Parameter(negative=())] = False,
    k1: int | None = None,
    k2: int | None = None,
    weight: float | None = None,
    confidence: float | None = None,
    cameras: Annotated[bool, Parameter(negative=())] = False,
    compare: Path | None = None,
    threshold: float | None = None,
    plots: OutputFolder | None = None,
) -> None:
    """Scores a features file: mAP and Rank-1, 5, 10 and 20, with the counts beside them.

    The file may come from `tacan embed` or from anywhere else: docs/protocols.md tells which
    arrays it must hold, and which published numbers can be compared with the result. Several
    protocols cost little more than one.

    Example: tacan evaluate features.npz --protocol mars-9330,mars-11310 --json scores.json

    Example: tacan evaluate mine.npz --protocol cross-camera --compare theirs.npz

    Example: tacan evaluate features.npy --labels MARS/info --protocol mars-official

    Parameters
    ----------
    features
        The features (.npz, .npy, .mat, .csv, .parquet), or a matrix of distances.
    protocol
        One or more of mars-official, mars-9330, mars-11310, cross-camera and two-camera, with
        commas between them.
    metric
        The distance: euclidean or cosine; when not given, the one that the features file names,
        or else euclidean. Distances that come ready are scored as they are.
    json
        Also write the exact numbers to this file; with - to standard output, instead of the
        table.
    labels
        A second file with pids, cameras and roles, or the info folder of MARS.
    columns
        What the file calls its arrays: pids=person,camids=cam.
    rerank
        Re-rank by k-reciprocal neighbours first.
    k1
        With --rerank: how many neighbours must agree; 20 when not given.
    k2
        With --rerank: how many neighbours are averaged over; 6 when not given.
    weight
        With --rerank: the part of the plain distance in the result; 0.3 when not given.
    confidence
        Give intervals of this level (0.95, say) from resampled queries.
    cameras
        Give Rank-1 and mAP for each pair of cameras.
    compare
        A second features file of the same tracklets: which one is better, and how surely?
    threshold
        Find the distance below which a match is reported, for this rate of false matches.
    plots
        Draw CMC curves, ROC curves (right pairs accepted against wrong pairs accepted) and
        histograms of distances into this folder; with --rerank the CMC curves alone.
    """
    from tacan.cli.console import progress_on_terminal
    from tacan.evaluation import EvaluationOptions, evaluate_all
    from tacan.evaluation.importers import load_source, parse_columns
    from tacan.evaluation.protocol import parse_protocols

    names = parse_columns(columns)
    options = EvaluationOptions(
        rerank=_reranking(asked=rerank, k1=k1, k2=k2, weight=weight),
        confidence=confidence,
        cameras=cameras,
        false_match_rate=threshold,
        other=None if compare is None else load_source(compare, labels=labels, columns=names),
        distributions=plots is not None,
    )
    source = load_source(features, labels=labels, columns=names)
    protocols = parse_protocols(protocol)
    with progress_on_terminal("ranking", "queries") as progress:
        report = evaluate_all(source, protocols, metric=metric, options=options, progress=progress)
    _tell(report, json, plots)


def _reranking(*, asked: bool, **settings: float | None) -> Reranking | None:
    from tacan.errors import ConfigError
    from tacan.retrieval.rerank_settings import Reranking

    given = {name: value for name, value in settings.items() if value is not None}
    if given and not asked:
        raise ConfigError([f"--{name} is for --rerank" for name in given], source="the evaluation")
    return replace(Reranking(), **given) if asked else None


def _tell(report: EvaluationReport, json: str | None, plots: Path | None) -> None:
    from tacan.cli.console import note, say, write_json
    from tacan.views.evaluation_text import metric_note, report_json, report_tables, uncounted_notes

    if (differs := metric_note(report.results)) is not None:
        note(differs)
    for sentence in uncounted_notes(report.results):
        note(sentence)
    if json != "-":
        for title, table in report_tables(report):
            say(f"\n{title}\n{table}" if title else table)
    if plots is not None:
        from tacan.views.evaluation_charts import write_charts

        for path in write_charts(report, plots):
            note(f"wrote {path}")
    if json is not None:
        write_json(json, report_json(report))
