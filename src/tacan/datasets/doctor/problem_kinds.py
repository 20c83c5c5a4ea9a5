"""Every problem that the doctor knows: what it is, what it does to results, how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["PROBLEM_KINDS", "ProblemKind"]

_UNPACK = "Unpack the archive again; if it comes out the same, fetch the archive again."
_SHORTER = "These tracklets are shorter than everybody else's: results can't be compared."
_INFO = "Copy the info folder again: tables and name lists of one release belong together."


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """`severity` is `error` where results change or can't be had, else `warning`."""

    severity: Literal["error", "warning"]
    what: str
    meaning: str
    remedy: str


PROBLEM_KINDS: dict[str, ProblemKind] = {
    "layout": ProblemKind(
        "error",
        "the root is not laid out as this data set is",
        "Nothing can be read.",
        "Give the folder that holds what is missing, or complete the copy.",
    ),
    "unreadable": ProblemKind(
        "error",
        "links that lead nowhere, folders and files that can't be read",
        "What they hold, or would lead to, is missing: a crop, a walk, or a person.",
        "Restore them, their permissions, or what they lead to; or remove them.",
    ),
    "folder-depth": ProblemKind(
        "error",
        "crops in folders that lie deeper than this data set's",
        "They belong to no tracklet, and are not read.",
        "Move them up to where the layout has them, or out of the data set; or give their folder's "
        "own root.",
    ),
    "crop-loose": ProblemKind(
        "error",
        "crops that lie outside of the folders of people and tracklets",
        "They belong to no tracklet, and are not read: a walk may be missing, or shorter.",
        "Move them down to where they belong, or out of the data set.",
    ),
    "tables": ProblemKind(
        "error",
        "a table or list can't be read, or contradicts itself",
        "Nobody knows which frames make a tracklet, whose it is, or what is a query.",
        _INFO,
    ),
    "names-short": ProblemKind(
        "error",
        "the track table reaches beyond its name list",
        "The last tracklets can't be read; the others may be shifted.",
        _INFO,
    ),
    "names-unused": ProblemKind(
        "error",
        "names in the list belong to no tracklet of the table",
        "Crops are left out, and a name too many shifts all tracklets after it.",
        _INFO,
    ),
    "name-pattern": ProblemKind(
        "error",
        "names that don't follow the data set's pattern",
        "These crops have no known person, camera or place in time, and can't be read.",
        "Rename them as they were in the archive, or remove them.",
    ),
    "pid-mismatch": ProblemKind(
        "error",
        "crops under another person's number",
        "They would count as wrong answers that are right, or right ones that are wrong.",
        _UNPACK,
    ),
    "pid-zero": ProblemKind(
        "warning",
        "tracklets of pid 0, which means distractors",
        "They are nobody's right answer, count as no query, and nothing is learned from them.",
        "If they are a person, give that person another number, from 1 on.",
    ),
    "pid-minus-one": ProblemKind(
        "warning",
        "tracklets of pid -1, which means junk",
        "They are ignored in every ranking, count as no query, and nothing is learned from them.",
        "If they are people, number them, from 1 on.",
    ),
    "camera-mismatch": ProblemKind(
        "error",
        "tracklets with crops of another camera than their own",
        "Answers from the query's own camera then count: Rank-1 rises by some ten points.",
        _UNPACK,
    ),
    "tracklet-mixed": ProblemKind(
        "error",
        "tracklets put together from several, or told apart nowhere",
        "One embedding would average over different walks.",
        _UNPACK,
    ),
    "frame-order": ProblemKind(
        "error",
        "tracklets whose frames are not listed in the order of time",
        "Clips would be cut from shuffled frames.",
        _INFO,
    ),
    "frame-twice": ProblemKind(
        "error",
        "frame numbers that a tracklet has twice",
        "The order of time is not known.",
        "Remove or renumber one of each.",
    ),
    "frame-gap": ProblemKind(
        "warning",
        "tracklets with gaps in their frame numbers",
        "Crops are probably missing; results change a little.",
        _UNPACK,
    ),
    "crop-missing": ProblemKind(
        "error", "crops in the lists that are not on disk", _SHORTER, _UNPACK
    ),
    "crop-stray": ProblemKind(
        "warning",
        "crops on disk that belong to no tracklet",
        "They are not read, so results stand; but this copy has been changed.",
        "Remove them, or put them back where they were in the archive.",
    ),
    "crop-empty": ProblemKind("error", "crops of zero bytes", _SHORTER, _UNPACK),
    "crop-damaged": ProblemKind("error", "crops that can't be decoded", _SHORTER, _UNPACK),
    "folder-empty": ProblemKind(
        "error", "folders without a crop", "Their tracklets can't be read.", _UNPACK
    ),
    "folder-missing": ProblemKind(
        "error",
        "people of the lists without a folder",
        "Their tracklets can't be read.",
        _UNPACK,
    ),
    "person-twice": ProblemKind(
        "error",
        "people with two folders",
        "One person would count as two.",
        "Merge the folders.",
    ),
    "camera-missing": ProblemKind(
        "error",
        "people who are missing from one of the two cameras",
        "They have no right answer, and every split after them is shifted.",
        _UNPACK,
    ),
    "identity-leak": ProblemKind(
        "error",
        "people both in training and in the test",
        "Results are too good: the test asks about people that were learned.",
        _UNPACK,
    ),
    "query-choice": ProblemKind(
        "error",
        "a person and camera with no query or with several",
        "The queries are not the official ones (an index counted from 0 does this).",
        "Copy query_IDX.mat again. It counts from 1.",
    ),
    "query-copy": ProblemKind(
        "error",
        "query tracklets without their copy in the gallery",
        "The gallery is smaller than everybody else's.",
        _UNPACK,
    ),
    "splits-missing": ProblemKind(
        "error",
        "the published splits are not there",
        "Published results are means over them; other halves can't be compared.",
        "Put the file in the root, or name it with --splits-file.",
    ),
    "splits": ProblemKind(
        "error",
        "the splits file is damaged or doesn't fit the people",
        "Other people are trained on and tested than in published results.",
        "Restore the published file, and check that no person is missing.",
    ),
    "sequence-short": ProblemKind(
        "error",
        "people of prid-178 with fewer than 27 frames in a camera",
        "Crops are missing, or the splits are not PRID-2011's.",
        _UNPACK,
    ),
    "duplicate": ProblemKind(
        "warning",
        "crops of one person that are the same file twice",
        "They count twice in a tracklet's mean, or make a match trivial.",
        "Compare with the archive; remove what was added.",
    ),
    "duplicate-people": ProblemKind(
        "warning",
        "crops of different people that are the same file",
        "One of each is under the wrong person, unless the archive has it so.",
        "Compare with the archive; remove what was added.",
    ),
    "duplicate-splits": ProblemKind(
        "error",
        "crops that are the same file in training and in the test",
        "Results are too good: the test shows pictures that were learned.",
        "Compare with the archive; remove what was added.",
    ),
    "counts": ProblemKind(
        "error",
        "numbers that differ from those that this data set has",
        "Results on this copy can't be compared with published ones.",
        "Mend those above; if there are none, this is a part of the data or another release.",
    ),
    "reader": ProblemKind(
        "error",
        "the reader refuses this copy",
        "Nothing can be read.",
        "Do what its message says.",
    ),
}
"""Every code that a finding can have."""
