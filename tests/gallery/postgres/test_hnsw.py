"""Approximate search: the tests of exact search on few vectors, and what is its own."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from tacan.cli import main
from tacan.errors import GalleryError
from tacan.gallery import ModelInfo, delete_tracklets, open_gallery
from tacan.gallery.postgres import hnsw
from tests.gallery import conftest
from tests.gallery.conftest import MODEL, fill, new_source, new_tracklet
from tests.search import test_search as SAME_AS

from .conftest import same_tests

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("searched_by_the_index")]
globals().update(same_tests(SAME_AS))
make_gallery = conftest.make_gallery

N, DIM = 3000, 32
TABLE_FILES = """SELECT pg_relation_filepath(c.oid) FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('tacan', 'pg_toast') AND c.relkind IN ('r', 'i', 't')"""


@pytest.fixture
def searched_by_the_index(server, monkeypatch):
    """The index is asked however few there are, and galleries in folders are on the server."""
    monkeypatch.setattr(hnsw, "WORTH", 0)

    def opened(folder, **how):
        name = "h" + hashlib.sha256(str(folder).encode()).hexdigest()[:16]
        return open_gallery(server.address(name, folder) + "&search=hnsw", **how)

    for module in (conftest, SAME_AS):
        monkeypatch.setattr(module, "open_gallery", opened)


@pytest.fixture
def address(server, tmp_path) -> str:
    name = "h" + hashlib.sha256(str(tmp_path).encode()).hexdigest()[:16]
    return server.address(name, tmp_path / "crops")


def people(
    metric: str = "euclidean", *, dim: int = DIM, n: int = N
) -> tuple[ModelInfo, np.ndarray]:
    """A model, and vectors [n, dim] of people who are seen twenty times each."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((n // 20, dim))
    vectors = centres[np.arange(n) % len(centres)] + 0.4 * rng.standard_normal((n, dim))
    return ModelInfo("made", "f" * 16, dim, metric), vectors.astype(np.float32)


def add(gallery, vectors, camera="door", first=1):
    source = gallery.begin_source(new_source(camera))
    numbers = range(first, first + len(vectors))
    new = [new_tracklet(n, n_crops=0, embedding=v) for n, v in zip(numbers, vectors, strict=True)]
    gallery.add(source.id, new, fingerprint=gallery.model.fingerprint)


def recall(gallery, vectors, chosen, metric, count=20):
    """The share of the exact nearest that is found; distances are exact, and only chosen ones."""
    index = gallery.index().vectors
    rng = np.random.default_rng(1)
    n_found = 0
    for _ in range(20):
        query = (vectors[rng.integers(len(vectors))] + 0.2 * rng.standard_normal(DIM)).astype("f4")
        found = index.nearest(query, chosen, count, metric=metric)
        if metric == "cosine":
            lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(query)
            exact = 1 - vectors.astype(float) @ query.astype(float) / lengths
        else:
            exact = np.linalg.norm(vectors.astype(float) - query, axis=1)
        np.testing.assert_allclose(found.distances, exact[found.indices], rtol=1e-5)
        assert (np.diff(found.distances) >= 0).all()
        assert chosen[found.indices].all()
        best = np.flatnonzero(chosen)[np.argsort(exact[chosen], kind="stable")[:count]]
        assert len(found.indices) == len(best) == len(set(found.indices.tolist()))
        n_found += len(np.intersect1d(found.indices, best))
    return n_found / (20 * min(count, int(chosen.sum())))


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_nearly_all_of_the_nearest_are_found(address, metric, monkeypatch):
    model, vectors = people(metric)
    with open_gallery(address + "&search=hnsw", write=True, create_with=model) as gallery:
        add(gallery, vectors)
    with open_gallery(address + "&search=hnsw") as gallery:
        assert not (gallery.folder / "vectors").exists()  # nobody keeps a copy here
        everybody = np.ones(N, bool)
        compared = hnsw.HnswIndex._compared
        monkeypatch.setattr(hnsw.HnswIndex, "_compared", None)
        assert recall(gallery, vectors, everybody, metric) >= 0.95
        half = np.arange(N) % 2 == 0
        assert recall(gallery, vectors, half, metric) >= 0.95
        # What the index sees late is taken in, and enough is seen (.99 without).
        tenth = np.arange(N) % 10 == 0
        assert recall(gallery, vectors, tenth, metric, count=100) >= 0.998
        monkeypatch.setattr(hnsw.HnswIndex, "_compared", compared)
        # Few, another metric, more than the index gives: all are compared.
        few = np.arange(N) < 30
        assert recall(gallery, vectors, few, metric) >= 0.95
        monkeypatch.setattr(hnsw, "WORTH", 1)
        assert recall(gallery, vectors, few, metric) == 1
        other = "cosine" if metric == "euclidean" else "euclidean"
        assert recall(gallery, vectors, half, other) == 1
        assert recall(gallery, vectors, half, metric, count=1200) == 1
        assert np.array_equal(gallery.vectors()[1], vectors)


def test_what_is_deleted_is_found_no_more_and_what_others_add_is_found(address, monkeypatch):
    model, vectors = people(n=600)
    with open_gallery(address, write=True, create_with=model) as gallery:
        add(gallery, vectors[:200])
    with pytest.raises(GalleryError, match="must have an index for approximate searches"):
        open_gallery(address + "&search=hnsw")
    main(["gallery", "verify", "--repair", address + "&search=hnsw"])
    with (
        open_gallery(address + "&search=hnsw") as reader,
        open_gallery(address, write=True) as writer,
    ):

        def nearest(row):
            everybody = np.ones(len(reader.index().columns.ids), bool)
            found = reader.index().vectors.nearest(vectors[row], everybody, 1, metric="euclidean")
            return int(reader.index().columns.ids[found.indices[0]]), float(found.distances[0])

        assert nearest(100) == (101, 0.0)
        assert delete_tracklets(writer, names=["door/101"]).is_erased
        assert nearest(100)[1] > 0.1
        add(writer, vectors[200:400], "yard")  # by somebody who searches exactly
        assert nearest(350) == (351, 0.0)
        assert hnsw._newest(writer.store._connection) == 400
        # By an older version, which knows nothing of the index.
        monkeypatch.setattr("tacan.gallery.postgres.postgres_store.fill_hnsw", lambda _: None)
        add(writer, vectors[400:500], "hall")
        assert hnsw._newest(writer.store._connection) == 400
        assert nearest(450) == (451, 0.0)
        monkeypatch.undo()
        add(writer, vectors[500:], "attic")
        assert hnsw._newest(writer.store._connection) == 600
        assert nearest(450) == (451, 0.0)


def test_nothing_of_a_deleted_vector_is_left_in_the_tables(server, address):
    import psycopg

    marker = np.frombuffer(b"\xabcertainly nowhere else\xcd".ljust(32, b"\x01"), np.float32).copy()
    with open_gallery(address + "&search=hnsw", write=True, create_with=MODEL) as gallery:
        source = gallery.begin_source(new_source())
        new = [new_tracklet(1, embedding=marker), new_tracklet(2)]
        gallery.add(source.id, new, fingerprint=MODEL.fingerprint)
        deleted = delete_tracklets(gallery, names=["door/1"])
        assert deleted.is_erased
    with psycopg.connect(address.partition("&crops")[0], autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        files = [path for (path,) in connection.execute(TABLE_FILES)]
    assert len(files) > 20
    assert not any(marker.tobytes() in (server.folder / path).read_bytes() for path in files)


def test_long_vectors_have_their_index_too_and_endless_ones_none(address, server, tmp_path):
    model, vectors = people(dim=2048, n=40)
    with open_gallery(address + "&search=hnsw", write=True, create_with=model) as gallery:
        add(gallery, vectors)
        everybody = np.ones(40, bool)
        found = gallery.index().vectors.nearest(vectors[7], everybody, 1, metric="euclidean")
        assert (int(found.indices[0]), float(found.distances[0])) == (7, 0.0)
    other = server.address("endless", tmp_path / "other") + "&search=hnsw"
    with pytest.raises(GalleryError, match="at most 4,000 numbers"):
        open_gallery(other, write=True, create_with=ModelInfo("long", "f" * 16, 5000))


def test_an_unknown_kind_of_search_is_said(address):
    with pytest.raises(GalleryError, match="must be exact or hnsw"):
        open_gallery(address + "&search=fast")
    with open_gallery(address + "&search=exact", write=True, create_with=MODEL) as gallery:
        fill(gallery)
        assert len(gallery.vectors()[0]) == 3


def test_commands_search_so(address, capsys):
    with open_gallery(address + "&search=hnsw", write=True, create_with=MODEL) as gallery:
        fill(gallery, "door", range(1, 20))
    main(["search", address + "&search=hnsw", "door/1", "--top", "3"])
    told = capsys.readouterr().out
    assert "door/" in told
    assert "may miss some" in told
    main(["search", address, "door/1", "--top", "3"])
    assert "may miss some" not in capsys.readouterr().out
    main(["gallery", "verify", address + "&search=hnsw"])
    assert "find 100.0 % of the 10 nearest" in " ".join(capsys.readouterr().out.split())
    main(["gallery", "verify", address])
    assert "nearest" not in capsys.readouterr().out
    main(["gallery", "info", address + "&search=hnsw"])
    assert "tracklets          19" in capsys.readouterr().out
