from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from tacan.gallery.person_records import Judgement
from tacan.linking.words import Groups, standing_judgements

SAID = st.lists(
    st.builds(Judgement, st.integers(0, 6), st.integers(0, 6), st.booleans()).filter(
        lambda said: said.one != said.other
    ),
    max_size=25,
)


def contradicts(judgements) -> bool:
    """By the definition: the closure of all that are together holds a pair that is apart."""
    reach = {(a, a) for a in range(7)}
    for said in judgements:
        reach |= {(said.one, said.other), (said.other, said.one)} if said.same else set()
    for k, i, j in product(range(7), repeat=3):
        if (i, k) in reach and (k, j) in reach:
            reach.add((i, j))
    return any((said.one, said.other) in reach for said in judgements if not said.same)


@given(SAID)
def test_the_latest_words_that_do_not_contradict_each_other_stand(judgements):
    expected = []
    for said in reversed(judgements):
        if not contradicts([*expected, said]):
            expected.append(said)
    assert list(standing_judgements(judgements)) == expected


def test_groups_are_the_closure_of_their_pairs():
    groups = Groups([(5, 3), (3, 9), (1, 2)])
    assert [groups.of(number) for number in (9, 5, 3, 2, 1, 7)] == [3, 3, 3, 1, 1, 7]
