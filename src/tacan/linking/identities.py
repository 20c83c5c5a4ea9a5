"""Which person of before each new set of tracklets is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

__all__ = ["match_identities"]


def match_identities(
    groups: Sequence[Sequence[int]], before: Mapping[int, int], claims: Mapping[int, int]
) -> list[int | None]:
    """The person of each group of tracklets; None for somebody new.

    Nobody is two groups, and no group is two people. A group with a tracklet in `claims` is the
    person there (of several, the one with most tracklets in it). Of what is left, the group and the
    person of `before` who have most tracklets in common are the same, then the next, and so on; at
    equal numbers the person of the lower id comes first, then the earlier group.

    >>> match_identities([[1, 2, 3], [4], [5, 6]], {1: 7, 2: 7, 4: 7, 5: 8}, {4: 7})
    [None, 7, 8]
    """
    found: list[int | None] = [None] * len(groups)
    counts = [
        (group, Counter(before[tracklet] for tracklet in tracklets if tracklet in before))
        for group, tracklets in enumerate(groups)
    ]
    claimed = [
        (group, Counter({claims[t]: counts[group][1][claims[t]] for t in tracklets if t in claims}))
        for group, tracklets in enumerate(groups)
    ]
    taken: set[int] = set()
    for common in (claimed, counts):
        ranked = sorted(
            (-count, person, group) for group, people in common for person, count in people.items()
        )
        for _, person, group in ranked:
            if found[group] is None and person not in taken:
                found[group] = person
                taken.add(person)
    return found
