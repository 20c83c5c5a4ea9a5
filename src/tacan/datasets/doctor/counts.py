"""The numbers that a whole copy of each data set has, and how a copy is held against them."""

from __future__ import annotations

import json
from pathlib import Path

from tacan.datasets.doctor.findings import Counts
from tacan.datasets.layouts import MANIFEST
from tacan.files import read_ordinary_file
from tacan.text import counted

__all__ = ["OFFICIAL_COUNTS", "compare_counts", "expected_counts"]

OFFICIAL_COUNTS: dict[str, Counts] = {
    "mars": {
        "train": {"tracklets": 8298, "identities": 625, "frames": 509_914, "cameras": 6},
        "test": {
            "tracklets": 12_180,
            "identities": 634,
            "frames": 681_089,
            "cameras": 6,
            "distractors": 3248,
            "junk": 870,
            "queries": 1980,
        },
    },
    "ilids-vid": {"all": {"identities": 300, "tracklets": 600}, "splits": {"splits": 10}},
    "prid2011": {
        "all": {"identities": 200},
        "splits": {"splits": 10, "identities": 178},
    },
    "duke-video": {
        "train": {"tracklets": 2196, "identities": 702},
        "query": {"tracklets": 702, "identities": 702},
        "test": {"tracklets": 2636, "identities": 702, "distractors": 408},
    },
}
"""Published counts. `distractors` are tracklets in MARS, people in Duke, whose `test` is the
gallery, which holds the queries too."""

LARGEST_MANIFEST = 2**26
"""Bytes; a larger one is none of ours."""

_ONE = {"identities": "identity", "queries": "query", "junk": "junk"}


def expected_counts(dataset: str, root: Path) -> tuple[Counts, str]:
    """The counts that a whole copy has, and where they are from: `manifest` for a generated data
    set, else `official`, else `none`."""
    try:
        manifest = json.loads(read_ordinary_file(root / MANIFEST, at_most=LARGEST_MANIFEST))
        return {
            str(part): {str(kind): int(number) for kind, number in counts.items()}
            for part, counts in manifest["counts"].items()
        }, "manifest"
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ):
        official = OFFICIAL_COUNTS.get(dataset, {})
        return official, "official" if official else "none"


def compare_counts(found: Counts, expected: Counts) -> list[str]:
    """A sentence for every number that is in both and differs.

    >>> compare_counts({"test": {"tracklets": 7, "frames": 3}}, {"test": {"tracklets": 8}})
    ['test: 7 tracklets instead of 8']
    """
    return [
        f"{part}: {_named(found[part][kind], kind)} instead of {number:,}"
        for part, numbers in expected.items()
        for kind, number in numbers.items()
        if part in found and kind in found[part] and found[part][kind] != number
    ]


def _named(number: int, kind: str) -> str:
    return counted(number, _ONE.get(kind, kind.removesuffix("s")), kind)
