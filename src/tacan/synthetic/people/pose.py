"""How a body stands in one moment of its walk: angles of its joints, and where its bones are.

A body at rest stands upright on z = 0 with its arms hanging, x to its right and y forward.
A bone turns about its joint; positive pitch swings what hangs forward, positive roll swings what
hangs to the left, positive yaw turns to the left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from tacan.synthetic.rendering.compiled import KERNEL, LEAN

__all__ = [
    "ARMS",
    "BONES",
    "FIRST_UPRIGHT",
    "PARENTS",
    "Gait",
    "bone_frames",
    "carried",
    "joint_angles",
]

BONES: dict[str, int] = {
    "pelvis": 0,
    "chest": 1,
    "head": 2,
    "left arm": 3,
    "right arm": 4,
    "left forearm": 5,
    "right forearm": 6,
    "left thigh": 7,
    "right thigh": 8,
    "left shank": 9,
    "right shank": 10,
    "left foot": 11,
    "right foot": 12,
    "skirt": 13,
    "left hanging": 14,
    "right hanging": 15,
}
"""Rows of a skeleton. What hangs from a hand stays upright; a skirt widens with the stride."""

_N_BONES, _PELVIS, _CHEST, _HEAD = len(BONES), BONES["pelvis"], BONES["chest"], BONES["head"]
_RIGHT_ARM, _RIGHT_FOREARM = BONES["right arm"], BONES["right forearm"]
_RIGHT_THIGH, _RIGHT_SHANK = BONES["right thigh"], BONES["right shank"]
_LEFT_FOOT, _RIGHT_FOOT = BONES["left foot"], BONES["right foot"]

PARENTS = np.array([-1, 0, 1, 1, 1, 3, 4, 0, 0, 7, 8, 9, 10, 0, 5, 6])
FIRST_UPRIGHT = 13
"""The parent of each bone, and the first of those that turn with the body only."""

ARMS = ("swing", "pockets", "phone", "call", "straps", "carry", "still", "behind")
"""What a person does with the arms."""

_SWING, _POCKETS, _PHONE, _CALL, _STRAPS, _CARRY, _STILL, _BEHIND = range(len(ARMS))


@dataclass(frozen=True, slots=True)
class Gait:
    """How somebody walks: angles in radians.

    Attributes
    ----------
    stride
        How far a thigh swings to either side of the middle; 0 stands still.
    swing
        The same for the arms.
    lean
        How far the chest leans forward.
    bend
        How much the elbows are bent.
    toes
        How far the feet point outwards.
    """

    stride: float = 0.38
    swing: float = 0.35
    lean: float = 0.04
    bend: float = 0.25
    toes: float = 0.1


def joint_angles(
    gait: Gait, *, phase: float, pace: float = 1.0, arms: str = "swing", nod: float = 0.0
) -> np.ndarray:
    """Pitch, roll and yaw of each bone against its parent, float64 [bones, 3].

    `phase` counts gait cycles of two steps: at a whole number the right heel meets the ground.
    `pace` multiplies the stride, `arms` is one of `ARMS`, and `nod` lowers the head.
    """
    stride = gait.stride * pace
    return _angles(
        stride, gait.swing, gait.lean, gait.bend, gait.toes, phase, ARMS.index(arms), nod
    )


@njit(**KERNEL)
def _angles(stride, swing, lean, bend, toes, phase, arms, nod):
    angles = np.zeros((_N_BONES, 3))
    pace = stride / 0.38
    for side in (-1, 1):
        # Bones of the left side stand just before those of the right.
        left = 1 if side < 0 else 0
        at = (phase + (0.0 if side > 0 else 0.5)) % 1.0
        hip, knee, ankle = _leg(at, pace)
        _set(angles, _RIGHT_THIGH - left, hip, 0.02 * side, -side * toes * 0.5)
        angles[_RIGHT_SHANK - left, 0] = -knee
        _set(angles, _RIGHT_FOOT - left, ankle, 0.0, -side * toes * 0.5)
        raised = -math.cos(2 * math.pi * (at - 0.02))
        pitch, roll, elbow, inward = _arm(arms, side, raised * swing * min(pace, 1.2), bend)
        _set(angles, _RIGHT_ARM - left, pitch, -side * roll, side * inward)
        angles[_RIGHT_FOREARM - left, 0] = elbow
    twist = 0.12 * pace * math.cos(2 * math.pi * phase)
    angles[_PELVIS, 2] = 0.5 * twist
    _set(angles, _CHEST, -lean, 0.02 * pace * math.sin(2 * math.pi * phase), -1.3 * twist)
    _set(angles, _HEAD, lean - nod, 0.0, 0.8 * twist)
    return angles


@njit(**LEAN)
def _set(angles, bone, pitch, roll, yaw):
    angles[bone, 0], angles[bone, 1], angles[bone, 2] = pitch, roll, yaw


@njit(**LEAN)
def _leg(at, pace):
    """Hip, knee and ankle of one leg, `at` 0 when its heel meets the ground, gone at 0.62."""
    hip = 0.06 * pace + 0.38 * pace * math.cos(2 * math.pi * at)
    knee = 0.05 + pace * (0.22 * _bump(at, 0.13, 0.08) + 0.98 * _bump(at, 0.72, 0.11))
    if at > 0.72:
        hip += 0.06 * pace * math.sin(math.pi * (at - 0.72) / 0.28)
    level = -hip + knee  # a foot parallel to the ground undoes what hip and knee turned
    flat = 1.0 - _bump(at, 0.66, 0.13)
    raised = 0.28 * pace * (_bump(at, 0.0, 0.06) + _bump(at, 1.0, 0.07))
    return hip, knee, flat * level * 0.9 + raised - 0.3 * pace * _bump(at, 0.64, 0.09)


@njit(**LEAN)
def _bump(at, middle, width):
    return math.exp(-(((at - middle) / width) ** 2))


@njit(**LEAN)
def _arm(arms, side, swing, bend):
    """Shoulder pitch, roll outwards, elbow, and yaw inwards of one arm; `arms` counts `ARMS`."""
    if arms == _POCKETS:
        return -0.22 + 0.1 * swing, 0.30, 0.62, 0.55
    if arms == _STRAPS:
        return -0.05 + 0.1 * swing, 0.16, 2.25, 0.25
    if arms == _BEHIND:
        return -0.45, 0.12, 0.25, 0.9
    if arms == _STILL:
        return 0.02, 0.09, 0.5 * bend, 0.1
    if side > 0 and arms == _PHONE:
        return 0.22 + 0.1 * swing, 0.10, 1.75, 0.45
    if side > 0 and arms == _CALL:
        return 0.55, 0.55, 2.35, 0.5
    if side > 0 and arms == _CARRY:
        return 0.15 + 0.15 * swing, 0.12, 1.45, 0.3
    return swing, 0.08, bend + 0.35 * max(swing, 0.0), 0.06


@njit(**KERNEL)
def bone_frames(angles, joints, parents, first_upright):
    """Rotations [bones, 3, 3] and places of the joints [bones, 3], from joints at rest.

    Bones from `first_upright` on keep the root's yaw only.
    """
    n = len(joints)
    turned = np.zeros((n, 3, 3))
    places = np.zeros((n, 3))
    own = np.zeros((3, 3))
    for i in range(n):
        p = parents[i]
        ca, sa = math.cos(angles[i, 0]), math.sin(angles[i, 0])
        cb, sb = math.cos(angles[i, 1]), math.sin(angles[i, 1])
        cc, sc = math.cos(angles[i, 2]), math.sin(angles[i, 2])
        # yaw after roll after pitch: Rz Ry Rx
        own[0, 0], own[0, 1], own[0, 2] = cc * cb, cc * sb * sa - sc * ca, cc * sb * ca + sc * sa
        own[1, 0], own[1, 1], own[1, 2] = sc * cb, sc * sb * sa + cc * ca, sc * sb * ca - cc * sa
        own[2, 0], own[2, 1], own[2, 2] = -sb, cb * sa, cb * ca
        if p < 0:
            places[i] = joints[i]
            turned[i] = own
            continue
        for r in range(3):
            places[i, r] = places[p, r]
            for k in range(3):
                places[i, r] += turned[p, r, k] * (joints[i, k] - joints[p, k])
        base = 0 if i >= first_upright else p
        for r in range(3):
            for c in range(3):
                for k in range(3):
                    turned[i, r, c] += turned[base, r, k] * own[k, c]
    return turned, places


@njit(**KERNEL)
def carried(frames, places, bones, rest, turned, joints, sole, turn, x, y):
    """Frames [n, 3, 3] and places [n, 3] in the world of solids on `bones` int64 [n].

    `frames` and `places` are theirs at rest, `rest` the joints'; `turned` and `joints` are what
    `bone_frames` gives. The body turns by `turn` about z to stand at (x, y), and the lowest of
    the points `sole` [k, 3], of either foot, on z = 0.
    """
    lowest = math.inf
    for foot in (_LEFT_FOOT, _RIGHT_FOOT):
        for k in range(len(sole)):
            height = joints[foot, 2]
            for c in range(3):
                height += turned[foot, 2, c] * sole[k, c]
            lowest = min(lowest, height)
    cos, sin = math.cos(turn), math.sin(turn)
    new_frames, new_places = np.empty_like(frames), np.empty_like(places)
    own = np.empty((3, 3))
    for i in range(len(bones)):
        b = bones[i]
        for c in range(3):
            own[0, c] = cos * turned[b, 0, c] - sin * turned[b, 1, c]
            own[1, c] = sin * turned[b, 0, c] + cos * turned[b, 1, c]
            own[2, c] = turned[b, 2, c]
        new_places[i, 0] = x + cos * joints[b, 0] - sin * joints[b, 1]
        new_places[i, 1] = y + sin * joints[b, 0] + cos * joints[b, 1]
        new_places[i, 2] = joints[b, 2] - lowest
        for r in range(3):
            for k in range(3):
                new_places[i, r] += own[r, k] * (places[i, k] - rest[b, k])
                new_frames[i, r, k] = (
                    own[r, 0] * frames[i, 0, k]
                    + own[r, 1] * frames[i, 1, k]
                    + own[r, 2] * frames[i, 2, k]
                )
    return new_frames, new_places
