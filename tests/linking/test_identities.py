from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tacan.linking.identities import match_identities


def test_who_has_most_in_common_keeps_the_id():
    before = {1: 10, 2: 10, 3: 10, 4: 20, 5: 20, 6: 30}
    assert match_identities([[1, 2, 4], [3, 5], [6, 7], [8]], before, {}) == [10, 20, 30, None]
    # Two people became one, who is the larger; one became two, of whom the larger is the same.
    assert match_identities([[1, 2, 3, 4, 5]], before, {}) == [10]
    assert match_identities([[3], [1, 2]], before, {}) == [None, 10]


def test_a_claim_goes_before_what_is_in_common():
    before = {1: 10, 2: 10, 3: 10, 4: 20}
    assert match_identities([[1, 2], [3, 4]], before, {3: 10}) == [None, 10]
    assert match_identities([[1, 2, 3, 4]], before, {4: 20}) == [20]


@given(
    st.dictionaries(st.integers(0, 12), st.integers(0, 4)),
    st.dictionaries(st.integers(0, 12), st.integers(0, 4), max_size=3),
    st.lists(st.integers(0, 5), min_size=13, max_size=13),
)
def test_nobody_is_two_and_the_same_groups_are_the_same_people(before, claims, labels):
    groups = [[t for t in range(13) if labels[t] == label] for label in sorted(set(labels))]
    found = match_identities(groups, before, claims)
    known = [person for person in found if person is not None]
    assert len(set(known)) == len(known)
    again = {t: p for p, group in zip(found, groups, strict=True) if p is not None for t in group}
    if None not in found:
        assert match_identities(groups, again, {}) == found
