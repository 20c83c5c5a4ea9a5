from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from tacan.gallery import open_gallery
from tacan.linking import link_gallery
from tacan.linking.evidence import Evidence, gather_evidence
from tacan.linking.missed import ALIKE, MOST_ALIKE, ODDS, missed_links
from tests.gallery.conftest import MODEL

from .conftest import fill_cameras


@pytest.fixture
def evidence(tmp_path):
    """People of two or three tracklets each, seen at once by each camera in turn."""
    with open_gallery(tmp_path / "gallery", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, ["door"])
        fill_cameras(gallery, ["yard"], second=30)
        fill_cameras(gallery, ["hall"], second=60, people=range(6, 18))
        return gather_evidence(gallery, judgements=(), people=())


def naively(evidence: Evidence, groups):
    """The same sum in loops."""
    apart = {frozenset(pair) for pair in evidence.apart.tolist()}
    pairs = []
    for one, other in combinations(groups, 2):
        rows = [(a, b) for a in one for b in other]
        if not any(frozenset(pair) in apart for pair in rows):
            squares = [evidence.means.between(a, [b])[0] for a, b in rows]
            pairs.append((max(0.0, np.mean(squares)) ** 0.5, len(rows)))
    from_both_sides = [distance for distance, _ in pairs for _ in range(2)]
    middle, above = np.quantile(from_both_sides, (0.5, 0.8413))
    chances = []
    for distance, links in pairs:
        z = (distance - middle) / (above - middle)
        if z < -1:
            others = 2 * len(pairs) / len(groups)
            chances.append((1 / (1 + others * np.exp(-(z**2) / 2) / ODDS), links))
    expected = sum(p * links for p, links in chances)
    return expected, 2 * sum(p * (1 - p) * links**2 for p, links in chances) ** 0.5


def test_it_is_the_sum_over_all_pairs_who_may_be_one(evidence):
    groups = [[row] for row in range(10)] + [[10, 25], [11, 26, 30]]
    rest = set(range(evidence.n)) - {row for group in groups for row in group}
    groups += [[row] for row in sorted(rest)]
    found = missed_links(evidence, groups)
    assert found is not None
    expected, spread = naively(evidence, groups)
    assert expected > 5
    assert found.links == pytest.approx(expected, rel=1e-4)
    assert found.most - found.links == pytest.approx(spread, rel=1e-3)
    assert found.least == pytest.approx(max(0.0, expected - spread), rel=1e-3, abs=1e-3)


def test_it_falls_as_more_is_linked(evidence):
    n = evidence.n
    alone = missed_links(evidence, [[row] for row in range(n)])
    # `fill_cameras` adds 12 people a camera, the hall's from the seventh on.
    by_person = [[p, 12 + p] if p < 6 else [p, 12 + p, 18 + p] for p in range(12)]
    by_person += [[row] for row in range(30, 36)]
    found = missed_links(evidence, by_person)
    assert alone is not None
    assert found is not None
    assert alone.links > 8
    assert found.least == 0
    assert found.links < 4


def test_nothing_is_missed_where_nobody_can_be_another(evidence):
    first = np.arange(12)
    rows = list(range(12))
    apart = np.array(list(combinations(first, 2)))
    one_camera = Evidence(
        evidence.columns.rows(first), evidence.means.rows(first), apart, evidence.together, apart
    )
    found = missed_links(one_camera, [[row] for row in rows])
    assert found is not None
    assert found.most == 0
    assert missed_links(one_camera, [rows]) == found


def test_few_people_and_strangers_who_look_alike_tell_nothing(evidence):
    few = np.array([*range(12), 24])
    apart = np.array(list(combinations(range(12), 2)))
    of_few = Evidence(
        evidence.columns.rows(few), evidence.means.rows(few), apart, evidence.together, apart
    )
    assert missed_links(of_few, [[row] for row in range(13)]) is None
    one, other = evidence.strangers[: int(MOST_ALIKE * len(evidence.strangers)) + 2].T
    assert ALIKE < 0
    rows = np.arange(evidence.n)
    rows[other] = one
    dressed = replace(evidence, means=evidence.means.rows(rows))
    alone = [[row] for row in range(evidence.n)]
    assert missed_links(dressed, alone) is None
    assert missed_links(evidence, alone) is not None


def test_what_is_expected_is_kept(folder):
    with open_gallery(folder, write=True) as gallery:
        fill_cameras(gallery, ["hall"], second=60, people=range(12, 24))
        report = link_gallery(gallery)
        linking = gallery.store.people().linking()
        assert linking is not None
        assert report.expected_missed_pairs is not None
        assert linking.expected_missed_pairs == list(report.expected_missed_pairs)
