"""docs/protocols.md against the code: names, files, and every command line run."""

from __future__ import annotations

import csv
import re
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tacan.cli import main
from tacan.evaluation import PROTOCOLS
from tacan.evaluation.importers.readers import READERS
from tacan.evaluation.importers.sources import MATRIX, PARTS, SPELLINGS
from tacan.features.features_file import OPTIONAL, REQUIRED, save_features
from tests.evaluation.rows import made_up

PAGE = Path(__file__).parents[2] / "docs" / "protocols.md"
COMMANDS = re.findall(r"^tacan evaluate .*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    "name",
    [*PROTOCOLS, *REQUIRED, *OPTIONAL, *MATRIX, *PARTS, *SPELLINGS, *READERS, "gallery_is_query"],
)
def test_every_name_is_on_the_page(name):
    assert f"`{name}`" in PAGE.read_text(encoding="utf-8")


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The files that the page's commands read."""
    monkeypatch.chdir(tmp_path)
    features = made_up(0, width=4, integers=False)
    save_features(Path("features.npz"), features)
    save_features(Path("theirs.npz"), replace(features, embeddings=features.embeddings**2))
    np.save("features.npy", features.embeddings)
    labels = [features.pids, features.camids, features.is_query, features.is_gallery]
    write_table("labels.csv", ["pids", "camids", "is_query", "is_gallery"], labels)
    names = ["person", "camera", "is_query", "is_gallery", "f0", "f1", "f2", "f3"]
    write_table("features.csv", names, [*labels, *features.embeddings.T])
    distances = np.random.default_rng(0).random((len(features), len(features)))
    who = {"query_pids": features.pids, "query_camids": features.camids}
    who |= {"gallery_pids": features.pids, "gallery_camids": features.camids}
    np.savez("distances.npz", distances=distances, **who)


def write_table(path, names, columns):
    with Path(path).open("w", newline="") as stream:
        csv.writer(stream).writerows([names, *zip(*columns, strict=True)])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_on_the_page_runs(files, command, capsys):
    main(shlex.split(command)[1:])
    assert "mAP" in capsys.readouterr().out
    if "--json" in command:
        assert Path("scores.json").is_file()


def test_the_page_has_commands():
    assert len(COMMANDS) >= 8
