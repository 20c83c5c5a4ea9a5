"""What each array of a features file must be: one function for each kind of array.

Each returns the array in its stated type, or raises `FeaturesError`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.errors import FeaturesError
from tacan.records import JUNK_PID
from tacan.text import counted

__all__ = ["camids", "flags", "matrix", "names", "no_repeated_queries", "pids", "ragged"]

CHANCE_IS_OUT_FROM = 16
"""From this many numbers on, two embeddings of different tracklets don't agree by chance."""


def matrix(name: str, values: Any) -> NDArray[np.float32]:
    """Finite floats [N, D] as float32, with at least one row and one column."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiu" or array.ndim != 2 or 0 in array.shape:
        raise FeaturesError(
            f"`{name}` must be real numbers [N, D], one row a tracklet",
            got=f"{array.dtype} {list(array.shape)}",
            remedy="Give one vector for each tracklet, not one for each frame or clip.",
        )
    with np.errstate(over="ignore"):
        array = np.ascontiguousarray(array, dtype=np.float32)
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        bad = int((~np.isfinite(array).all(axis=1)).sum())
        raise FeaturesError(
            f"`{name}` must be finite numbers within float32",
            got=f"NaN, infinite or too large values in {counted(bad, 'row')}, first in row {row}",
            remedy="Look for an empty tracklet or an overflow where the embeddings are made.",
        )
    return array


def pids(values: Any, n: int, name: str = "pids") -> NDArray[np.int64]:
    """Identities [N]: -1 junk, 0 distractor, else positive."""
    array = _whole_numbers(name, values, n, f"Convert them with `{name}.astype(numpy.int64)`.")
    if (array < JUNK_PID).any():
        raise FeaturesError(
            "a pid must be -1 (junk), 0 (distractor) or a positive number",
            got=f"{int(array.min())} in `{name}`",
            remedy="Renumber the identities.",
        )
    return array


def camids(values: Any, n: int, name: str = "camids") -> NDArray[np.int64]:
    """Cameras [N]: one for each tracklet."""
    array = np.asarray(values)
    if array.ndim > 1 or array.dtype == object:
        raise FeaturesError(
            "a tracklet must have one camera",
            got=f"`{name}` {array.dtype} {list(array.shape)}, a list of cameras per tracklet",
            remedy="Give the camera of the tracklet once, not once for each frame or clip.",
        )
    return _whole_numbers(name, array, n, "Number the cameras with whole numbers.")


def flags(name: str, values: Any, n: int) -> NDArray[np.bool_]:
    """Truth values [N]; 0 and 1 are taken for them."""
    array = np.asarray(values)
    if array.dtype.kind not in "biu" or not np.isin(array, (0, 1)).all():
        raise FeaturesError(
            f"`{name}` must hold truth values",
            got=f"{array.dtype} {list(array.shape)}",
            remedy="Mark each tracklet with True or False; a list of row numbers won't do.",
        )
    return _of_length(name, array, n).astype(np.bool_, copy=False)


def names(values: Any, n: int) -> NDArray[np.str_]:
    """Tracklet ids [N], each once."""
    array = np.asarray(values)
    if array.dtype.kind not in "US":
        raise FeaturesError(
            "`tracklet_ids` must be strings",
            got=str(array.dtype),
            remedy="Convert them with `tracklet_ids.astype(str)`.",
        )
    try:
        array = _of_length("tracklet_ids", array, n).astype(np.str_, copy=False)
    except UnicodeDecodeError as error:
        raise FeaturesError(
            "`tracklet_ids` must be strings",
            got=f"bytes that are no ASCII text ({error.reason})",
            remedy="Decode them before they are stored.",
        ) from error
    unique, counts = np.unique(array, return_counts=True)
    if (counts > 1).any():
        raise FeaturesError(
            "a tracklet must occur once",
            got=f"{str(unique[counts > 1][0])!r} in {int(counts[counts > 1][0])} rows",
            remedy="Drop the repeated rows; one row can be both query and gallery.",
        )
    return array


def no_repeated_queries(
    numbers: NDArray[np.floating],
    person: NDArray[np.int64],
    camera: NDArray[np.int64],
    rows: NDArray[np.int64] | None = None,
    *,
    called: str = "embedding",
    remedy: str = "Drop the repeated rows, or give `tracklet_ids` that tell them apart.",
) -> None:
    """Refuses a query row that was given twice, where no tracklet ids tell rows apart.

    The queries are the given `rows` of `numbers`, which are embeddings or distances (`called`);
    all of them where none are given. Two queries of one person and camera whose numbers agree to
    the last bit are one row given twice. Numbers that agree across persons or cameras too (a
    constant, a few prototypes), and short ones, can agree for other reasons and are let pass.
    """
    vectors = numbers if rows is None else numbers[rows]
    rows = np.arange(len(numbers)) if rows is None else rows
    if len(rows) < 2 or vectors.shape[1] < CHANCE_IS_OUT_FROM:
        return
    if len(set(vectors.sum(axis=1, dtype=np.float64).tolist())) == len(rows):
        return
    vectors = np.ascontiguousarray(vectors)
    keys = vectors.view(np.dtype((np.void, vectors.shape[1] * vectors.itemsize))).ravel()
    _, group = np.unique(keys, return_inverse=True)
    n_vectors = int(group.max()) + 1
    labelled = np.unique(np.stack([group, person[rows], camera[rows]]), axis=1).shape[1]
    if n_vectors == len(rows) or labelled > n_vectors:
        return
    repeated = int(np.flatnonzero(np.bincount(group) > 1)[0])
    first, second = rows[group == repeated][:2]
    raise FeaturesError(
        "a query must be one row",
        got=f"rows {first} and {second} with the same pid, camera and {called}",
        remedy=remedy,
    )


def ragged(
    weights: Any, offsets: Any, n: int
) -> tuple[NDArray[np.float32] | None, NDArray[np.int64] | None]:
    """Clip weights [sum m] and where each tracklet's begin [N+1], or neither."""
    if weights is None and offsets is None:
        return None, None
    if weights is None or offsets is None:
        raise FeaturesError(
            "`clip_weights` and `clip_offsets` must come together",
            got="only one of them",
            remedy="Give both or neither.",
        )
    remedy = "Offsets are the running sum of the clips per tracklet, with a 0 in front."
    begins = _whole_numbers("clip_offsets", offsets, n + 1, remedy)
    values = np.asarray(weights)
    fits = values.ndim == 1 and values.dtype.kind in "fiu" and bool(np.isfinite(values).all())
    rising = begins[0] == 0 and bool((np.diff(begins) >= 0).all())
    if not fits or not rising or begins[-1] != len(values):
        raise FeaturesError(
            "`clip_offsets` must rise from 0 to the number of finite `clip_weights`",
            got=f"offsets {begins[0]} to {begins[-1]} for weights {list(values.shape)}",
            remedy=remedy,
        )
    return values.astype(np.float32, copy=False), begins


def _whole_numbers(name: str, values: Any, n: int, remedy: str) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        missing = int(np.isnan(array).sum()) if array.dtype.kind == "f" else 0
        got = f"{array.dtype}, {missing} of them NaN or missing" if missing else str(array.dtype)
        remedy = "Give one for every row." if missing else remedy
        raise FeaturesError(f"`{name}` must be whole numbers", got=got, remedy=remedy)
    array = _of_length(name, array, n)
    if array.dtype.kind == "u" and (array > np.iinfo(np.int64).max).any():
        raise FeaturesError(
            f"`{name}` must be whole numbers below 2^63",
            got=str(int(array.max())),
            remedy="Number them anew.",
        )
    return array.astype(np.int64, copy=False)


def _of_length(name: str, array: NDArray[Any], n: int) -> NDArray[Any]:
    if array.shape != (n,):
        raise FeaturesError(
            f"`{name}` must have one entry for each row, {n} in all",
            got=f"an array {list(array.shape)}",
            remedy="Make all arrays from the same list of tracklets.",
        )
    return array
