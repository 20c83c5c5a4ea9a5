"""One tiny demo from end to end, and what is asked of it afterwards."""

import re
import shutil
from contextlib import contextmanager
from html.parser import HTMLParser

import pytest

from tacan.demo import DemoSettings, run_demo
from tacan.errors import StorageError
from tacan.evaluation import evaluate
from tacan.features.features_file import load_features

SETTINGS = DemoSettings(
    iterations=3, train_identities=8, test_identities=8, cameras=3, median_frames=8
)
STEPS = (
    "generate",
    "train_tacan",
    "train_mean_pooling",
    "embed_tacan",
    "embed_mean_pooling",
    "evaluate",
    "report",
)


class Notes:
    """A listener that keeps what it is told, and can interrupt a step."""

    def __init__(self, *, interrupt=None):
        self.heard = []
        self.progress = {}
        self.interrupt = interrupt

    @contextmanager
    def __call__(self, notice):
        self.heard.append(notice)

        def progress(done, total):
            self.progress.setdefault(notice.number, []).append((done, total))
            if notice.number == self.interrupt and done > 0:
                raise KeyboardInterrupt

        yield progress


@pytest.fixture(scope="module")
def stopped_and_finished(tmp_path_factory):
    """A demo that was interrupted while it embedded, and then finished."""
    out = tmp_path_factory.mktemp("demo") / "my demo ü"
    first, second = Notes(interrupt=4), Notes()
    with pytest.raises(KeyboardInterrupt):
        run_demo(SETTINGS, out, listener=first)
    return first, second, run_demo(SETTINGS, out, listener=second)


@pytest.fixture(scope="module")
def record(stopped_and_finished):
    return stopped_and_finished[2]


@pytest.fixture(scope="module")
def html(record):
    return record.report.read_text(encoding="utf-8")


@pytest.mark.slow
def test_what_was_done_before_an_interruption_is_not_done_again(stopped_and_finished):
    first, second, record = stopped_and_finished
    assert len(first.heard) == 4
    assert record.skipped == STEPS[:3]
    assert [notice.seconds is not None for notice in second.heard] == [True] * 3 + [False] * 4
    assert set(second.progress) == {4, 5, 6, 7}
    assert tuple(record.seconds) == STEPS


def test_every_step_reports_its_progress_to_the_end(stopped_and_finished):
    first, second, _ = stopped_and_finished
    told = {**second.progress, **{number: first.progress[number] for number in (1, 2, 3)}}
    for number in range(1, 8):
        done, total = told[number][-1]
        assert done == total > 0
        assert [d for d, _ in told[number]] == sorted(d for d, _ in told[number])


def test_a_finished_demo_does_nothing_when_called_again(record):
    before = {path: path.stat().st_mtime_ns for path in record.out.rglob("*.*") if path.is_file()}
    notes = Notes()
    again = run_demo(SETTINGS, record.out, listener=notes)
    assert again.skipped == STEPS
    assert again.scores == record.scores
    assert not notes.progress
    state = record.out / "demo.json"
    assert all(path == state or path.stat().st_mtime_ns == then for path, then in before.items())


def test_a_step_whose_work_is_gone_is_done_again_and_those_after_it(record, tmp_path):
    out = tmp_path / "copy"
    shutil.copytree(record.out, out)
    (out / "mean_pooling.npz").unlink()
    again = run_demo(SETTINGS, out)
    assert again.skipped == STEPS[:4]
    assert again.scores == record.scores


def test_other_settings_are_refused_and_nothing_is_lost(record):
    with pytest.raises(StorageError, match=r"demo\.seed was 0, now 1(.|\n)*--fresh"):
        run_demo(DemoSettings(seed=1), record.out)
    assert record.report.exists()


def test_starting_over_keeps_what_is_not_the_demo_s(record, tmp_path):
    out = tmp_path / "copy"
    shutil.copytree(record.out, out)
    (out / "notes.txt").write_text("mine")
    notes = Notes(interrupt=1)
    with pytest.raises(KeyboardInterrupt):
        run_demo(SETTINGS, out, fresh=True, listener=notes)
    assert notes.heard[0].seconds is None
    left = {path.name for path in out.iterdir() if not path.name.startswith(".")}
    assert left == {"notes.txt", "demo.json"}


def test_the_scores_are_those_of_the_features(record):
    for name, entry in record.scores.items():
        features = load_features(record.out / f"{name}.npz")
        result = evaluate(features, "mars-9330", metric=features.meta["metric"])
        assert entry["mAP"] == result.mean_ap
        assert entry["cmc"]["1"] == result.rank_1
        assert (entry["occlusion_auc"] is None) == (name == "mean_pooling")


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, *names):
        return [attributes for tag, attributes in self.tags if tag in names]


def test_the_report_asks_no_host_for_anything(html):
    page = Page(html)
    for _, attributes in page.tags:
        for name in ("src", "href", "srcset", "action", "data", "poster", "xlink:href"):
            if name in attributes:
                assert attributes[name].startswith(("data:", "#")), attributes[name][:80]
    assert not page.all("script", "iframe", "object", "embed", "form", "base")
    bare = re.sub(r"data:image/[a-z]+;base64,[A-Za-z0-9+/=]*", "", html)
    for way in ("http:", "https:", "url(", "@import", "//"):
        assert way not in bare, bare[bare.index(way) - 60 : bare.index(way) + 60]


def test_the_report_can_be_read_without_seeing_it(html):
    page = Page(html)
    assert page.all("html")[0]["lang"] == "en"
    assert all(image.get("alt") for image in page.all("img"))
    assert all(svg.get("aria-label") and svg.get("role") == "img" for svg in page.all("svg"))
    assert all(cell.get("scope") in ("row", "col") for cell in page.all("th"))
    assert len(page.all("h1")) == 1
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    pointed = {a["aria-labelledby"] for a in page.all("section")}
    pointed |= {a["href"].removeprefix("#") for a in page.all("a")}
    assert pointed <= set(ids)


def test_the_report_shows_what_it_promises(record, html):
    page = Page(html)
    scores = record.scores["tacan"]
    assert f"{100 * scores['mAP']:.1f}" in page.text
    assert "mars-9330" in page.text
    n_curves, n_histograms, n_strips = 4, 1, 3
    assert len(page.all("svg")) == n_curves + n_histograms + n_strips
    marks = [a["class"] for a in page.all("li")]
    assert len(marks) == 6 * 2 * 10
    assert set(marks) <= {"right", "wrong"}
    alternatives = [image["alt"] for image in page.all("img")]
    assert sum(", right:" in text for text in alternatives) == marks.count("right")
    assert sum(", wrong:" in text for text in alternatives) == marks.count("wrong")
    assert "tacan synth" in page.text
    assert "tacan evaluate" in page.text
