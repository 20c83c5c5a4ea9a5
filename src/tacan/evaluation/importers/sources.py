"""From arrays of many names to a source that can be scored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.errors import ConfigError, FeaturesError
from tacan.evaluation.importers.readers import matlab_vector, read_arrays
from tacan.evaluation.source import DistanceMatrix, Source
from tacan.features import checks
from tacan.features.arrays import Arrays, array_names
from tacan.features.features_file import OPTIONAL, REQUIRED, Features, load_features
from tacan.text import counted

__all__ = ["load_source", "parse_columns"]

SPELLINGS = {
    "pid": "pids",
    "camid": "camids",
    "tracklet_id": "tracklet_ids",
    "features": "embeddings",
    "embedding": "embeddings",
    "distmat": "distances",
    "q_pids": "query_pids",
    "q_camids": "query_camids",
    "g_pids": "gallery_pids",
    "g_camids": "gallery_camids",
    "query_f": "query_embeddings",
    "query_label": "query_pids",
    "query_cam": "query_camids",
    "gallery_f": "gallery_embeddings",
    "gallery_label": "gallery_pids",
    "gallery_cam": "gallery_camids",
}
"""Names that other software gives to the same arrays."""

MATRIX = ("distances", "query_pids", "query_camids", "gallery_pids", "gallery_camids")
PARTS = (
    "query_embeddings",
    "query_pids",
    "query_camids",
    "gallery_embeddings",
    "gallery_pids",
    "gallery_camids",
)
ALL_AXES = ("embeddings", "query_embeddings", "gallery_embeddings", "distances")
"""What keeps its two axes, though one may be 1 long."""
LABELS = ("pids", "camids", "is_query", "is_gallery")


def load_source(
    path: Path, *, labels: Path | None = None, columns: Mapping[str, str] | None = None
) -> Source:
    """Embeddings or distances from a file of any known kind (see `read_arrays`).

    The file, and the file `labels` beside it, must hold together one of these:

    - `embeddings`, `pids`, `camids`, `is_query`, `is_gallery`: one row a tracklet;
    - `query_embeddings`, `query_pids`, `query_camids`, and the same for `gallery_`;
    - `distances` [Q, G], `query_pids`, `query_camids`, `gallery_pids`, `gallery_camids`, and
      `gallery_is_query` for the protocols of MARS;
    - `distances` with `pids`, `camids`, `is_query`, `is_gallery`: its rows are the queries and
      its columns the gallery, or the gallery without the queries, in their order.

    `columns` gives the file's own names for them, as {ours: theirs}; usual spellings are known.
    `labels` may be the `info` folder of MARS. Raises `FeaturesError`, also for whatever
    `Features` and `DistanceMatrix` refuse.
    """
    if path.suffix.lower() == ".npz" and labels is None and not columns and _is_native(path):
        return load_features(path)
    arrays = _renamed(path, read_arrays(path), columns or {})
    if labels is not None:
        arrays = {**_renamed(labels, read_arrays(labels), {}), **arrays}
    try:
        return _assembled(path, arrays)
    except FeaturesError as error:
        raise FeaturesError(f"{path}: {error.rule}", got=error.got, remedy=error.remedy) from error


def parse_columns(text: str) -> dict[str, str]:
    """{ours: theirs} from `ours=theirs,...`.

    >>> parse_columns("pids=person, camids=cam")
    {'pids': 'person', 'camids': 'cam'}

    Raises `ConfigError` for what is not of this form, or a name that means nothing here.
    """
    known = {*REQUIRED, *OPTIONAL, *MATRIX, *PARTS, "gallery_is_query"}
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    faults = [f"{ours!r} needs the form NAME=COLUMN" for ours, sign, _ in pairs if not sign]
    faults += [
        f"{ours.strip()!r} is none of {', '.join(sorted(known))}"
        for ours, sign, _ in pairs
        if sign and ours.strip() not in known
    ]
    if faults:
        raise ConfigError(faults, source="--columns")
    return {ours.strip(): theirs.strip() for ours, _, theirs in pairs}


def _is_native(path: Path) -> bool:
    try:
        names = set(array_names(path))
    except FeaturesError:  # `load_features` says what is wrong with it.
        return True
    return not names & {"distances", "distmat"} and (
        "embeddings" in names or not names & {*SPELLINGS, *PARTS}
    )


def _renamed(path: Path, arrays: Arrays, columns: Mapping[str, str]) -> Arrays:
    missing = [theirs for theirs in columns.values() if theirs not in arrays]
    if missing:
        raise FeaturesError(
            "the names given for columns must be in the file",
            got=f"{', '.join(missing)}, where {path} has {', '.join(sorted(arrays))}",
            remedy="Correct --columns.",
        )
    named = {ours: arrays[theirs] for ours, theirs in columns.items()}
    for name, array in arrays.items():
        ours = SPELLINGS.get(name, name)
        if name in columns.values() or ours in columns:
            continue
        if ours in named:
            raise FeaturesError(
                f"a file must hold `{ours}` once",
                got=f"two arrays that can be meant, one of them called {name!r}, in {path}",
                remedy=f"Say which it is: --columns {ours}=NAME.",
            )
        named[ours] = array
    if path.suffix.lower() != ".mat":
        return named
    return {n: array if n in ALL_AXES else matlab_vector(array) for n, array in named.items()}


def _assembled(path: Path, arrays: Arrays) -> Source:
    if "distances" in arrays:
        if set(LABELS) <= set(arrays):
            return _matrix_by_roles(arrays)
        return DistanceMatrix(**_chosen(arrays, MATRIX, ("gallery_is_query",)))
    if "query_embeddings" in arrays or "gallery_embeddings" in arrays:
        return _from_parts(_chosen(arrays, PARTS, ()))
    chosen = _chosen(arrays, REQUIRED, OPTIONAL[:-1])
    features = Features(**chosen, meta={"imported_from": path.name})
    if features.tracklet_ids is None and features.embeddings.shape[1] >= checks.CHANCE_IS_OUT_FROM:
        _copies_of_queries(features)
    return features


def _chosen(arrays: Arrays, required: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, Any]:
    missing = [name for name in required if name not in arrays]
    if missing:
        raise FeaturesError(
            f"the arrays {', '.join(required)} must all be there",
            got=f"{', '.join(sorted(arrays)) or 'none'}; without {', '.join(missing)}",
            remedy="Add them, name them with --columns, or give them in a second file, --labels.",
        )
    return {name: arrays[name] for name in (*required, *optional) if name in arrays}


def _matrix_by_roles(arrays: Arrays) -> DistanceMatrix:
    """A matrix whose rows and columns are marked in one list of tracklets."""
    n = np.size(arrays["pids"])
    pids, camids = checks.pids(arrays["pids"], n), checks.camids(arrays["camids"], n)
    is_query = checks.flags("is_query", arrays["is_query"], n)
    gallery = np.flatnonzero(checks.flags("is_gallery", arrays["is_gallery"], n))
    others = gallery[~is_query[gallery]]
    shape = np.shape(arrays["distances"])
    sizes = {len(gallery): gallery, len(others): others}
    if len(shape) != 2 or shape[0] != is_query.sum() or shape[1] not in sizes:
        raise FeaturesError(
            "`distances` must have a row for each query and a column for each gallery item",
            got=f"{list(shape)} for {counted(int(is_query.sum()), 'query', 'queries')} "
            f"and a gallery of {len(gallery)}, or {len(others)} without the queries",
            remedy="Make both from the same list of tracklets.",
        )
    columns = sizes[shape[1]]
    return DistanceMatrix(
        distances=arrays["distances"],
        query_pids=pids[is_query],
        query_camids=camids[is_query],
        gallery_pids=pids[columns],
        gallery_camids=camids[columns],
        gallery_is_query=is_query[columns],
    )


def _from_parts(arrays: dict[str, Any]) -> Features:
    """Queries and gallery in two parts; queries that are in the gallery too become one row."""
    query = _part(arrays, "query", is_query=True)
    gallery = _part(arrays, "gallery", is_query=False)
    widths = query.embeddings.shape[1], gallery.embeddings.shape[1]
    if widths[0] != widths[1]:
        raise FeaturesError(
            "queries and gallery must have vectors of one width",
            got=f"{widths[0]} and {widths[1]} numbers",
            remedy="Make both with the same model.",
        )
    both = Features(
        embeddings=np.concatenate([query.embeddings, gallery.embeddings]),
        pids=np.concatenate([query.pids, gallery.pids]),
        camids=np.concatenate([query.camids, gallery.camids]),
        is_query=np.concatenate([query.is_query, gallery.is_query]),
        is_gallery=np.concatenate([query.is_gallery, gallery.is_gallery]),
    )
    copies = _copies_of_queries(both)
    if not len(copies):
        return both
    is_query = np.zeros(len(gallery), dtype=bool)
    is_query[copies - len(query)] = True
    return Features(gallery.embeddings, gallery.pids, gallery.camids, is_query, gallery.is_gallery)


def _part(arrays: dict[str, Any], role: str, *, is_query: bool) -> Features:
    embeddings = checks.matrix(f"{role}_embeddings", arrays[f"{role}_embeddings"])
    n = len(embeddings)
    pids = checks.pids(arrays[f"{role}_pids"], n, f"{role}_pids")
    camids = checks.camids(arrays[f"{role}_camids"], n, f"{role}_camids")
    roles = np.full(n, is_query)
    return Features(embeddings, pids, camids, roles, ~roles)


def _copies_of_queries(features: Features) -> NDArray[np.intp]:
    """For each query that is not in the gallery, the gallery row that is the same tracklet: of its
    pid, camera and vector to the last bit. Empty where no query has one.

    Raises `FeaturesError` where only some queries have one: then it can't be told which protocol's
    gallery it is, and every number depends on that.
    """
    queries = np.flatnonzero(features.is_query & ~features.is_gallery)
    others = np.flatnonzero(features.is_gallery & ~features.is_query)
    # Sums are compared first: only rows that may be equal are looked at number by number.
    sums = features.embeddings.sum(axis=1, dtype=np.float64)
    others = others[np.isin(sums[others], sums[queries])]
    place = {_key(features, row): row for row in others.tolist()}
    copies = [place.get(_key(features, row)) for row in queries.tolist()]
    found = {row for row in copies if row is not None}
    if found and len(found) < len(queries):
        raise FeaturesError(
            "either all queries must be in the gallery, or none",
            got=f"{len(found)} of {len(queries)}",
            remedy="Give the gallery with all queries or without them.",
        )
    return np.array(copies if found else [], dtype=np.intp)


def _key(features: Features, row: int) -> tuple[int, int, bytes]:
    vector = features.embeddings[row]
    return int(features.pids[row]), int(features.camids[row]), vector.tobytes()
