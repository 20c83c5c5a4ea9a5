from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tacan.errors import FeaturesError
from tacan.evaluation import EvaluationOptions, evaluate_all, evaluate_protocols
from tacan.views.evaluation_text import metric_note, report_json, report_tables, uncounted_notes
from tests.evaluation.rows import made_up


@pytest.fixture
def features():
    return made_up(0, n=200, width=6, integers=False)


def test_everything_asked_for_is_in_the_entry_and_in_a_table_of_its_protocol(features):
    options = EvaluationOptions(confidence=0.9, cameras=True, false_match_rate=0.1, other=features)
    report = evaluate_all(features, ["cross-camera", "mars-9330"], options=options)
    data, tables = report_json(report), report_tables(report)
    assert list(data["protocols"]) == ["cross-camera", "mars-9330"]
    for name, entry in data["protocols"].items():
        assert entry["confidence"]["mAP"]["value"] == pytest.approx(entry["mAP"])
        assert entry["comparison"]["mAP"]["level"] == 0.9
        assert entry["threshold"]["false_match_rate"] <= 0.1
        assert list(entry["threshold"]["tpr_at_fpr"]) == ["0.0001", "0.001", "0.01", "0.1"]
        assert len(entry["camera_pairs"]) == 12
        assert sum(name in title for title, _ in tables) == 4


def test_without_options_there_is_one_table_without_a_heading(features):
    ((title, _),) = report_tables(evaluate_all(features, ["cross-camera"]))
    assert title == ""


def test_pairs_without_queries_are_null_in_json_and_words_in_the_table():
    options = EvaluationOptions(cameras=True)
    report = evaluate_all(made_up(1, n=20, n_pids=3), ["cross-camera"], options=options)
    pairs = report_json(report)["protocols"]["cross-camera"]["camera_pairs"]
    assert any(pair["mean_ap"] is None for pair in pairs)
    assert "no query" in report_tables(report)[1][1]


def test_one_query_is_told_as_one():
    features = made_up(1, n=40, n_pids=3, integers=False)
    asked = np.flatnonzero(features.is_query & (features.pids > 0))[:1]
    features = replace(features, is_query=np.isin(np.arange(40), asked))
    options = EvaluationOptions(false_match_rate=0.1)
    tables = report_tables(evaluate_all(features, ["cross-camera"], options=options))
    assert "matched falsely, of 1 query for someone absent" in tables[1][1]
    assert "found first, of 1 query for someone present" in tables[1][1]
    alone = replace(features, camids=np.ones(40, dtype=int))
    with pytest.raises(FeaturesError, match="got none among 1 query"):
        evaluate_all(alone, ["cross-camera"])


def test_another_metric_than_the_models_is_noted(features):
    by_angle = replace(features, meta={"metric": "cosine"})
    names = ["cross-camera"]
    assert metric_note(evaluate_protocols(by_angle, names)) is None
    assert metric_note(evaluate_protocols(features, names, metric="cosine")) is None
    note = metric_note(evaluate_protocols(by_angle, names, metric="euclidean"))
    assert note == (
        "These vectors are made for the cosine distance, as their file says; they are scored by "
        "the euclidean distance."
    )


def test_why_queries_do_not_count_is_said_protocol_by_protocol(features):
    results = evaluate_protocols(features, ["cross-camera", "mars-9330"])
    notes = uncounted_notes(results)
    assert [note.partition(":")[0] for note in notes] == list(results)
    for note, result in zip(notes, results.values(), strict=True):
        found = result.not_counted
        missing = result.n_query - result.n_valid_query
        assert found.no_person + found.same_camera + found.absent == missing
        assert f"{found.no_person} junk or distractors" in note
    queries = results["cross-camera"].query_rows[results["cross-camera"].counts]
    counted = replace(features, is_query=np.isin(np.arange(len(features)), queries))
    assert uncounted_notes(evaluate_protocols(counted, ["cross-camera"])) == []
