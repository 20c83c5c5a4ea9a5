from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacan.features.features_file import load_features
from tests.cli.test_embed import model, root, run


@pytest.mark.parametrize(("kind", "name"), [("onnx", "a.onnx"), ("openvino", "a.xml")])
def test_an_export_embeds_a_data_set_as_its_model_does(
    kind: str,
    name: str,
    model: Path,
    root: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "the export" / name
    assert run("export", model, file, "--format", kind) == 0
    assert "largest difference from torch" in capsys.readouterr().out.replace("\n", " ")
    found = []
    for number, spec in enumerate((str(model), f"{kind}:{file}")):
        out = tmp_path / f"{number}.npz"
        words = ("--dataset", "folder", "--root", root, "--out", out)
        assert run("embed", "--model", spec, *words) == 0
        found.append(load_features(out))
    own, exported = found
    np.testing.assert_allclose(exported.embeddings, own.embeddings, atol=1e-5)
    np.testing.assert_allclose(exported.clip_weights, own.clip_weights, atol=1e-5)
    assert exported.meta["model_fingerprint"] == own.meta["model_fingerprint"]


def test_nothing_that_is_there_is_replaced_unasked(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for there in ("a.xml", "a.bin", "a.yaml"):
        (tmp_path / there).write_bytes(b"mine")
        assert run("export", model, tmp_path / "a.xml", "--format", "openvino") == 1
        assert "--overwrite" in capsys.readouterr().err
        assert (tmp_path / there).read_bytes() == b"mine"
        (tmp_path / there).unlink()
    assert not list(tmp_path.glob("a.*"))


def test_a_name_that_ends_otherwise_is_told(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", model, tmp_path / "a.xml") == 1
    assert "must end in .onnx" in capsys.readouterr().err.replace("\n", " ")
