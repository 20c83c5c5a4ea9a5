from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from tacan.errors import GalleryError, StorageError
from tacan.gallery import delete_tracklets, open_gallery
from tacan.runs.lock import ProcessLock

from .conftest import MODEL, fill, new_tracklet


def expected(*numbers):
    return np.array([new_tracklet(number).embedding for number in numbers])


def head(folder):
    return json.loads((folder / "vectors" / "head.json").read_text())


def matrix_file(folder):
    return next((folder / "vectors").glob("*.matrix"))


def check(gallery, ids, numbers):
    found, matrix = gallery.vectors()
    assert found.tolist() == list(ids)
    np.testing.assert_array_equal(matrix, expected(*numbers))
    vectors = gallery.index().vectors
    np.testing.assert_allclose(vectors.squares, (matrix**2).sum(axis=1), rtol=1e-5)


def test_the_writer_leaves_a_copy_that_readers_map(make_gallery):
    folder = make_gallery("door")
    assert head(folder)["count"] == 3
    with open_gallery(folder) as gallery:
        check(gallery, [1, 2, 3], [1, 2, 3])
        (block,) = gallery.index().vectors.blocks
        assert not block.flags.owndata
        assert not block.flags.writeable


def test_a_copy_is_extended_in_its_place(make_gallery):
    folder = make_gallery("door")
    name = head(folder)["name"]
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        fill(gallery, "yard", [7, 8])
        check(gallery, range(1, 6), [1, 2, 3, 7, 8])
    assert head(folder)["name"] == name
    assert head(folder)["count"] == 5
    assert matrix_file(folder).stat().st_size == 5 * 8 * 4


def test_an_open_reader_sees_what_is_added_and_deleted(make_gallery):
    folder = make_gallery("door")
    with (
        open_gallery(folder, write=True, create_with=MODEL) as writer,
        open_gallery(folder) as reader,
    ):
        old = reader.index()
        fill(writer, "yard", [7])
        check(reader, [1, 2, 3, 4], [1, 2, 3, 7])
        delete_tracklets(writer, names=["door/2"])
        check(reader, [1, 3, 4], [1, 3, 7])
        np.testing.assert_array_equal(old.vectors.matrix(), expected(1, 2, 3))


def spoil_head(folder, **changes):
    path = folder / "vectors" / "head.json"
    path.write_text(json.dumps(head(folder) | changes))


SPOILERS = {
    "gone": lambda folder: shutil.rmtree(folder / "vectors"),
    "head gone": lambda folder: (folder / "vectors" / "head.json").unlink(),
    "head damaged": lambda folder: (folder / "vectors" / "head.json").write_text("{"),
    "head of another kind": lambda folder: (folder / "vectors" / "head.json").write_text("[1]"),
    "of another gallery": lambda folder: spoil_head(folder, identity="x"),
    "of an older generation": lambda folder: spoil_head(folder, generation=-1),
    "ahead of the database": lambda folder: spoil_head(folder, last_id=99),
    "matrix gone": lambda folder: matrix_file(folder).unlink(),
    "matrix cut short": lambda folder: matrix_file(folder).write_bytes(b"1234"),
    "behind": lambda folder: spoil_head(folder, count=1, last_id=1),
    "remains of an append": lambda folder: matrix_file(folder).open("ab").write(b"x" * 50),
}


@pytest.mark.parametrize("kind", SPOILERS)
@pytest.mark.parametrize("writable", [True, False])
def test_a_copy_that_can_not_be_trusted_is_not(make_gallery, monkeypatch, kind, writable):
    folder = make_gallery("door")
    SPOILERS[kind](folder)
    if not writable:

        def refused(*_, **__):
            raise PermissionError

        monkeypatch.setattr(ProcessLock, "acquire", refused)
    for _ in range(2):
        with open_gallery(folder) as gallery:
            check(gallery, [1, 2, 3], [1, 2, 3])
    if writable:
        assert head(folder)["count"] == 3
        assert len(list((folder / "vectors").glob("*.matrix"))) == 1


def test_while_another_process_mends_the_copy_the_rest_is_held_in_memory(make_gallery):
    folder = make_gallery("door")
    lock = ProcessLock(folder / "vectors" / "lock")
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        assert lock.acquire()
        fill(gallery, "yard", [7])
        check(gallery, [1, 2, 3, 4], [1, 2, 3, 7])
        assert len(gallery.index().vectors.blocks) == 2
        assert head(folder)["count"] == 3
        lock.release()


def test_a_full_disk_does_no_harm_to_a_copy(make_gallery, monkeypatch):
    folder = make_gallery("door")

    def full(*_, **__):
        raise StorageError("no room")

    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        monkeypatch.setattr("tacan.gallery.vector_cache_files.write_text", full)
        fill(gallery, "yard", [7])
        check(gallery, [1, 2, 3, 4], [1, 2, 3, 7])
        monkeypatch.undo()
    with open_gallery(folder) as gallery:
        check(gallery, [1, 2, 3, 4], [1, 2, 3, 7])


def test_a_copy_that_could_not_be_made_leaves_no_files(make_gallery, monkeypatch):
    folder = make_gallery("door")
    shutil.rmtree(folder / "vectors")

    def full(*_):
        raise OSError(28, "No space left on device")

    with open_gallery(folder) as gallery:
        monkeypatch.setattr("os.fsync", full)
        check(gallery, [1, 2, 3], [1, 2, 3])
        assert [file.name for file in (folder / "vectors").iterdir()] == ["lock"]
        monkeypatch.undo()
    with open_gallery(folder) as gallery:
        check(gallery, [1, 2, 3], [1, 2, 3])
    assert head(folder)["count"] == 3


def test_a_damaged_vector_is_never_copied(make_gallery):
    folder = make_gallery("door")
    shutil.rmtree(folder / "vectors")
    with open_gallery(folder, write=True) as gallery:
        with gallery.store.writing() as database:
            database.execute("UPDATE vectors SET embedding = zeroblob(32) WHERE tracklet_id = 2")
        with pytest.raises(GalleryError, match="vector must be as it was written"):
            gallery.vectors()


def test_vectors_of_any_block_are_found_by_place(make_gallery):
    folder = make_gallery("door")
    lock = ProcessLock(folder / "vectors" / "lock")
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        lock.acquire()
        fill(gallery, "yard", [7, 8])
        vectors = gallery.index().vectors
        assert len(vectors.blocks) == 2
        places = np.array([4, 0, 3, 2, 0])
        np.testing.assert_array_equal(vectors.rows(places), expected(8, 1, 7, 3, 1))
        np.testing.assert_array_equal(gallery.vector(5), expected(8)[0])
        lock.release()
