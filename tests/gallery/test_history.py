"""A gallery after any history is what a plain list of its tracklets says."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from tacan.gallery import delete_tracklets, open_gallery, verify_gallery
from tacan.search.query import Query
from tacan.search.search import search

from .conftest import MODEL, new_source, new_tracklet


class Plain:
    """The model: what each source was given and has not lost."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, int]] = []  # name, source, number
        self.given: dict[str, int] = {"door": 0, "yard": 0}
        self.known: set[tuple[int, int]] = set()

    def add(self, camera: str, source_id: int, numbers: list[int]) -> None:
        for number in numbers:
            if (source_id, number) not in self.known:
                self.known.add((source_id, number))
                self.given[camera] += 1
                self.rows.append((f"{camera}/{self.given[camera]}", source_id, number))


def check(gallery, plain):
    tracklets = list(gallery.tracklets())
    assert [(t.name, t.source_id, t.number) for t in tracklets] == plain.rows
    ids, matrix = gallery.vectors()
    assert ids.tolist() == [t.id for t in tracklets]
    wanted = np.array([new_tracklet(number).embedding for _, _, number in plain.rows])
    np.testing.assert_array_equal(matrix, wanted.reshape(-1, MODEL.embedding_dim))
    if tracklets:
        query = new_tracklet(3).embedding
        result = search(gallery, Query("", query, MODEL.fingerprint), top=3)
        nearest = np.argsort(np.linalg.norm(wanted - query, axis=1), kind="stable")[:3]
        assert [m.tracklet.name for m in result.matches] == [plain.rows[i][0] for i in nearest]


@pytest.mark.parametrize("seed", range(3))
def test_any_history(tmp_path, seed):
    rng = np.random.default_rng(seed)
    folder, plain = tmp_path / "g", Plain()
    writer = open_gallery(folder, write=True, create_with=MODEL)
    reader = open_gallery(folder)
    for _ in range(25):
        move = rng.choice(["add", "add", "delete", "reopen", "lose the cache", "forget"])
        if move == "add":
            camera = str(rng.choice(["door", "yard"]))
            source = writer.begin_source(new_source(camera))
            numbers = rng.integers(1, 60, rng.integers(1, 8)).tolist()
            new = [new_tracklet(number, n_crops=0) for number in numbers]
            before = len(plain.rows)
            plain.add(camera, source.id, numbers)
            added = writer.add(source.id, new, fingerprint=MODEL.fingerprint)
            assert added == len(plain.rows) - before
        elif move == "delete" and plain.rows:
            chosen = rng.choice(len(plain.rows), min(3, len(plain.rows)), replace=False)
            delete_tracklets(writer, names=[plain.rows[i][0] for i in chosen])
            plain.rows = [row for i, row in enumerate(plain.rows) if i not in chosen]
        elif move == "forget" and any(row[0].startswith("yard") for row in plain.rows):
            delete_tracklets(writer, camera="yard")
            plain.rows = [row for row in plain.rows if row[0].startswith("door")]
        elif move == "reopen":
            writer.close()
            writer = open_gallery(folder, write=True, create_with=MODEL)
        elif move == "lose the cache":
            shutil.rmtree(folder / "vectors", ignore_errors=True)
        check(writer if rng.random() < 0.5 else reader, plain)
    assert verify_gallery(writer).problems == ()
    reader.close()
    writer.close()
    with open_gallery(folder) as gallery:
        check(gallery, plain)
