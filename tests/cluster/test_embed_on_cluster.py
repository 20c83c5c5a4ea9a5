from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tacan.cli import main
from tacan.cluster import embed_on_cluster as module
from tacan.features.features_file import load_features

pytestmark = pytest.mark.slow


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for pid in (1, 2, 3):
        for camera in (1, 2):
            folder = tmp_path / "data" / f"{pid:04d}"
            folder.mkdir(parents=True, exist_ok=True)
            for frame in range(5):
                pixels = rng.integers(0, 255, (32, 16, 3), dtype=np.uint8)
                name = f"{pid:04d}C{camera}T0001F{frame:03d}.png"
                Image.fromarray(pixels).save(folder / name)
    (tmp_path / "data/0002/0002C1T0001F003.png").write_bytes(b"cut short")
    return tmp_path / "data"


def embed(data: Path, model: Path, out: Path, *more: str) -> int:
    words = ["embed", "--dataset", "folder", "--root", str(data), "--model", str(model)]
    try:
        main([*words, "--out", str(out), "--threads", "1", "--runtime", "torch", *more])
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def test_features_are_those_of_one_machine_and_unreadable_crops_are_told(
    cluster, model, data, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(data.parent)  # a relative root
    assert embed(Path("data"), model, tmp_path / "alone.npz") == 0
    told = capsys.readouterr()
    monkeypatch.setattr(module, "FRAMES_IN_A_JOB", 7)
    address = ("--cluster", cluster.scheduler_address)
    assert embed(Path("data"), model, tmp_path / "many.npz", *address) == 0
    again = capsys.readouterr()
    assert "0002C1T0001F003.png" in told.err
    assert "0002C1T0001F003.png" in again.err
    one, many = load_features(tmp_path / "alone.npz"), load_features(tmp_path / "many.npz")
    assert np.allclose(one.embeddings, many.embeddings, rtol=0, atol=1e-5)
    assert one.tracklet_ids.tolist() == many.tracklet_ids.tolist()
    assert one.meta == many.meta
    # A crop that can't be read is an error of the worker's where it may not be passed over; what
    # the others have done is kept.
    assert embed(Path("data"), model, tmp_path / "strict.npz", "--strict", *address) == 1
    assert (tmp_path / "strict.npz.partial").is_dir()


def test_lots_hold_each_tracklet_once_and_are_of_one_size():
    class Sized:
        def __init__(self, n):
            self.n = n

        def __len__(self):
            return self.n

    tracklets = [Sized(n) for n in (3000, 2000, 1, 5000, 10)]
    assert module._lots(tracklets, [0, 1, 2, 3, 4]) == [[0, 1], [2, 3], [4]]
    assert module._lots(tracklets, []) == []
