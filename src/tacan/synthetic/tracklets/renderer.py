"""Draws the pictures of a planned scene, and measures how much of its person they show."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from tacan.synthetic.people.body_cache import BodyCache, Painted, pixels_alone
from tacan.synthetic.people.population import Person
from tacan.synthetic.people.walking import Walker
from tacan.synthetic.places.backdrop import Backdrop, paint_backdrops, sunlit
from tacan.synthetic.places.backdrop_cutting import cut
from tacan.synthetic.places.degradations import take_picture
from tacan.synthetic.places.ground_plans import Place
from tacan.synthetic.places.objects import build_thing
from tacan.synthetic.places.placed_cameras import Camera
from tacan.synthetic.rendering.lens import Lens
from tacan.synthetic.rendering.light import Light
from tacan.synthetic.rendering.materials import assemble
from tacan.synthetic.rendering.raster import bounds, draw
from tacan.synthetic.rendering.solids import SCENERY
from tacan.synthetic.tracklets.occluders import Placed
from tacan.synthetic.tracklets.tracker_errors import Box, box_at
from tacan.synthetic.tracklets.tracklet_plan import Scene

__all__ = ["KEPT_CAMERAS", "Renderer", "Shot"]

KEPT_CAMERAS = 8
"""How many cameras' backdrops are kept, at some 10 MB each."""

_TARGET = 1
_NOWHERE = (math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Shot:
    """One crop and what is known about it.

    Attributes
    ----------
    crop
        uint8 [height, width, 3].
    visibility
        Pixels of the person that the crop shows, by all pixels they would fill if nothing else
        were there and the crop went on: 0 to 1, and 0 where there is no person.
    box
        The whole person's box in the crop, x1, y1, x2, y2 as shares of its width and height,
        which may reach beyond it; four times NaN where there is no person.
    mask
        bool [h, w]: which pixels of the sensor, before the crop was enlarged to its size, show the
        person.
    """

    crop: np.ndarray
    visibility: float
    box: tuple[float, float, float, float]
    mask: np.ndarray


@dataclass
class Renderer:
    """People, cameras and a crop size: all that a scene needs to become pictures.

    A camera's backdrops, one for each of its lights, are painted when first used. Those of the
    last `KEPT_CAMERAS` are kept, so that people are best drawn camera by camera.
    """

    people: tuple[Person, ...]
    cameras: tuple[Camera, ...]
    height: int
    width: int
    _backdrops: dict[int, list[Backdrop]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bodies = BodyCache(self.people)

    def put_before(self, place: Place, *, camid: int) -> None:
        """Paints what is behind the people of a camera as that of another place.

        The camera with its lights and faults, people, things and the light on them stay, so that
        the same scene can be drawn before several backgrounds.
        """
        camera = self.cameras[camid - 1]
        self._backdrops.pop(camid, None)
        while len(self._backdrops) >= KEPT_CAMERAS:
            del self._backdrops[next(iter(self._backdrops))]
        self._backdrops[camid] = paint_backdrops(place, camera.lens, camera.lights)

    def pictures(self, scene: Scene, *, rng: np.random.Generator) -> Iterator[Shot]:
        """One shot for each frame. `rng` draws the sensor's noise."""
        camera = self.cameras[scene.camid - 1]
        lit = _sun_on(scene, camera)
        things = [
            build_thing(thing.kind, size=thing.size, seed=thing.seed) for thing in scene.things
        ]
        for frame in range(scene.n_frames):
            yield self._shot(scene, camera, frame, lit[frame], things, rng)

    def _shot(
        self,
        scene: Scene,
        camera: Camera,
        frame: int,
        light: Light,
        things: list[Painted],
        rng: np.random.Generator,
    ) -> Shot:
        target = self._body(scene.target, frame, _TARGET)
        true = _outline(scene.target, target, camera, frame)
        box = self._box(scene, camera, frame, true)
        height, width = self._sensor(box)
        lens = camera.lens.window(box, height=height, width=width)
        world = [] if target is None else [target]
        world += self._others(scene, frame, lens)
        world += [
            _set_up(thing, plan, frame)
            for thing, plan in zip(things, scene.things, strict=True)
            if plan.shown(frame)
        ]
        solids, materials = assemble(world)
        backdrop = self._backdrop(camera, scene.hour)
        picture, ground = cut(backdrop.layers, box, height=height, width=width)
        drawn = draw(solids, materials, lens, light, backdrop=picture, ground=ground)
        crop = take_picture(
            drawn.colour,
            camera.look,
            gain=scene.level * camera.look.gain(backdrop.brightness),
            smear=_motion(scene.target, frame, lens),
            size=(self.height, self.width),
            rng=rng,
        )
        if target is None:
            return Shot(crop, 0.0, _NOWHERE, np.zeros((height, width), dtype=np.bool_))
        mask = drawn.owner == _TARGET
        seen = int(np.count_nonzero(mask))
        inside = _inside(true, box)
        whole = pixels_alone(target[0], lens, inside) if seen else 1
        return Shot(crop, min(1.0, seen / max(whole, 1)), inside, mask)

    def _body(self, walker: Walker, frame: int, owner: int) -> Painted | None:
        if walker.person is None:
            return None
        at = frame - walker.start
        return self.bodies.pose(
            walker.person,
            phase=float(walker.phase[at]),
            heading=float(walker.heading[at]),
            place=(float(walker.place[at, 0]), float(walker.place[at, 1])),
            pace=walker.pace,
            arms=walker.arms,
            nod=walker.nod,
            owner=owner,
        )

    def _others(self, scene: Scene, frame: int, lens: Lens) -> list[Painted]:
        """The bodies of the others that may be in the picture or throw a shadow into it."""
        bodies = []
        for number, walker in enumerate(scene.others, start=_TARGET + 1):
            if not walker.shown(frame):
                continue
            x, y = walker.place[frame - walker.start].tolist()
            (x1, y1, near), (x2, y2, far) = lens.pixel_of(x, y, 0.0), lens.pixel_of(x, y, 1.8)
            margin = 1.2 * abs(y2 - y1)
            if min(near, far) < 0.5 or not _touches((x1, x2), lens.width, margin):
                continue
            if not _touches((y1, y2), lens.height, margin):
                continue
            body = self._body(walker, frame, number)
            if body is not None:
                bodies.append(body)
        return bodies

    def _box(self, scene: Scene, camera: Camera, frame: int, true: Box) -> Box:
        neighbour = None
        if scene.errors.drift[frame] > 0:
            other = scene.others[scene.errors.onto]
            if other.shown(frame):
                neighbour = _outline(other, self._body(other, frame, _TARGET), camera, frame)
        size = (camera.lens.height, camera.lens.width)
        return box_at(true, neighbour, scene.errors, frame, camera.boxing, size)

    def _sensor(self, box: Box) -> tuple[int, int]:
        """A box's height and width on the sensor, but no more than the crop ends with."""
        height = min(max(round(box[3] - box[1]), 12), self.height)
        width = min(max(round(box[2] - box[0]), 6), self.width)
        return height, width

    def _backdrop(self, camera: Camera, hour: int) -> Backdrop:
        if camera.camid not in self._backdrops:
            if len(self._backdrops) == KEPT_CAMERAS:
                del self._backdrops[next(iter(self._backdrops))]  # the oldest
            self._backdrops[camera.camid] = paint_backdrops(
                camera.place, camera.lens, camera.lights
            )
        return self._backdrops[camera.camid][hour]


def _touches(ends: tuple[float, float], size: int, margin: float) -> bool:
    """Whether something between two pixels reaches a picture of `size` pixels, with `margin`."""
    return max(ends) >= -margin and min(ends) <= size + margin


def _sun_on(scene: Scene, camera: Camera) -> list[Light]:
    """The light on the target in each frame: less sun where the ground they stand on has less."""
    light = camera.lights[scene.hour]
    share = sunlit(scene.target.place, camera.place)
    return [replace(light, sun_colour=light.sun_colour * lit) for lit in share]


def _outline(walker: Walker, body: Painted | None, camera: Camera, frame: int) -> Box:
    """The box that just holds somebody, or would hold a person where there is none."""
    found = None if body is None else bounds(body[0], camera.lens)
    if found is not None:
        return found
    x, y = walker.place[frame - walker.start]
    pixels, _ = camera.lens.project(np.array([(x, y, 0.0), (x, y, 1.72)]))
    (x1, y1), (x2, y2) = pixels
    half = 0.2 * abs(y1 - y2) + 1.0
    return (x1 + x2) / 2 - half, min(y1, y2), (x1 + x2) / 2 + half, max(y1, y2)


def _set_up(thing: Painted, plan: Placed, frame: int) -> Painted:
    x, y = plan.place[frame - plan.start]
    return thing[0].moved(plan.turn, (float(x), float(y), 0.0)).owned(SCENERY), thing[1]


def _inside(true: Box, box: Box) -> Box:
    """A box of the camera's picture in shares of another's breadth and height."""
    across, down = box[2] - box[0], box[3] - box[1]
    return (
        (true[0] - box[0]) / across,
        (true[1] - box[1]) / down,
        (true[2] - box[0]) / across,
        (true[3] - box[1]) / down,
    )


def _motion(walker: Walker, frame: int, lens: Lens) -> tuple[float, float]:
    """How far the person moves across and down the crop in a second, in its pixels."""
    at = frame - walker.start
    x, y = walker.place[at].tolist()
    way, heading = 0.1 * walker.speed, float(walker.heading[at])
    here = lens.pixel_of(x, y, 0.9)
    there = lens.pixel_of(x + way * math.cos(heading), y + way * math.sin(heading), 0.9)
    if min(here[2], there[2]) < 0.3:
        return 0.0, 0.0
    return 10 * (there[0] - here[0]), 10 * (there[1] - here[1])
