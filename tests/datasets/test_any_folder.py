"""Whatever becomes of a data set's folder: it is read, or refused with a message; and no crop of
it is lost without a word."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import loadmat

from tacan.datasets import DATASETS, load_dataset, prid2011
from tacan.datasets.doctor import examine, pairs
from tacan.errors import TacanError
from tacan.features import matlab
from tacan.records import Tracklet

from .conftest import write_crop, write_duke_video, write_ilids_vid, write_mars

ODD_NAMES = (
    *("-1", "0", "00", "1", "1 (copy)", "day 1", "a.jpg", "a.txt", ".hidden", "9" * 250),
    *(
        "person002",
        "person1",
        "lost+found",
        "1C1T1F3.heic",
        os.fsdecode(b"\xff.jpg"),
        "\x1b[1m.png",
        "\n",
    ),
    *("2C1T1F1.jpg", f"2C{2**63}T1F1.jpg", f"{2**63}", "٣", "1C1T1F1.JPEG", "1C2T0F001.webp"),
)
ODD_BYTES = (b"", b"\0" * 9, b"[" * 100_000, b'[{"train": 1e400}]', b"1e400 " * 9, b"0002C1T1.jpg")


def write_people(root: Path) -> Path:
    names = ("1/1C1T1F1", "1/1C1T1F2", "1/1C2T1F1", "2/2C1T1F9", "-1/-1C1T1F1", "0/0C1T1F1")
    for seed, name in enumerate(names):
        write_crop(root / f"{name}.jpg", seed)
    return root


def write_short_prid2011(root: Path) -> Path:
    """With sequences of 3 frames: `short_sequences` lets them be so short."""
    for camera in "ab":
        for person in (1, 2, 3, 4, 201):
            folder = root / f"prid_2011/multi_shot/cam_{camera}/person_{person:04d}"
            for frame in range(1, 4):
                write_crop(folder / f"{frame:04d}.png", seed=person)
    halves = {"test": ["person_0001", "person_0003"], "train": ["person_0002", "person_0004"]}
    (root / "splits_prid2011.json").write_text(json.dumps([halves]))
    return root


WRITERS: dict[str, Callable[[Path], Path]] = {
    "folder": write_people,
    "mars": write_mars,
    "ilids-vid": write_ilids_vid,
    "prid2011": write_short_prid2011,
    "duke-video": write_duke_video,
}


PARTS = {"folder": ("",), "duke-video": ("train", "query", "gallery")}
"""Where all crops are read, for layouts without a list of them."""

MATS: dict[bytes, dict[str, np.ndarray]] = {}
"""The variables of whole .mat files."""


def read_known_mat(words: Sequence[str], **_: object) -> subprocess.CompletedProcess[bytes]:
    """In the place of the process that reads .mat files, as starting it takes a second."""
    source, target, _limit = words[-3:]
    known = MATS.get(Path(source).read_bytes())
    if known is None:
        return subprocess.CompletedProcess(words, 1, stderr=b"damaged")
    np.savez(target, **{f"_{name}": known[name] for name in known if not name.startswith("__")})
    return subprocess.CompletedProcess(words, 0)


@pytest.fixture
def known_mats(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = SimpleNamespace(
        run=read_known_mat,
        DEVNULL=subprocess.DEVNULL,
        TimeoutExpired=subprocess.TimeoutExpired,
    )
    monkeypatch.setattr(matlab, "subprocess", stand_in)


@pytest.fixture
def short_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (prid2011, pairs):
        monkeypatch.setattr(module, "MIN_FRAMES", 2)


def damage(data: st.DataObject, root: Path) -> None:
    """Moves, links, replaces or removes something below `root`."""
    path = data.draw(st.sampled_from(sorted(root.rglob("*"))))
    name = data.draw(st.sampled_from(ODD_NAMES) | st.just(path.name))
    target = data.draw(st.sampled_from([path.parent, path.parent.parent, path / "..", root])) / name
    kind = data.draw(
        st.sampled_from(["move", "deeper", "link", "lost", "circle", "back", "pipe", "bytes"])
        | st.sampled_from(["file", "remove", "outside"])
    )
    with suppress(OSError, shutil.Error):  # what the system refuses is no damage
        if kind == "move" and root in target.parents:
            path.rename(target)
        elif kind == "deeper":
            aside = path.rename(root.parent / "aside")
            path.mkdir()
            aside.rename(path / name)
        elif kind == "link":
            target.symlink_to(path)
        elif kind == "file":
            shutil.copy(path, target)
        elif kind == "outside":
            aside = path.rename(root.parent / f"outside {path.name}")
            path.symlink_to(aside)
        elif kind == "bytes" and path.is_file():
            path.write_bytes(data.draw(st.sampled_from(ODD_BYTES) | st.binary(max_size=30)))
        elif kind in ("remove", "lost", "circle", "back", "pipe"):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            if kind == "pipe":
                os.mkfifo(path)
            elif kind != "remove":
                path.symlink_to({"lost": "gone", "circle": path.name, "back": ".."}[kind])


def crops_below(root: Path) -> set[str]:
    """What is or was meant as a crop, by its name; what is hidden, or an operating system's, aside.

    Another way than that of the sources: `os.walk`, and links to folders are followed once.
    """
    found = set()
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "lost+found"]
        for name in folders:
            link = Path(folder, name)
            if link.is_symlink() and not root.resolve().is_relative_to(link.resolve()):
                found |= crops_below(link)
        for name in files:
            ending = name.rpartition(".")[2].lower()
            if ending in ("jpg", "jpeg", "png", "webp") and not name.startswith("."):
                found.add(f"{folder}/{name}")
    return found


def load_all(dataset: str, root: Path) -> list[Tracklet]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [t for split in DATASETS[dataset].splits for t in load_dataset(dataset, root, split)]


@pytest.mark.fuzz
@pytest.mark.usefixtures("known_mats", "short_sequences")
@pytest.mark.parametrize("dataset", WRITERS)
@given(data=st.data())
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_folder(
    tmp_path_factory: pytest.TempPathFactory, dataset: str, data: st.DataObject
) -> None:
    place = tmp_path_factory.mktemp("any")
    root = WRITERS[dataset](place / "root")
    MATS.update({path.read_bytes(): loadmat(path) for path in root.rglob("*.mat")})
    for _ in range(data.draw(st.integers(1, 3))):
        damage(data, root)
    tracklets = report = None
    with suppress(TacanError):
        tracklets = load_all(dataset, root)
    with suppress(TacanError):  # only where the root itself is spoiled
        report = examine(dataset, root)
    crops = {crop for part in PARTS.get(dataset, ()) for crop in crops_below(root / part)}
    shutil.rmtree(place)
    if report is not None and report.is_clean:
        assert tracklets is not None
    if tracklets is not None and dataset in PARTS:
        assert report is not None
        strays = [f.where for f in report.findings if f.code == "crop-stray"]
        told = {f"{root}/{place}" for where in strays for place in where}
        read = {str(t.path(i)) for t in tracklets for i in range(len(t))}
        assert crops - told == read
