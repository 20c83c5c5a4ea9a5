"""Draws the pictures of one camera of a site, and notes who is where in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tacan.synthetic.people.body_cache import BodyCache, Painted, pixels_alone
from tacan.synthetic.people.population import make_people
from tacan.synthetic.places.backdrop import paint_backdrops, sunlit
from tacan.synthetic.places.degradations import take_picture
from tacan.synthetic.places.fixtures import standing
from tacan.synthetic.rendering.materials import assemble
from tacan.synthetic.rendering.raster import Picture, bounds, draw
from tacan.synthetic.rendering.solids import Solids
from tacan.synthetic.scenes.routes import make_routes
from tacan.synthetic.scenes.scene_settings import SceneSettings
from tacan.synthetic.scenes.site import View, make_site
from tacan.video.encode import write_video

__all__ = ["CameraRenderer", "VisiblePerson"]

_STREAM_NOISE = 63
_NEAREST = 0.6
"""Who comes nearer to a lens than this, in metres, is left out of its picture."""


@dataclass(frozen=True, slots=True)
class VisiblePerson:
    """One person in one frame (counted from 0).

    `box` is the whole person's, x1, y1, x2, y2 in pixels, covered parts included; it may reach
    beyond the picture. `visibility` is the share of the person's pixels that are seen.
    """

    frame: int
    person: int
    box: tuple[float, float, float, float]
    visibility: float


class CameraRenderer:
    """Films a site; each camera is the same whoever films it and when. People count from 1."""

    def __init__(self, root: Path, settings: SceneSettings) -> None:
        self.root = root
        self.settings = settings
        self.site = make_site(settings)
        self.routes = make_routes(settings, self.site)
        self.bodies = BodyCache(make_people(settings.people, seed=settings.seed))
        self.fixtures = standing(self.site.place.fixtures)

    def draw(self, index: int) -> list[VisiblePerson]:
        """Writes the video of camera number `index` (from 0); returns who was in its pictures."""
        view = self.site.views[index]
        visible: list[VisiblePerson] = []
        write_video(
            self.root / f"{view.name}.mp4",
            self._frames(index, visible),
            fps=self.settings.fps,
            size=(self.settings.width, self.settings.height),
        )
        return visible

    def compile(self) -> None:
        """Draws one picture and writes nothing."""
        next(self._frames(0, []))

    def _frames(self, index: int, visible: list[VisiblePerson]) -> Iterator[np.ndarray]:
        view = self.site.views[index]
        # What stands about is drawn anew with the people, who may go behind it.
        empty = replace(self.site.place, fixtures=())
        [backdrop] = paint_backdrops(empty, view.lens, [self.site.light])
        colour, ground = backdrop.layers[..., :3].copy(), backdrop.layers[..., 3] > 0.5
        # The stream's own compression takes the place of the camera's.
        look = replace(view.look, compression=0, shutter=0.0)
        rng = np.random.default_rng([self.settings.seed, _STREAM_NOISE, index])
        for frame in range(self.settings.n_frames):
            picture, found = self.picture(view, frame, colour, ground)
            visible.extend(found)
            yield take_picture(
                picture.colour,
                look,
                gain=look.gain(backdrop.brightness),
                smear=(0.0, 0.0),
                size=None,
                rng=rng,
            )

    def picture(
        self, view: View, frame: int, colour: np.ndarray, ground: np.ndarray
    ) -> tuple[Picture, list[VisiblePerson]]:
        """What a camera sees of one frame before its backdrop: owners are people's numbers."""
        bodies = self._bodies(view, frame)
        solids, materials = assemble([self.fixtures, *bodies.values()])
        light = self.site.light
        if bodies:
            spots = np.array([self.routes[person - 1].place[frame] for person in bodies])
            lit = float(sunlit(spots, self.site.place).mean())
            light = replace(light, sun_colour=light.sun_colour * lit)
        drawn = draw(solids, materials, view.lens, light, backdrop=colour, ground=ground)
        pixels = np.bincount(drawn.owner.ravel() + 1, minlength=self.settings.people + 2)
        found = []
        for person, (body, _) in bodies.items():
            person = _visible_person(frame, person, body, view, int(pixels[person + 1]))
            if person is not None:
                found.append(person)
        return drawn, found

    def _bodies(self, view: View, frame: int) -> dict[int, Painted]:
        """The bodies before a lens, by the people's numbers."""
        bodies = {}
        for person, route in enumerate(self.routes, start=1):
            x, y = route.place[frame]
            pixels, depth = view.lens.project(np.array([(x, y, 0.0), (x, y, 1.8)]))
            margin = abs(pixels[1, 1] - pixels[0, 1])
            if depth.min() < _NEAREST or not -margin < pixels[0, 0] < view.lens.width + margin:
                continue
            bodies[person] = self.bodies.pose(
                person - 1,
                phase=float(route.phase[frame]),
                heading=float(route.heading[frame]),
                place=(float(x), float(y)),
                pace=min(max(route.speed[frame] - 0.1, 0.0) / 1.1, 1.25) ** 0.7,
                arms=route.arms,
                nod=0.05,
                owner=person,
            )
        return bodies


def _visible_person(
    frame: int, person: int, body: Solids, view: View, seen: int
) -> VisiblePerson | None:
    """None for somebody of whom no part lies within the picture."""
    box = bounds(body, view.lens)
    lens = view.lens
    if box is None or box[0] >= lens.width or box[2] <= 0 or box[1] >= lens.height or box[3] <= 0:
        return None
    if not seen:
        return VisiblePerson(frame, person, box, 0.0)
    shares = box[0] / lens.width, box[1] / lens.height, box[2] / lens.width, box[3] / lens.height
    return VisiblePerson(
        frame, person, box, min(1.0, seen / max(pixels_alone(body, lens, shares), 1))
    )
