"""Draws the pictures of a planned scene, and measures how much of its person they show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from tacan.synthetic.backdrop import paint_backdrop
from tacan.synthetic.cameras import Camera, take_picture
from tacan.synthetic.figure import draw_figure
from tacan.synthetic.objects import draw_object
from tacan.synthetic.people import Person
from tacan.synthetic.scene import Occluder, Scene, Walker

__all__ = ["Studio"]


@dataclass
class Studio:
    """People, cameras and a crop size: all that a scene needs to become pictures.

    Backdrops are painted when first used and kept. Figures are drawn larger than the crop and
    reduced, which smooths their edges.
    """

    people: tuple[Person, ...]
    cameras: tuple[Camera, ...]
    height: int
    width: int
    _backdrops: dict[int, Image.Image] = field(default_factory=dict)

    @property
    def _finer(self) -> int:
        return 2 if self.height >= 96 else 3

    def pictures(
        self, scene: Scene, *, rng: np.random.Generator
    ) -> Iterator[tuple[np.ndarray, float]]:
        """For each frame the crop, uint8 [height, width, 3], and the visibility in it.

        Visibility = pixels of the person that lie within the crop and are not covered, divided by
        all pixels of the person: 0 to 1, and 0 where there is no person. `rng` draws the
        sensor's noise.
        """
        camera = self.cameras[scene.camid - 1]
        objects = [self._object(thing) for thing in scene.before]
        for frame in range(scene.n_frames):
            picture = self._view(scene, frame)
            for walker in scene.behind:
                self._place(picture, *self._figure(walker, frame))
            shown = Image.new("L", picture.size)
            whole = 0.0
            if scene.target is not None:
                sprite, corner = self._figure(scene.target, frame)
                self._place(picture, sprite, corner)
                alpha = sprite.getchannel("A")
                shown.paste(alpha, corner)
                whole = float(np.asarray(alpha).sum(dtype=np.int64))
            for thing, drawn in zip(scene.before, objects, strict=True):
                if thing.shown(frame):
                    sprite, corner = self._occluder(thing, drawn, frame)
                    self._place(picture, sprite, corner)
                    shown.paste(0, corner, sprite.getchannel("A"))
            seen = float(np.asarray(shown).sum(dtype=np.int64))
            crop = take_picture(picture.reduce(self._finer), camera, light=scene.light, rng=rng)
            yield crop, seen / whole if whole else 0.0

    def _view(self, scene: Scene, frame: int) -> Image.Image:
        backdrop = self._backdrop(scene.camid)
        width, height = self.width * self._finer, self.height * self._finer
        across, down = scene.view[frame]
        x = round(across * (backdrop.width - width))
        y = round(down * (backdrop.height - height))
        return backdrop.crop((x, y, x + width, y + height))

    def _backdrop(self, camid: int) -> Image.Image:
        if camid not in self._backdrops:
            rows = self.height * self._finer
            self._backdrops[camid] = paint_backdrop(self.cameras[camid - 1], height=rows)
        return self._backdrops[camid]

    def _figure(self, walker: Walker, frame: int) -> tuple[Image.Image, tuple[int, int]]:
        height = round(walker.size[frame] * self.height * self._finer)
        sprite = draw_figure(
            self.people[walker.person],
            heading=walker.heading,
            phase=float(walker.phase[frame]),
            height=height,
        )
        return sprite, self._corner(sprite, float(walker.x[frame]), float(walker.foot[frame]))

    def _object(self, thing: Occluder) -> Image.Image | None:
        if thing.walker is not None:
            return None
        height = round(thing.size * self.height * self._finer)
        return draw_object(thing.kind, height=height, seed=thing.seed)

    def _occluder(
        self, thing: Occluder, drawn: Image.Image | None, frame: int
    ) -> tuple[Image.Image, tuple[int, int]]:
        at = frame - thing.start
        if thing.walker is not None:
            return self._figure(thing.walker, at)
        sprite = drawn if drawn is not None else Image.new("RGBA", (1, 1))
        return sprite, self._corner(sprite, float(thing.x[at]), thing.foot)

    def _corner(self, sprite: Image.Image, x: float, foot: float) -> tuple[int, int]:
        rows = self.height * self._finer
        left = self.width * self._finer / 2 + x * rows - sprite.width / 2
        return round(left), round(foot * rows - sprite.height)

    @staticmethod
    def _place(picture: Image.Image, sprite: Image.Image, corner: tuple[int, int]) -> None:
        picture.paste(sprite, corner, sprite)
