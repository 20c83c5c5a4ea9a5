from __future__ import annotations

from collections import Counter
from dataclasses import fields

import numpy as np

from tacan.synthetic.people.population import make_people


def test_no_two_people_wear_the_same():
    people = make_people(1500, seed=0)
    assert len({person.outfit for person in people}) == len(people)


def test_more_people_and_another_seed():
    assert make_people(20, seed=2)[:7] == make_people(7, seed=2)
    assert make_people(7, seed=2) != make_people(7, seed=3)


def test_many_resemble_somebody_before_them():
    people = make_people(120, seed=1)
    tops = Counter(person.top for person in people)
    bottoms = Counter(person.bottom for person in people)
    assert sum(count for count in tops.values() if count > 1) > 30
    assert sum(count for count in bottoms.values() if count > 1) > 30


def test_clothes_are_mostly_dark_or_grey_and_of_many_kinds():
    people = make_people(600, seed=4)
    tops = np.array([person.top.colours[0] for person in people], dtype=float)
    spread = tops.max(axis=1) - tops.min(axis=1)
    assert 0.35 < (spread < 40).mean() < 0.8
    assert (spread > 100).mean() > 0.04
    assert len({person.top.colours[0] for person in people}) > 300
    for name in ("hair_style", "hat", "sleeves", "arms"):
        assert len({getattr(person, name) for person in people}) >= 3
    assert {person.bag.kind for person in people} >= {
        "none",
        "backpack",
        "shoulder bag",
        "suitcase",
    }


def test_everything_about_a_person_is_plain_data():
    names = {field.name for field in fields(make_people(1, seed=0)[0])}
    assert {"height", "build", "gait", "top", "outer", "bottom", "bag"} <= names
