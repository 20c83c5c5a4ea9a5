from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tacan.cli import main
from tacan.evaluation import Reranking, evaluate
from tacan.features.features_file import Features, save_features


@pytest.fixture
def features():
    rng = np.random.default_rng(0)
    n = 60
    return Features(
        embeddings=rng.standard_normal((n, 8)),
        pids=rng.integers(-1, 6, n),
        camids=rng.integers(1, 4, n),
        is_query=rng.random(n) < 0.4,
        is_gallery=np.ones(n, dtype=bool),
    )


def run(capsys, *tokens):
    """Exit status, standard output and standard error of `tacan evaluate`."""
    status = 0
    try:
        main(["evaluate", *map(str, tokens)])
    except SystemExit as end:
        status = end.code
    return status or 0, *capsys.readouterr()


def test_the_table_shows_every_protocol_with_its_counts(tmp_path, features, capsys):
    path = save_features(tmp_path / "f.npz", features)
    status, out, _ = run(capsys, path, "--protocol", "mars-9330,cross-camera")
    assert status == 0
    head, _, *lines = out.splitlines()
    assert [word for word in ("mAP", "Rank-1", "Rank-5", "Rank-10", "Rank-20") if word in head]
    for line, name in zip(lines, ["mars-9330", "cross-camera"], strict=True):
        result = evaluate(features, name)
        words = line.split()
        assert words[:2] == [name, "euclidean"]
        assert words[2] == f"{100 * result.mean_ap:.2f}"
        assert words[3] == f"{100 * result.rank_1:.2f}"
        counts = [result.n_query, result.n_valid_query, result.n_query - result.n_valid_query]
        assert [int(word) for word in words[-4:]] == [*counts, result.n_gallery]


def test_json_has_the_stated_form_at_full_precision(tmp_path, features, capsys):
    path = save_features(tmp_path / "f.npz", features)
    target = tmp_path / "scores.json"
    names = "mars-official,mars-9330,mars-11310,cross-camera"
    run(capsys, path, "--protocol", names, "--json", target, "--metric", "cosine")
    written = json.loads(target.read_text())
    assert list(written) == ["protocols"]
    assert list(written["protocols"]) == names.split(",")
    for name, entry in written["protocols"].items():
        result = evaluate(features, name, metric="cosine")
        assert entry["mAP"] == result.mean_ap
        assert entry["cmc"] == {str(n): result.cmc[n - 1] for n in (1, 5, 10, 20)}
        assert entry["n_query"] == result.n_query
        assert entry["n_valid_query"] == result.n_valid_query
        assert entry["n_gallery"] == result.n_gallery


def test_json_to_standard_output_comes_without_the_table(tmp_path, features, capsys):
    path = save_features(tmp_path / "f.npz", features)
    _, out, _ = run(capsys, path, "--protocol", "cross-camera", "--json", "-")
    assert list(json.loads(out)["protocols"]) == ["cross-camera"]


def test_an_expected_fault_is_one_message_and_status_1(tmp_path, capsys):
    status, out, err = run(capsys, tmp_path / "none.npz", "--protocol", "cross-camera")
    assert (status, out) == (1, "")
    assert "must exist" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("protocol", ["mars", "cross-camera,mars", ","])
def test_an_unknown_protocol_is_wrong_usage(tmp_path, features, capsys, protocol):
    path = save_features(tmp_path / "f.npz", features)
    status, out, err = run(capsys, path, "--protocol", protocol)
    assert (status, out) == (2, "")
    assert "mars-9330" in err


def test_the_command_does_not_import_torch(tmp_path, features):
    path = save_features(tmp_path / "f.npz", features)
    script = (
        "import sys; from tacan.cli import main\n"
        f"main(['evaluate', {str(path)!r}, '--protocol', 'cross-camera'])\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def test_every_option_reaches_the_report(tmp_path, features, capsys):
    path = save_features(tmp_path / "f.npz", features)
    tokens = ["--confidence", "0.9", "--cameras", "--threshold", "0.1", "--compare", path]
    tokens += ["--plots", tmp_path / "plots", "--json", "-"]
    status, out, err = run(capsys, path, "--protocol", "cross-camera", *tokens)
    assert status == 0
    entry = json.loads(out)["protocols"]["cross-camera"]
    assert {"confidence", "comparison", "camera_pairs", "threshold"} <= set(entry)
    assert err.count("wrote ") == len(list((tmp_path / "plots").iterdir())) == 3


def test_re_ranking_takes_its_numbers(tmp_path, features, capsys):
    path = save_features(tmp_path / "f.npz", features)
    tokens = ["--rerank", "--k1", "5", "--k2", "2", "--weight", "0.5", "--json", "-"]
    _, out, _ = run(capsys, path, "--protocol", "cross-camera", *tokens)
    expected = evaluate(features, "cross-camera", rerank=Reranking(k1=5, k2=2, weight=0.5))
    assert json.loads(out)["protocols"]["cross-camera"]["mAP"] == expected.mean_ap


def test_numbers_of_a_re_ranking_that_was_not_asked_for_are_refused(tmp_path, features, capsys):
    path = save_features(tmp_path / "f.npz", features)
    status, out, err = run(capsys, path, "--protocol", "cross-camera", "--k1", "5", "--weight", "0")
    assert (status, out) == (1, "")
    assert "--k1 is for --rerank" in err
    assert "--weight is for --rerank" in err


def test_features_and_labels_can_be_two_files_under_any_names(tmp_path, features, capsys):
    np.save(tmp_path / "f.npy", features.embeddings)
    names = ("pids", "camids", "is_query", "is_gallery")
    np.savez(tmp_path / "labels.npz", **{name: getattr(features, name) for name in names})
    tokens = ["--labels", tmp_path / "labels.npz", "--protocol", "cross-camera", "--json", "-"]
    _, out, _ = run(capsys, tmp_path / "f.npy", *tokens)
    expected = evaluate(features, "cross-camera").mean_ap
    assert json.loads(out)["protocols"]["cross-camera"]["mAP"] == expected


def test_options_that_contradict_each_other_are_an_expected_fault(tmp_path, features, capsys):
    path = save_features(tmp_path / "f.npz", features)
    status, out, err = run(capsys, path, "--protocol", "cross-camera", "--rerank", "--cameras")
    assert (status, out) == (1, "")
    assert "ask for them apart" in err


def test_the_files_own_metric_counts_unless_another_is_asked_for(tmp_path, features, capsys):
    path = save_features(tmp_path / "f.npz", replace(features, meta={"metric": "cosine"}))
    tokens = (path, "--protocol", "cross-camera", "--json", "-")
    _, out, err = run(capsys, *tokens)
    entry = json.loads(out)["protocols"]["cross-camera"]
    assert entry["mAP"] == evaluate(features, "cross-camera", metric="cosine").mean_ap
    assert (entry["metric"], entry["model_metric"]) == ("cosine", "cosine")
    assert "distance" not in err
    _, out, err = run(capsys, *tokens, "--metric", "euclidean")
    entry = json.loads(out)["protocols"]["cross-camera"]
    assert entry["mAP"] == evaluate(features, "cross-camera").mean_ap
    assert "made for the cosine distance" in err
    assert "scored by the euclidean distance" in err
