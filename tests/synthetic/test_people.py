from __future__ import annotations

from collections import Counter

import pytest

from tacan.synthetic.people import make_people


def test_no_two_people_wear_the_same():
    people = make_people(1500, seed=0)
    assert len({person.outfit for person in people}) == len(people)


@pytest.mark.parametrize("part", ["top", "bottom", "shoes", "hair", "skin", "pattern", "bag"])
def test_every_single_garment_is_shared_by_many(part):
    worn = Counter(getattr(person, part) for person in make_people(200, seed=1))
    assert len(worn) > 2
    assert min(worn.values()) >= 8


def test_more_people_and_another_seed():
    assert make_people(20, seed=2)[:7] == make_people(7, seed=2)
    assert make_people(7, seed=2) != make_people(7, seed=3)
