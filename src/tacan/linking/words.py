"""What humans said about pairs of tracklets, as constraints that don't contradict each other.

The later word counts. A judgement is passed over where it contradicts, also by way of others, what
was said after it; when that is taken back, it counts again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tacan.gallery.person_records import Judgement

__all__ = ["Groups", "standing_judgements"]


class Groups:
    """Sets of numbers that are together; a number that was never joined is alone."""

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self._parent: dict[int, int] = {}
        for one, other in pairs:
            self.join(one, other)

    def of(self, number: int) -> int:
        """The number that stands for the set of this one."""
        while (parent := self._parent.get(number, number)) != number:
            # Half the way is saved for the next time.
            self._parent[number] = number = self._parent.get(parent, parent)
        return number

    def join(self, one: int, other: int) -> tuple[int, int]:
        """Joins two sets: what stands for both now, and what did for one of them before."""
        kept, gone = sorted((self.of(one), self.of(other)))
        self._parent[gone] = kept
        return kept, gone


def standing_judgements(judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """Those of `judgements`, the earliest first, that count; the latest first.

    >>> said = [Judgement(1, 2, same=True), Judgement(2, 3, same=True), Judgement(3, 1, same=False)]
    >>> [(one.one, one.other, one.same) for one in standing_judgements(said)]
    [(3, 1, False), (2, 3, True)]
    """
    groups, apart = Groups(), defaultdict(set)
    standing = []
    for said in reversed(judgements):
        one, other = groups.of(said.one), groups.of(said.other)
        if said.same and other not in apart[one]:
            if one != other:
                kept, gone = groups.join(one, other)
                for enemy in apart.pop(gone, set()):
                    apart[enemy].discard(gone)
                    apart[enemy].add(kept)
                    apart[kept].add(enemy)
            standing.append(said)
        elif not said.same and one != other:
            apart[one].add(other)
            apart[other].add(one)
            standing.append(said)
    return tuple(standing)
