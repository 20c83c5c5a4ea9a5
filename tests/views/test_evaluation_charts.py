from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tacan.evaluation import (
    PROTOCOLS,
    EvaluationOptions,
    Reranking,
    evaluate_all,
    evaluate_protocols,
)
from tacan.evaluation.thresholds import (
    collect_pairs,
    histogram,
    open_set_threshold,
    roc_curve,
    true_positive_rate,
)
from tacan.views.charts import INK, MAIN, QUIET, WARNING
from tacan.views.evaluation_charts import plot_cmc, plot_distances, plot_roc, write_charts
from tests.evaluation.rows import made_up

NAMES = ("cross-camera", "mars-9330")


@pytest.fixture
def features():
    return made_up(0, n=200, width=6, integers=False)


@pytest.fixture
def axes(monkeypatch):
    """What each saved figure has drawn, by the file's name."""
    drawn = {}
    save = Figure.savefig

    def saved(figure, path, **options):
        drawn[Path(path).name] = figure.axes[0]
        save(figure, path, **options)

    monkeypatch.setattr(Figure, "savefig", saved)
    return lambda: next(iter(drawn.values()))


def labels_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def is_picture(path):
    with Image.open(path) as image:
        return image.format == "PNG" and min(image.size) > 300


def test_a_chart_is_written_in_the_house_colours(features, axes, tmp_path):
    pairs = collect_pairs(features, NAMES[0])
    plot_distances(histogram(pairs), tmp_path / "distances.png", title="a title")
    drawn = axes()
    assert {text.get_color() for text in (drawn.xaxis.label, drawn.yaxis.label)} == {QUIET}
    assert drawn.title.get_color() == INK


def test_the_roc_plot_shows_each_protocols_curve_over_a_logarithmic_axis(features, axes, tmp_path):
    pairs = {name: collect_pairs(features, name) for name in NAMES}
    curves = {name: roc_curve(pairs[name]) for name in NAMES}
    assert is_picture(plot_roc(curves, tmp_path / "roc.png"))
    shown = axes()
    assert shown.get_xscale() == "log"
    assert shown.get_xlim()[0] == 1 / max(len(found.negatives) for found in pairs.values())
    for line, name in zip(shown.get_lines(), NAMES, strict=False):
        np.testing.assert_array_equal(line.get_xdata(), curves[name].false_positive_rate)
        np.testing.assert_array_equal(line.get_ydata(), 100 * curves[name].true_positive_rate)
    at_1_percent = 100 * true_positive_rate(pairs["mars-9330"], np.array(0.01))
    assert f"mars-9330 ({at_1_percent:.1f} % at FPR 1 %)" in labels_of(shown)
    assert "chance" in labels_of(shown)


def test_a_curve_without_room_for_its_axis_is_drawn_too(tmp_path):
    one = np.array([1.0])
    pairs = type(collect_pairs(made_up(0), "cross-camera"))(one, one, one, one)
    assert is_picture(plot_roc({"two-camera": roc_curve(pairs)}, tmp_path / "roc.png"))


def test_the_cmc_plot_shows_each_protocols_curve(features, axes, tmp_path):
    results = evaluate_protocols(features, NAMES)
    assert is_picture(plot_cmc(results, tmp_path / "cmc.png"))
    for line, result in zip(axes().get_lines(), results.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), 100 * result.cmc)
        assert line.get_xdata().tolist() == list(range(1, 51))


def test_curves_that_agree_are_told_apart_by_their_dashes(features, axes, tmp_path):
    result = evaluate_protocols(features, NAMES[:1])[NAMES[0]]
    plot_cmc(dict.fromkeys(list(PROTOCOLS)[:4], result), tmp_path / "cmc.png")
    assert len({line.get_linestyle() for line in axes().get_lines()}) == 4


def test_the_histogram_shows_both_kinds_of_pairs_and_the_threshold(features, axes, tmp_path):
    pairs = collect_pairs(features, "cross-camera")
    threshold = open_set_threshold(pairs, 0.1)
    path = tmp_path / "distances.png"
    assert is_picture(
        plot_distances(histogram(pairs), path, title="cross-camera", threshold=threshold)
    )
    shown = axes()
    (line,) = shown.get_lines()
    for patch, values in zip(shown.patches, (pairs.positives, pairs.negatives), strict=True):
        heights, edges, _ = patch.get_data()
        assert np.sum(heights * np.diff(edges)) == pytest.approx(1)
        expected, _ = np.histogram(values, edges)
        np.testing.assert_allclose(heights * np.diff(edges) * len(values), expected, atol=1e-9)
    assert set(line.get_xdata()) == {threshold.threshold}
    assert f"right pairs ({len(pairs.positives):,})" in labels_of(shown)
    assert shown.get_title() == "cross-camera"


def test_a_report_gives_a_file_for_each_chart(features, tmp_path):
    options = EvaluationOptions(distributions=True, false_match_rate=0.1)
    files = write_charts(evaluate_all(features, NAMES, options=options), tmp_path / "new folder")
    expected = {"cmc.png", "roc.png", "distances-cross-camera.png", "distances-mars-9330.png"}
    assert {path.name for path in files} == expected
    for path in files:
        with Image.open(path) as image:
            assert is_picture(path)
            assert len(image.convert("RGB").getcolors(1 << 20)) > 10
    options = EvaluationOptions(rerank=Reranking(k1=5, k2=2), distributions=True)
    (only,) = write_charts(evaluate_all(features, NAMES, options=options), tmp_path)
    assert only.name == "cmc.png"


def test_the_colours_are_those_of_the_house(features, axes, tmp_path):
    plot_cmc(evaluate_protocols(features, NAMES), tmp_path / "cmc.png")
    assert [line.get_color() for line in axes().get_lines()] == [MAIN, WARNING]
