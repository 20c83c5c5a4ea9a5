"""Whatever bytes a file holds: it is read, or refused with a message, and nothing else."""

from __future__ import annotations

import csv
import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import savemat
from tests.evaluation.rows import made_up

from tacan.errors import TacanError
from tacan.evaluation import evaluate
from tacan.evaluation.importers import load_source
from tacan.features.features_file import load_features

LABELS = ("pids", "camids", "is_query", "is_gallery")
BOUNDED = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


def whole_files() -> dict[str, bytes]:
    features = made_up(0, n=40, width=3, integers=False)
    arrays = {name: getattr(features, name) for name in ("embeddings", *LABELS)}
    files = {}
    for ending, write in (
        (".npz", lambda stream: np.savez(stream, **arrays, meta=np.array("{}"))),
        (".npy", lambda stream: np.save(stream, features.embeddings)),
        (".mat", lambda stream: savemat(stream, arrays)),
    ):
        stream = io.BytesIO()
        write(stream)
        files[ending] = stream.getvalue()
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["f0", "f1", "f2", *LABELS])
    for row in zip(*features.embeddings.T, *(arrays[name] for name in LABELS), strict=True):
        writer.writerow(row)
    files[".csv"] = text.getvalue().encode()
    parquet = pytest.importorskip("pyarrow.parquet")
    pyarrow = pytest.importorskip("pyarrow")
    columns = {**arrays, "embeddings": [row.tolist() for row in features.embeddings]}
    sink = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), sink)
    files[".parquet"] = sink.getvalue()
    return files


FILES = whole_files()


@st.composite
def damaged(draw, whole):
    """A whole file with some bytes replaced, left out or put in, perhaps cut short."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        piece = draw(st.binary(max_size=4) | st.sampled_from([b"1e400", b"9" * 30, b"-1", b"\n"]))
        content[at : at + draw(st.integers(0, 4))] = piece
    return bytes(content[: draw(st.integers(0, len(content)) | st.just(len(content)))])


def is_read_or_refused(path, content):
    path.write_bytes(content)
    with suppress(TacanError):
        evaluate(load_source(path), "cross-camera")


@pytest.mark.fuzz
@pytest.mark.parametrize("ending", [".npz", ".npy", ".csv", ".parquet"])
@given(data=st.data())
@settings(max_examples=150, **BOUNDED)
def test_a_damaged_file(tmp_path, ending, data):
    is_read_or_refused(tmp_path / f"f{ending}", data.draw(damaged(FILES[ending])))


@pytest.mark.fuzz
@given(data=st.data())
@settings(max_examples=12, **BOUNDED)  # each starts a process
def test_a_damaged_mat_file(tmp_path, data):
    is_read_or_refused(tmp_path / "f.mat", data.draw(damaged(FILES[".mat"])))


@pytest.mark.fuzz
@pytest.mark.parametrize("ending", [".npz", ".npy", ".csv", ".parquet"])
@given(content=st.binary(max_size=300))
@settings(max_examples=40, **BOUNDED)
def test_any_bytes(tmp_path, ending, content):
    is_read_or_refused(tmp_path / f"f{ending}", content)


CELLS = st.one_of(
    st.sampled_from(["1e400", "-1e400", "nan", "", "9" * 25, "9" * 5000, "1_0", "٣", "\x1b[1m"]),
    st.integers(-3, 3).map(str),
    st.text(max_size=4),
)


@pytest.mark.fuzz
@given(
    head=st.lists(st.sampled_from(["f0", "f1", "f2", "f10", "pid", *LABELS, "x", ""]), max_size=8),
    lines=st.lists(st.lists(CELLS, max_size=8), max_size=4),
    separator=st.sampled_from([",", ";", "\t"]),
)
@settings(max_examples=300, **BOUNDED)
def test_any_table(tmp_path, head, lines, separator):
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([head, *lines])
    is_read_or_refused(tmp_path / "f.csv", text.getvalue().encode("utf-8", "surrogatepass"))


ARRAYS = st.one_of(
    st.just(np.float64("nan")),
    st.sampled_from(
        [
            np.array([2**63, 1], np.uint64),
            np.array([2**63 - 1, 1]),
            np.zeros((2, 0)),
            np.zeros((0,)),
            np.array(3),
            np.array([True, False]),
            np.array([0, 1]),
            np.array([1, 2]),
            np.array([[1, 2], [3, 4]]),
            np.array([0.5, np.inf]),
            np.array(["yes", "no"]),
            np.array([b"\xff", b"a"]),
            np.array(["2020-01-01", "2021-01-01"], "datetime64[D]"),
            np.array([1 + 2j, 3]),
            np.array([(1, 2.0)], "i4,f8"),
            np.ones((2, 3), np.float16),
            np.array("[" * 100_000),
        ]
    ),
)
NAMES = ["embeddings", *LABELS, "tracklet_ids", "clip_weights", "clip_offsets", "meta"]
NAMES += ["distances", "query_pids", "query_camids", "gallery_pids", "gallery_camids"]
NAMES += ["gallery_is_query", "query_embeddings", "gallery_embeddings"]


@pytest.mark.fuzz
@given(arrays=st.dictionaries(st.sampled_from(NAMES), ARRAYS, min_size=4))
@settings(max_examples=400, **BOUNDED)
def test_any_arrays(tmp_path, arrays):
    path = tmp_path / "f.npz"
    np.savez(path, **arrays)
    for read in (load_source, load_features):
        with suppress(TacanError):
            read(path)
