"""`tacan evaluate`: mAP and CMC, from anyone's features."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

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
    metric: Literal["euclidean", "cosine"] = "euclidean",
    json: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
) -> None:
    """Scores a features file: mAP and Rank-1, 5, 10 and 20, with the counts beside them.

    The file may come from `tacan embed` or from anywhere else: see docs/protocols.md for the
    arrays it must hold. Several protocols cost little more than one.

    Example: tacan evaluate features.npz --protocol mars-9330,mars-11310 --json scores.json

    Parameters
    ----------
    features
        The features file (.npz).
    protocol
        One or more of mars-official, mars-9330, mars-11310, cross-camera and two-camera, with
        commas between them.
    metric
        The distance: euclidean or cosine.
    json
        Also write the exact numbers to this file; with - to standard output, instead of the
        table.
    """
    from tacan.cli.console import progress_bar, say, write_json
    from tacan.embeddings.files import load_features
    from tacan.evaluation import as_json, as_table, evaluate_protocols
    from tacan.evaluation.protocol import parse_protocols
    from tacan.progress import silent

    loaded = load_features(features)
    names = parse_protocols(protocol)
    if sys.stderr.isatty():
        with progress_bar("ranking", "queries") as progress:
            results = evaluate_protocols(loaded, names, metric=metric, progress=progress)
    else:
        results = evaluate_protocols(loaded, names, metric=metric, progress=silent)
    if json != "-":
        say(as_table(results))
    if json is not None:
        write_json(json, as_json(results))
