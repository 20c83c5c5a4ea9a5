"""Approximate search on a server, where a gallery's address asks for it: pgvector's HNSW index.

The vectors stand twice in the database then: in the table of all galleries, which is the truth, and
in `hnsw_vectors`, of pgvector's type, with its index. Every writer fills that too, in the same
transaction, and what is deleted is gone from both at once. Versions of TACAN that knew nothing of
it leave it behind at its end, where it is filled up by the next that does; until then, what it
lacks is compared as well. So all ids up to its highest are in it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.errors import GalleryError
from tacan.gallery.gallery_records import ModelInfo
from tacan.gallery.postgres.connections import PostgresConnection, transaction
from tacan.retrieval.exact import nearest_of
from tacan.retrieval.vector_index import Nearest

__all__ = ["TABLE", "HnswIndex", "fill_hnsw", "has_hnsw", "make_hnsw", "use_hnsw"]

TABLE = "hnsw_vectors"
LEAST_VERSION = (0, 8)
"""Of pgvector: the first whose index is searched on until enough are found."""
MOST_NUMBERS = 2000
"""In a vector of float32 that the index takes; it takes twice as many of float16."""
CANDIDATES = 200
"""How many near ones a search of the index looks at, at least."""
MARGIN = 4
"""How many times as many as are wanted, counting those alone whom a filter leaves: the index gives
the nearest of what it has seen, and sees some late."""
MOST_IN_SIGHT = 1000
"""How many near ones the index keeps in sight at once (`ef_search`), at most."""
WORTH = 16
"""Vectors that the server compares in the time in which the index gives a candidate."""
MOST_WANTED = 1000
ROWS_AT_ONCE = 1000
_OPERATORS = {"euclidean": "l2_ops", "cosine": "cosine_ops"}
_SEARCH = {
    "euclidean": "SELECT tracklet_id FROM hnsw_vectors ORDER BY embedding <-> %s",
    "cosine": "SELECT tracklet_id FROM hnsw_vectors ORDER BY embedding <=> %s",
}
_COMPARE = {
    "euclidean": """SELECT v.tracklet_id FROM hnsw_vectors v JOIN unnest(?::bigint[]) AS w (id)
        ON w.id = v.tracklet_id ORDER BY v.embedding <-> ? LIMIT ?""",
    "cosine": """SELECT v.tracklet_id FROM hnsw_vectors v JOIN unnest(?::bigint[]) AS w (id)
        ON w.id = v.tracklet_id ORDER BY v.embedding <=> ? LIMIT ?""",
}


def has_hnsw(database: Any) -> bool:
    """Whether the gallery has such an index."""
    found = database.execute("SELECT to_regclass(?) IS NOT NULL", (f"tacan.{TABLE}",)).fetchone()
    return found == (True,)


def use_hnsw(connection: PostgresConnection, place: object) -> None:
    """Lets a connection know pgvector's types. Raises `GalleryError` where the gallery has no such
    index, or the server no pgvector that is new enough."""
    if not has_hnsw(connection):
        raise GalleryError(
            "a gallery must have an index for approximate searches to be searched so",
            got=f"{place} without one",
            remedy="`tacan gallery verify --repair`, with the same address, makes it.",
        )
    schema, version = _extension(connection)
    if not schema or tuple(map(int, version.split(".")[:2])) < LEAST_VERSION:
        raise GalleryError(
            f"approximate searches need pgvector {'.'.join(map(str, LEAST_VERSION))} or newer",
            got=f"{version} in the database of {place}",
            remedy="Update it (`ALTER EXTENSION vector UPDATE`), or search exactly.",
        )
    connection.execute("SELECT set_config('search_path', ?, false)", (f'tacan, "{schema}"',))


def make_hnsw(connection: PostgresConnection, model: ModelInfo, place: object) -> None:
    """Makes the index of a gallery, or fills it up. Raises `GalleryError` where that can't be."""
    if not has_hnsw(connection):
        _check_server(connection, place)
        with transaction(connection, write=True) as database:
            database.execute("CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public")
        kind = _kind(model, place)
        operators = f"{kind.partition('(')[0]}_{_OPERATORS[model.metric]}"
        with transaction(connection, write=True) as database:
            if not has_hnsw(database):
                schema, _ = _extension(database)
                database.execute(
                    f"""CREATE TABLE {TABLE} (
                    tracklet_id BIGINT PRIMARY KEY REFERENCES tracklets (id) ON DELETE CASCADE,
                    embedding "{schema}".{kind} NOT NULL)"""
                )
                _fill(database)
                # As the last, and in memory, which takes less time than one by one.
                database.execute("SET LOCAL maintenance_work_mem = '1GB'")
                database.execute(
                    f'CREATE INDEX ON {TABLE} USING hnsw (embedding "{schema}".{operators})'
                )
    use_hnsw(connection, place)
    with transaction(connection, write=True) as database:
        _fill(database)


def _check_server(connection: PostgresConnection, place: object) -> None:
    known = "SELECT 1 FROM pg_available_extensions WHERE name = 'vector'"
    if connection.execute(known).fetchone() is None:
        raise GalleryError(
            "approximate searches need the extension pgvector on the server",
            got=f"none on that of {place}",
            remedy="Install it there (the package postgresql-NN-pgvector), or search exactly.",
        )


def _kind(model: ModelInfo, place: object) -> str:
    dim = model.embedding_dim
    if dim > 2 * MOST_NUMBERS:
        raise GalleryError(
            f"vectors for approximate searches must have at most {2 * MOST_NUMBERS:,} numbers",
            got=f"{dim:,} in {place}",
            remedy="Search exactly.",
        )
    return f"vector({dim})" if dim <= MOST_NUMBERS else f"halfvec({dim})"


def _extension(connection: PostgresConnection) -> tuple[str, str]:
    """The schema and the version of pgvector in the database; "" and "none" without it."""
    found = connection.execute(
        """SELECT n.nspname, e.extversion FROM pg_extension e
        JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'"""
    ).fetchone()
    return found or ("", "none")


def fill_hnsw(database: Any) -> None:
    """Fills the index up, where the gallery has one, within a transaction that writes."""
    if has_hnsw(database):
        _fill(database)


def _fill(database: Any) -> None:
    newest = _newest(database)
    while True:
        rows = database.execute(
            "SELECT tracklet_id, embedding FROM vectors WHERE tracklet_id > ? "
            "ORDER BY tracklet_id LIMIT ?",
            (newest, ROWS_AT_ONCE),
        ).fetchall()
        if not rows:
            return
        database.executemany(
            "INSERT INTO hnsw_vectors VALUES (?, ?)",
            [(number, _text(np.frombuffer(data, "<f4"))) for number, data in rows],
        )
        newest = rows[-1][0]


def _newest(database: Any) -> int:
    query = "SELECT coalesce(max(tracklet_id), 0) FROM hnsw_vectors"
    return int(database.execute(query).fetchone()[0])


def _text(vector: NDArray[np.float32]) -> str:
    """The vector as pgvector reads it, to the last bit."""
    return f"[{','.join(map('{:.9g}'.format, vector.tolist()))}]"


class HnswIndex:
    """A `VectorIndex` on a server, whose nearest are approximate where many are searched.

    Who is found may not be the very nearest; how far they are is exact. Exact as well, but for the
    last digits of float32 by which they are chosen, is a search of few vectors, by another metric
    than the model's, for more than can be had from the index, or where too few of those whom a
    filter leaves are among the nearest.

    Parameters
    ----------
    reading
        A transaction in which the database is read, over a connection that `use_hnsw` was given.
    ids
        int64 [N], rising: those of the rows.
    model
        That of the vectors.
    """

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[Any]],
        ids: NDArray[np.int64],
        model: ModelInfo,
    ) -> None:
        self._reading = reading
        self._ids = ids
        self._model = model

    def __len__(self) -> int:
        return len(self._ids)

    def rows(self, indices: NDArray[np.intp]) -> NDArray[np.float32]:
        """See `VectorIndex`. Zeros for what was deleted since the ids were read."""
        found = np.zeros((len(indices), self._model.embedding_dim), np.float32)
        for start in range(0, len(indices), ROWS_AT_ONCE):
            wanted = self._ids[indices[start : start + ROWS_AT_ONCE]].tolist()
            with self._reading() as database:
                rows = database.execute(
                    "SELECT tracklet_id, embedding FROM vectors WHERE tracklet_id = ANY (?)",
                    (wanted,),
                ).fetchall()
            vectors = {number: np.frombuffer(data, "<f4") for number, data in rows}
            for place, number in enumerate(wanted, start):
                if number in vectors:
                    found[place] = vectors[number]
        return found

    def matrix(self) -> NDArray[np.float32]:
        """See `VectorIndex`: all are read from the server."""
        return self.rows(np.arange(len(self._ids)))

    def nearest(
        self,
        query: NDArray[np.float32],
        chosen: NDArray[np.bool_],
        count: int,
        *,
        metric: str,
    ) -> Nearest:
        """See `VectorIndex` and the class."""
        wanted = np.flatnonzero(chosen)
        with self._reading() as database:
            newest = _newest(database)
            behind = wanted[self._ids[wanted] > newest]  # which the index lacks
            within = wanted[: len(wanted) - len(behind)]
            candidates = max(CANDIDATES, MARGIN * count * len(self) // max(len(within), 1))
            found = None
            if (
                metric == self._model.metric
                and count <= MOST_WANTED
                and len(within) > WORTH * candidates
            ):
                found = self._searched(database, query, chosen, count, candidates)
            if found is None:
                found = self._compared(database, query, within, count, metric)
            rows = np.sort(np.concatenate([found, behind]))
            return nearest_of(self, rows, query, count, metric=metric)

    def _searched(
        self,
        database: Any,
        query: NDArray[np.float32],
        chosen: NDArray[np.bool_],
        count: int,
        candidates: int,
    ) -> NDArray[np.intp] | None:
        """The row numbers of `count` chosen vectors or more, of so many `candidates` of the index;
        None where it ends before."""
        in_sight = min(candidates, MOST_IN_SIGHT)
        # Relaxed: what is nearer than those given before is left out otherwise.
        database.execute(
            """SELECT set_config('enable_seqscan', 'off', true),
            set_config('enable_sort', 'off', true), set_config('hnsw.ef_search', ?, true),
            set_config('hnsw.iterative_scan', 'relaxed_order', true),
            set_config('hnsw.scan_mem_multiplier', '8', true)""",
            (str(in_sight),),
        )
        found: list[NDArray[np.intp]] = []
        n_read = n_found = 0
        with database.raw.cursor(name="nearest") as cursor:
            cursor.execute(_SEARCH[self._model.metric], (_text(query),))
            while (n_read < candidates or n_found < count) and (some := cursor.fetchmany(in_sight)):
                ids = np.array([number for (number,) in some], np.int64)
                places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
                found.append(places[(self._ids[places] == ids) & chosen[places]])
                n_read += len(some)
                n_found += len(found[-1])
        return None if n_found < count else np.concatenate(found)

    def _compared(
        self,
        database: Any,
        query: NDArray[np.float32],
        wanted: NDArray[np.intp],
        count: int,
        metric: str,
    ) -> NDArray[np.intp]:
        """The row numbers of the `count` nearest of those wanted, by the server's comparing all."""
        if len(wanted) <= count:
            return wanted
        database.execute("SET LOCAL enable_indexscan = off")
        rows = database.execute(
            _COMPARE[metric], (self._ids[wanted].tolist(), _text(query), count)
        ).fetchall()
        return np.searchsorted(self._ids, np.array([number for (number,) in rows], np.int64))
