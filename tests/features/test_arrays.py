from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from tacan.errors import FeaturesError
from tacan.features import arrays
from tacan.features.arrays import array_names, memory_limit, read_npy, read_npz


def test_arrays_come_back_under_their_names(tmp_path):
    given = {"a": np.arange(6).reshape(2, 3), "b": np.array(["x", "yz"])}
    np.savez_compressed(tmp_path / "f.npz", **given)
    found = read_npz(tmp_path / "f.npz")
    assert array_names(tmp_path / "f.npz") == ("a", "b")
    for name, array in given.items():
        np.testing.assert_array_equal(found[name], array)
    assert list(read_npz(tmp_path / "f.npz", {"b", "c"})) == ["b"]


def test_members_that_are_no_arrays_are_left_alone(tmp_path):
    np.savez(tmp_path / "f.npz", a=np.ones(3))
    with zipfile.ZipFile(tmp_path / "f.npz", "a") as archive:
        archive.writestr("README.txt", "hello")
    assert list(read_npz(tmp_path / "f.npz")) == ["a"]


def test_an_array_without_end_is_refused_by_its_head(tmp_path):
    """A head that promises more than memory holds; there are hardly any bytes behind it."""
    head = io.BytesIO()
    many = {"descr": "<f8", "fortran_order": False, "shape": (1 << 40, 1 << 10)}
    np.lib.format.write_array_header_2_0(head, many)
    (tmp_path / "f.npy").write_bytes(head.getvalue() + bytes(64))
    with zipfile.ZipFile(tmp_path / "f.npz", "w") as archive:
        archive.writestr("embeddings.npy", head.getvalue() + bytes(64))
    for read, name in ((read_npy, "f.npy"), (read_npz, "f.npz")):
        with pytest.raises(FeaturesError, match="must fit into half of the memory"):
            read(tmp_path / name)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "f.npz", a=np.zeros(1 << 20), b=np.zeros(1 << 20))
    assert (tmp_path / "f.npz").stat().st_size < 1 << 16
    monkeypatch.setattr(arrays, "memory_limit", lambda: 3 << 22)
    with pytest.raises(FeaturesError, match="half of the memory"):
        read_npz(tmp_path / "f.npz")
    assert list(read_npz(tmp_path / "f.npz", ["a"])) == ["a"]


def test_the_limit_is_that_of_the_control_group_where_it_is_less(tmp_path, monkeypatch):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(arrays, "_CGROUP_LIMIT", limit)
    machine = memory_limit()
    assert machine > 1 << 28
    limit.write_text("max\n")
    assert memory_limit() == machine
    limit.write_text("100000\n")
    assert memory_limit() == 50000


def test_objects_are_refused_unread(tmp_path):
    objects = np.array([{}], dtype=object)
    np.save(tmp_path / "f.npy", objects, allow_pickle=True)
    np.savez(tmp_path / "f.npz", allow_pickle=True, a=objects)
    for read, name in ((read_npy, "f.npy"), (read_npz, "f.npz")):
        with pytest.raises(FeaturesError, match="a pickle can run any code"):
            read(tmp_path / name)
