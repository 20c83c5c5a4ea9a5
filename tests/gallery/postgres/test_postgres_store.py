"""A gallery on a server: two writers at once, kills, passwords, and what deletion can't reach."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from tacan.cli import main
from tacan.errors import GalleryError, GalleryModelError
from tacan.gallery import ModelInfo, delete_tracklets, merge_gallery, open_gallery, verify_gallery
from tests.gallery.conftest import MODEL, fill, new_source, new_tracklet
from tests.gallery.servers import Server
from tests.indexing.galleries import contents
from tests.linking.conftest import fill_cameras

pytestmark = pytest.mark.slow


@pytest.fixture
def address(server: Server, tmp_path: Path, request) -> str:
    name = f"g{abs(hash(request.node.name)) % 10**9}"
    return server.address(name, tmp_path / "crops")


def test_a_gallery_is_the_same_on_a_server_as_in_a_folder(address, tmp_path):
    for place in (address, tmp_path / "folder"):
        with open_gallery(place, write=True, create_with=MODEL) as gallery:
            fill(gallery, "door", range(1, 5))
            fill(gallery, "yard", range(1, 3))
            delete_tracklets(gallery, names=["door/2"])
            fill(gallery, "hall", range(3, 6))
    with open_gallery(address) as one, open_gallery(tmp_path / "folder") as other:
        assert contents(one) == contents(other)
        assert list(one.tracklets()) == list(other.tracklets())
        assert one.info().n_tracklets == 8
        assert [(e.action, e.detail) for e in one.store.people().log()] == [
            (e.action, e.detail) for e in other.store.people().log()
        ]
        assert verify_gallery(one).problems == ()


def test_commands_take_an_address_in_the_place_of_a_folder(address, capsys):
    with open_gallery(address, write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery)
    main(["link", address])
    assert "12 people were seen several times" in capsys.readouterr().out
    main(["people", "name", address, "3", "Ann Example"])
    main(["people", address])
    assert "Ann Example" in capsys.readouterr().out
    main(["search", address, "door/1"])
    assert "yard/1" in capsys.readouterr().out
    main(["gallery", "delete", address, "--person", "3", "--yes"])
    told = capsys.readouterr().out
    assert "write-ahead log" in told
    assert "pg_switch_wal" in told
    main(["gallery", "log", address])
    assert "search" in capsys.readouterr().out


def test_galleries_in_folders_are_merged_into_one_on_a_server(address, tmp_path):
    with open_gallery(tmp_path / "g", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery)
    with (
        open_gallery(address, write=True, create_with=MODEL) as into,
        open_gallery(tmp_path / "g") as other,
    ):
        merge_gallery(into, other)
        assert contents(into) == contents(other)


WRITER = """
import sys
from tacan.gallery import open_gallery
from tests.gallery.conftest import MODEL, new_source, new_tracklet
camera = sys.argv[2]
with open_gallery(sys.argv[1], write=True, create_with=MODEL) as gallery:
    source = gallery.begin_source(new_source(camera))
    for number in range(1, 40):
        gallery.add(source.id, [new_tracklet(number)], fingerprint=MODEL.fingerprint)
        print(number, flush=True)
    gallery.finish_source(source.id)
"""


def writer(address: str, camera: str) -> subprocess.Popen:
    command = [sys.executable, "-c", WRITER, address, camera]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_several_write_at_once_and_a_reader_misses_nothing(address):
    with open_gallery(address, write=True, create_with=MODEL):
        pass
    writers = [writer(address, camera) for camera in ("door", "yard")]
    with open_gallery(address) as reader:
        while any(each.poll() is None for each in writers):
            ids, vectors = reader.vectors()  # brings the cache up to date meanwhile
            assert len(ids) == len(vectors)
        assert [each.returncode for each in writers] == [0, 0], writers[0].stderr.read()
        ids, vectors = reader.vectors()
        assert len(ids) == 2 * 39
        by_id = dict(zip(ids.tolist(), vectors, strict=True))
        for tracklet in reader.tracklets():
            assert np.array_equal(by_id[tracklet.id], new_tracklet(tracklet.number).embedding)
        assert verify_gallery(reader).problems == ()


def test_a_killed_server_loses_nothing_that_was_acknowledged(server, address):
    with open_gallery(address, write=True, create_with=MODEL):
        pass
    process = writer(address, "door")
    acknowledged = [int(process.stdout.readline()) for _ in range(5)]
    server.kill()
    rest, told = process.communicate()
    acknowledged += [int(line) for line in rest.split()]
    assert process.returncode == 1
    assert "GalleryError: the server of a gallery must be reachable" in told
    with pytest.raises(GalleryError, match="must be reachable"):
        open_gallery(address)
    server.start()
    with open_gallery(address, write=True) as gallery:
        numbers = [tracklet.number for tracklet in gallery.tracklets()]
        assert set(acknowledged) <= set(numbers)
        assert len(set(numbers)) == len(numbers)
        fill(gallery, "door", range(1, 40))
        assert len(list(gallery.tracklets())) == 39


def test_passwords_are_refused_and_neither_shown_nor_stored(server, tmp_path, capsys):
    address = server.address("secret", tmp_path / "crops", password="hunter2")
    with pytest.raises(SystemExit):
        main(["gallery", "info", address])
    told = capsys.readouterr()
    assert "must hold no password" in told.err
    assert "hunter2" not in told.out + told.err


def test_what_is_wrong_with_an_address_is_said(server, address, tmp_path):
    with pytest.raises(GalleryError, match="made by `tacan index`"):
        open_gallery(address)
    with pytest.raises(GalleryError, match="needs a folder for its crops"):
        open_gallery(address.partition("&crops")[0], write=True, create_with=MODEL)
    with pytest.raises(GalleryError, match="must be reachable"):
        open_gallery("postgresql://nobody@127.0.0.1:1/people")
    with pytest.raises(GalleryError, match="must name a database"):
        open_gallery("postgresql://nobody@host")
    open_gallery(address, write=True, create_with=MODEL).close()
    other = ModelInfo("other", "e" * 16, 8)
    with pytest.raises(GalleryModelError):
        open_gallery(address, write=True, create_with=other)
    with open_gallery(address) as gallery, pytest.raises(GalleryError, match="opened for reading"):
        gallery.begin_source(new_source())


@pytest.mark.parametrize("recycled", [False, True])
def test_the_command_that_is_told_ends_what_deletion_leaves(server, address, recycled):
    import psycopg

    marker = b"\xabcertainly nowhere else\xcd"
    embedding = np.frombuffer(marker.ljust(32, b"\x01"), np.float32).copy()
    assert np.isfinite(embedding).all()
    with open_gallery(address, write=True, create_with=MODEL) as gallery:
        source = gallery.begin_source(new_source())
        new = [new_tracklet(1, embedding=embedding), new_tracklet(2)]
        gallery.add(source.id, new, fingerprint=MODEL.fingerprint)
        deleted = delete_tracklets(gallery, names=["door/1"])
        assert deleted.is_erased
    command = deleted.remains.partition("this twice: ")[2].partition(" Replicas")[0]
    with psycopg.connect(address.partition("&crops")[0], autocommit=True) as connection:
        if recycled:
            for _ in range(3):
                connection.execute("SELECT pg_logical_emit_message(false, 'x', 'y')")
                connection.execute("SELECT pg_switch_wal()")
                connection.execute("CHECKPOINT")
        for _ in range(2):
            connection.execute(command)
    found = [
        path
        for path in server.folder.rglob("*")
        if path.is_file() and embedding.tobytes() in path.read_bytes()
    ]
    assert found == []


def test_threads_share_a_gallery(address):
    with open_gallery(address, write=True, create_with=MODEL) as gallery:
        fill(gallery)
        faults: list[Exception] = []

        def look():
            try:
                for _ in range(20):
                    assert len(list(gallery.tracklets())) == 3
            except Exception as error:
                faults.append(error)

        threads = [threading.Thread(target=look) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
