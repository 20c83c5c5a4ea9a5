"""A dressed body: made once for a person, then put into the pose of every frame.

All solids are built at rest, each on one bone; a pose turns the bones. Patterns are painted on
the body at rest, so that they move with the limb that they are on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tacan.synthetic.people.population import Person
from tacan.synthetic.people.pose import (
    BONES,
    FIRST_UPRIGHT,
    PARENTS,
    Gait,
    bone_frames,
    carried,
    joint_angles,
)
from tacan.synthetic.people.wardrobe import dress
from tacan.synthetic.rendering.materials import Materials
from tacan.synthetic.rendering.solids import Solids

__all__ = ["Body", "build_body"]


@dataclass(frozen=True, slots=True)
class Body:
    """A person at rest: solids, the bone of each int64 [n], and joints float64 [bones, 3].

    `sole` are points under a foot against its joint, float64 [3, 3].
    """

    solids: Solids
    materials: Materials
    bones: np.ndarray
    joints: np.ndarray
    gait: Gait
    sole: np.ndarray

    def posed(
        self,
        *,
        phase: float,
        heading: float,
        place: tuple[float, float] = (0.0, 0.0),
        pace: float = 1.0,
        arms: str = "swing",
        nod: float = 0.0,
        owner: int = 1,
    ) -> Solids:
        """The body in the world: its feet on z = 0, the point between its feet at `place`.

        `heading` in radians on the ground from east towards north, `phase` in gait cycles of two
        steps, `pace` 1 for the person's usual stride and 0 for standing; `arms` and `nod` as in
        `joint_angles`.
        """
        angles = joint_angles(self.gait, phase=phase, pace=pace, arms=arms, nod=nod)
        turned, joints = bone_frames(angles, self.joints, PARENTS, FIRST_UPRIGHT)
        spread = abs(angles[BONES["left thigh"], 0] - angles[BONES["right thigh"], 0])
        turned[BONES["skirt"], :, 1] *= 1.0 + 0.25 * spread
        rest = self.solids
        frames, places = carried(
            rest.frame, rest.place, self.bones, self.joints, turned, joints, self.sole,
            heading - math.pi / 2, place[0], place[1],
        )  # fmt: skip
        owners = np.full(len(rest), owner, dtype=np.int32)
        return Solids(rest.kind, frames, places, rest.size, rest.texture, rest.material, owners)


def build_body(person: Person) -> Body:
    """The person at rest. Costs about as much as a picture: keep it for all frames."""
    solids, materials, bones, joints = dress(person)
    return Body(
        solids=solids,
        materials=materials,
        bones=bones,
        joints=joints,
        gait=person.gait,
        sole=_sole(joints, person.height),
    )


def _sole(joints: np.ndarray, height: float) -> np.ndarray:
    """Heel, ball and toes of a foot whose joint lies where `joints` say, for so tall a person."""
    drop = joints[BONES["left foot"], 2]
    sole = np.array([[0.0, -0.036, -drop], [0.0, 0.065, -drop], [0.0, 0.10, 0.012 - drop]])
    sole[:, 1] *= height
    return sole
