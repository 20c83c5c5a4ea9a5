from __future__ import annotations

from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacan.errors import ConfigError
from tacan.gallery import delete_tracklets, open_gallery
from tacan.gallery.columns import UNKNOWN_TIMESTAMP, Columns
from tacan.linking import confirm, link_gallery, undo
from tacan.linking.travel import (
    TravelRules,
    cut_at_longest,
    impossible_pairs,
    parse_travel,
    read_travel,
)
from tests.gallery.conftest import MODEL

from .conftest import fill_cameras, of, partition

CAMERAS = ["door", "yard", "hall"]


def parsed_lines(*lines: str) -> TravelRules:
    texts = dict(line.split(": ", 1) for line in lines)
    return parse_travel(texts, cameras=CAMERAS, source="ways.yaml")


def test_every_form_is_read() -> None:
    rules = parsed_lines(
        "door -> yard: 20 s to 5 min",
        "yard <-> hall: at least 1.5 min",
        "hall -> door: at most 1 h; never at once",
        "door -> door: at least 2 s",
    )
    assert rules.least == {
        ("door", "yard"): 20,
        ("yard", "hall"): 90,
        ("hall", "yard"): 90,
        ("door", "door"): 2,
    }
    assert rules.most == {("door", "yard"): 300, ("hall", "door"): 3600}
    assert rules.never_at_once == {
        frozenset(two) for two in (("door", "yard"), ("yard", "hall"), ("hall", "door"))
    }
    every = parsed_lines("all cameras: never at once", "door <-> hall: overlap")
    assert every.never_at_once == {frozenset(("door", "yard")), frozenset(("hall", "yard"))}


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["door > yard: 20 s to 5 min"], "a way must be written as in door -> yard"),
        (["door -> yrad: at least 2 s"], "did you mean yard?"),
        (["door -> yard: soon"], "a way must have times, such as '20 s to 5 min'"),
        (["door -> yard: 20 to 30"], "a way must have times"),
        (["door -> yard: "], "a way must have times"),
        (["door -> yard: 5 min to 20 s"], "the longest time is shorter than the shortest"),
        (["door -> yard: at least 2 s; overlap"], "cameras that overlap see somebody at once"),
        (["door <-> yard: never at once; overlap"], "cameras that overlap"),
        (["door <-> yard: overlap", "yard -> door: at least 2 s"], "a way must be named once"),
        (["door -> yard: overlap", "yard -> door: at least 2 s"], "cameras that overlap"),
        (["door -> door: never at once"], "a matter of two cameras"),
        (["all cameras: at least 2 s"], "can be said to be 'never at once' alone"),
    ],
)
def test_faults_are_told(lines: list[str], fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parsed_lines(*lines)
    assert fault in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "ways.yaml"
    path.write_text("door -> yrad: at least 2 s\nhall > door: never\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"(?s)ways.yaml has 2 faults.*yrad.*hall > door"):
        read_travel(path, cameras=CAMERAS)
    for content in ("", "- door\n", "door"):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(ConfigError, match="a line for each way"):
            read_travel(path, cameras=CAMERAS)
    path.write_text("door -> yard: 20 s to 5 min\n", encoding="utf-8")
    assert read_travel(path, cameras=CAMERAS) == {"door -> yard": "20 s to 5 min"}


def columns_of(walks: list[tuple[int, int, int]]) -> Columns:
    """Tracklets (camera, start, end) in seconds; a start below 0 is not known."""
    n = len(walks)
    cameras, starts, ends = np.array(walks, np.int64).reshape(-1, 3).T
    unknown = starts < 0
    starts, ends = (np.where(unknown, UNKNOWN_TIMESTAMP, t * 1_000_000) for t in (starts, ends))
    zeros = np.zeros(n)
    return Columns(
        *(np.arange(n), cameras, cameras, np.arange(n), starts, ends, zeros, zeros, zeros),
        cameras={name: number for number, name in enumerate(CAMERAS)},
    )


walk_times = st.tuples(st.integers(0, 2), st.integers(-3, 60), st.integers(0, 20)).map(
    lambda walk: (walk[0], walk[1], walk[1] + walk[2])
)
RULES = [
    parsed_lines("door -> yard: 5 s to 20 s", "hall <-> yard: never at once"),
    parsed_lines("door <-> yard: at least 3 s", "door -> door: at least 4 s"),
    parsed_lines("all cameras: never at once", "hall -> yard: at most 5 s"),
]


def is_impossible(rules: TravelRules, one: tuple, other: tuple) -> bool:
    if one[1] < 0 or other[1] < 0:
        return False
    for a, b in ((one, other), (other, one)):
        way = CAMERAS[a[0]], CAMERAS[b[0]]
        if a[1] <= b[1]:
            if way in rules.least and b[1] - a[2] < rules.least[way]:
                return True
            if frozenset(way) in rules.never_at_once and b[1] < a[2]:
                return True
    return False


@given(st.lists(walk_times, max_size=12), st.sampled_from(RULES))
def test_impossible_pairs_are_those_of_loops(walks: list, rules: TravelRules) -> None:
    found = set(map(tuple, impossible_pairs(rules, columns_of(walks)).tolist()))
    expected = {
        (i, j)
        for i, j in product(range(len(walks)), repeat=2)
        if i < j and is_impossible(rules, walks[i], walks[j])
    }
    assert found == expected


@given(
    st.lists(walk_times, max_size=12),
    st.sampled_from(RULES),
    st.lists(st.integers(0, 2), min_size=12, max_size=12),
)
def test_no_next_sighting_takes_longer_than_it_may(walks, rules, clusters) -> None:
    columns = columns_of(walks)
    first = {c: clusters.index(c) for c in clusters}
    label = np.array([first[c] for c in clusters[: len(walks)]], np.int64)
    cut = cut_at_longest(rules, columns, label, np.zeros((0, 2), np.int64))
    for part in set(cut.tolist()):
        rows = [row for row in range(len(walks)) if cut[row] == part]
        assert len({int(label[row]) for row in rows}) == 1, "nothing is joined"
        known = sorted((row for row in rows if walks[row][1] >= 0), key=lambda r: walks[r][1])
        for one, other in pairwise(known):
            way = CAMERAS[walks[one][0]], CAMERAS[walks[other][0]]
            if walks[one][1] < walks[other][1]:  # at one moment either may be the first
                gap = walks[other][1] - walks[one][2]
                assert gap <= rules.most.get(way, np.inf)


def linked(folder: Path, second: float, **options):
    gallery = open_gallery(folder, write=True, create_with=MODEL)
    fill_cameras(gallery, ["door"])
    fill_cameras(gallery, ["yard"], second=second)
    return gallery, link_gallery(gallery, **options)


@pytest.mark.parametrize(
    ("rule", "second", "n_people"),
    [
        ("door -> yard: at least 30 s", 60, 12),
        ("door -> yard: at least 30 s", 20, 24),
        ("door -> yard: at most 30 s", 60, 24),
        ("door -> yard: at most 30 s", 20, 12),
        ("all cameras: never at once", 5, 24),
        ("all cameras: never at once", 20, 12),
        ("yard -> door: at least 30 s", 20, 12),
        ("door <-> yard: overlap", 5, 12),
    ],
)
def test_links_keep_what_is_known_of_the_ways(tmp_path, rule, second, n_people) -> None:
    way, text = rule.split(": ")
    gallery, report = linked(tmp_path / "gallery", second, travel={way: text})
    with gallery:
        assert len(partition(gallery)) == n_people
        assert report.n_ways == 1
        # It is kept, also when people are linked again, or changed by a human.
        again = link_gallery(gallery)
        assert (len(partition(gallery)), again.n_ways) == (n_people, 1)
        confirm(gallery, "door/1", "door/2")
        undo(gallery)
        assert len(partition(gallery)) == n_people
        assert link_gallery(gallery, travel={}).n_ways == 0
        assert len(partition(gallery)) == 12


@pytest.mark.parametrize("text", ["at least 30 s", "at most 5 s"])
def test_a_humans_word_stands_above(tmp_path, text) -> None:
    gallery, _ = linked(tmp_path / "gallery", 20, travel={"door -> yard": text})
    with gallery:
        assert of(gallery, "door/1") != of(gallery, "yard/1")
        confirm(gallery, "door/1", "yard/1")
        assert of(gallery, "door/1") == of(gallery, "yard/1")
        link_gallery(gallery)
        assert of(gallery, "door/1") == of(gallery, "yard/1")
        assert len(partition(gallery)) == 23


def test_a_camera_that_is_gone_is_no_fault(tmp_path) -> None:
    gallery, _ = linked(tmp_path / "gallery", 20, travel={"door -> yard": "at least 30 s"})
    with gallery:
        delete_tracklets(gallery, camera="yard")
        assert link_gallery(gallery).n_tracklets == 12
        with pytest.raises(ConfigError, match="must be one of the gallery's"):
            link_gallery(gallery, travel={"door -> attic": "at least 30 s"})
