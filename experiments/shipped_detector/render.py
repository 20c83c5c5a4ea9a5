"""Pictures of generated people in generated places, with a box for each person.

    python experiments/shipped_detector/render.py pictures --places 600

Each place is seen by one camera, which takes eight pictures of other people. Beside each picture
NAME.jpg stand NAME.png, the pixels that show people, and NAME.json: for each person the whole box
and the box of what is seen (x1, y1, x2, y2 each, in pixels), and the share that is seen. Places
that are there already are not drawn again.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from tacan.synthetic.people.body_cache import BodyCache, Painted, pixels_alone
from tacan.synthetic.people.population import make_people
from tacan.synthetic.people.walking import habit
from tacan.synthetic.places.backdrop import paint_backdrops, sunlit
from tacan.synthetic.places.degradations import make_look, take_picture
from tacan.synthetic.places.fixtures import standing
from tacan.synthetic.places.ground_plans import PLACES, Place, make_place
from tacan.synthetic.rendering.lens import Lens, looking
from tacan.synthetic.rendering.light import Light, make_light
from tacan.synthetic.rendering.materials import assemble
from tacan.synthetic.rendering.raster import Picture, bounds, draw

SIZES = ((384, 512), (432, 576), (416, 416), (360, 640))
"""Height and width of pictures."""
COUNTS = (0, 1, 2, 4, 8, 14, 24)
COUNT_ODDS = (0.08, 0.12, 0.2, 0.25, 0.2, 0.1, 0.05)
PICTURES_PER_PLACE = 8
PEOPLE_PER_PLACE = 14
_STREAM = 4711
_LEAST_HEIGHT = 12
"""Pixels: whoever is smaller in the picture is left out of it."""
_APART = 0.45
"""Metres between two people's middles."""

Bodies = dict[int, tuple[Painted, tuple[float, float]]]
"""People of a picture by their numbers from 1: the body and where it stands, in metres."""


@dataclass(frozen=True)
class View:
    """A place through one lens. The place spans `half` by `deep` metres each way."""

    place: Place
    lens: Lens
    light: Light
    half: float
    deep: float


def make_view(rng: np.random.Generator) -> View:
    """Any kind of place, with a camera at a height that suits it."""
    height, width = SIZES[rng.integers(len(SIZES))]
    kind = tuple(PLACES)[rng.integers(len(PLACES))]
    half, deep = rng.uniform(8, 16), rng.uniform(7, 14)
    place = make_place(
        kind, rng, bounds=(-half, -deep, half, deep), keep_free=(0.0, 0.0, 0.0), ahead=-deep
    )
    light = make_light(place.moods[0], rng)
    above = rng.uniform(1.4, 2.9) if PLACES[kind].ceiling > 0 else rng.uniform(1.4, 6.5)
    eye = (rng.uniform(-half * 0.5, half * 0.5), -deep + 0.5, above)
    target = (rng.uniform(-3, 3), rng.uniform(-deep * 0.5, deep * 0.5))
    away = math.hypot(target[0] - eye[0], target[1] - eye[1])
    fov = rng.uniform(0.35, 1.2)
    lens = looking(
        eye,
        yaw=math.atan2(target[1] - eye[1], target[0] - eye[0]),
        pitch=math.atan2(above - 1.0, away) + rng.normal(0, 0.05),
        roll=float(rng.normal(0, 0.02)),
        fov=fov,
        height=height,
        width=width,
    )
    return View(place, lens, light, half, deep)


def place_people(view: View, cache: BodyCache, rng: np.random.Generator) -> Bodies:
    """A group of people about one spot, alone or in a crowd, each wholly or partly in view."""
    bodies: Bodies = {}
    half, deep = view.half * 0.6, view.deep
    count = int(rng.choice(COUNTS, p=COUNT_ODDS))
    middle = rng.uniform(-half, half), rng.uniform(-deep * 0.6, deep * 0.8)
    spread = rng.uniform(1, 9)
    for person in range(1, count + 1):
        for _ in range(20):
            x, y = middle[0] + rng.normal(0, spread), middle[1] + rng.normal(0, spread)
            if _in_view(view.lens, x, y) and not any(
                math.hypot(x - at[0], y - at[1]) < _APART for _, at in bodies.values()
            ):
                body = cache.pose(
                    int(rng.integers(len(cache.people))),
                    phase=float(rng.random()),
                    heading=float(rng.uniform(-math.pi, math.pi)),
                    place=(x, y),
                    pace=float(rng.choice([0.0, rng.uniform(0.5, 1.2)], p=[0.25, 0.75])),
                    arms=habit(rng),
                    nod=0.05,
                    owner=person,
                )
                bodies[person] = body, (x, y)
                break
    return bodies


def _in_view(lens: Lens, x: float, y: float) -> bool:
    pixels, depth = lens.project(np.array([(x, y, 0.0), (x, y, 1.75)]))
    tall = abs(pixels[0, 1] - pixels[1, 1])
    return bool(
        depth.min() >= 1.0
        and _LEAST_HEIGHT <= tall <= 1.3 * lens.height
        and -10 < pixels[0, 0] < lens.width + 10
        and pixels[0, 1] >= 5
        and pixels[1, 1] <= lens.height - 10
    )


def boxes_of(drawn: Picture, bodies: Bodies, lens: Lens) -> tuple[list[list[float]], list[float]]:
    """For each person in the picture whole box and seen box [8], and the share that is seen."""
    boxes: list[list[float]] = []
    shares: list[float] = []
    for person, ((body, _), _) in bodies.items():
        box = bounds(body, lens)
        if box is None or not (
            box[0] < lens.width and box[2] > 0 and box[1] < lens.height and box[3] > 0
        ):
            continue
        rows, columns = np.nonzero(drawn.owner == person)
        seen = (0, 0, 0, 0)
        share = 0.0
        if len(rows):
            seen = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
            relative = (
                box[0] / lens.width,
                box[1] / lens.height,
                box[2] / lens.width,
                box[3] / lens.height,
            )
            share = min(1.0, len(rows) / max(pixels_alone(body, lens, relative), 1))
        boxes.append([*map(float, box), *map(float, seen)])
        shares.append(share)
    return boxes, shares


def render_place(seed: int, out: Path) -> None:
    """Draws and writes the pictures of place number `seed`."""
    rng = np.random.default_rng([seed, _STREAM])
    view = make_view(rng)
    look = replace(make_look(rng), compression=0, shutter=0.0)
    fixtures = standing(view.place.fixtures)
    # What stands about is drawn with the people, who may go behind it.
    empty = replace(view.place, fixtures=())
    [backdrop] = paint_backdrops(empty, view.lens, [view.light])
    colour, ground = backdrop.layers[..., :3].copy(), backdrop.layers[..., 3] > 0.5
    cache = BodyCache(make_people(PEOPLE_PER_PLACE, seed=seed + 10**6))
    for number in range(PICTURES_PER_PLACE):
        bodies = place_people(view, cache, rng)
        solids, materials = assemble([fixtures, *(body for body, _ in bodies.values())])
        light = view.light
        if bodies:
            lit = float(sunlit(np.array([at for _, at in bodies.values()]), view.place).mean())
            light = replace(light, sun_colour=light.sun_colour * lit)
        drawn = draw(solids, materials, view.lens, light, backdrop=colour, ground=ground)
        image = take_picture(
            drawn.colour,
            look,
            gain=look.gain(backdrop.brightness),
            smear=(0.0, 0.0),
            size=None,
            rng=rng,
        )
        boxes, shares = boxes_of(drawn, bodies, view.lens)
        _write(out / f"{seed:06d}_{number}", image, drawn.owner > 0, boxes, shares)


def _write(
    stem: Path,
    image: NDArray[np.uint8],
    people: NDArray[np.bool_],
    boxes: list[list[float]],
    shares: list[float],
) -> None:
    jpeg = simplejpeg.encode_jpeg(np.ascontiguousarray(image), quality=95)
    stem.with_suffix(".jpg").write_bytes(jpeg)
    Image.fromarray((people * 255).astype(np.uint8)).convert("1").save(stem.with_suffix(".png"))
    truth = {"boxes": np.round(boxes, 1).tolist(), "seen": np.round(shares, 3).tolist()}
    stem.with_suffix(".json").write_text(json.dumps(truth), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--places", type=int, default=600)
    parser.add_argument("--first", type=int, default=0, help="number of the first place, its seed")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    for seed in range(chosen.first, chosen.first + chosen.places):
        if not (chosen.out / f"{seed:06d}_{PICTURES_PER_PLACE - 1}.json").exists():
            render_place(seed, chosen.out)
            print(f"place {seed}", flush=True)


if __name__ == "__main__":
    main()
