from __future__ import annotations

import pytest

from tacan.indexing.index_report import IndexReport, SourceReport, shares_text, work_shares
from tacan.indexing.stream_run import STAGES


def test_shares_sum_to_one() -> None:
    nothing = work_shares([dict.fromkeys(STAGES, 0.0)])
    assert set(nothing.values()) == {0.0}
    spent = {**dict.fromkeys(STAGES, 0.0), "decode": 1.0, "detection": 3.0}
    report = SourceReport(path="a.mp4", camera="hall", n_tracklets=1, stage_seconds=spent)
    assert tuple(report.shares) == STAGES
    assert report.shares["detection"] == pytest.approx(0.75)
    both = IndexReport((report, SourceReport(path="b.mp4", camera="hall", n_tracklets=0)))
    assert both.shares == report.shares


def test_a_line_for_people() -> None:
    assert shares_text({"decode": 0.25, "storing": 0.75}) == "decode 25 %, storing 75 %"


def test_a_stride_stands_beside_the_frames_that_were_looked_at() -> None:
    every = SourceReport(path="a.mp4", camera="hall", n_tracklets=1, n_frames=300)
    some = SourceReport(path="a.mp4", camera="hall", n_tracklets=1, n_frames=150, stride=2)
    assert "from 300 frames in " in every.text()
    assert "from 150 frames, one of 2, in " in some.text()
    assert IndexReport((some,)).as_json()["sources"][0]["stride"] == 2
