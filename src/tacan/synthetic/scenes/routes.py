"""How people go about a site: from one camera's zone to another's, past each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tacan.synthetic.people.walking import STRIDE, habit
from tacan.synthetic.random_choices import between
from tacan.synthetic.scenes.scene_settings import SceneSettings
from tacan.synthetic.scenes.site import Site

__all__ = ["Route", "make_routes"]

_STREAM = 62
_APART = 0.9
"""From how near people begin to make way for each other, in metres."""

_TURNS = 2.5
"""How fast a heading follows the way that is walked: its share that is made up in a second."""


@dataclass(frozen=True, slots=True)
class Route:
    """One person's way, for every frame: `place` [n, 2] metres, `heading` [n] radians, `phase`
    [n] gait cycles and `speed` [n] metres a second; and what they do with their `arms`.
    """

    place: np.ndarray
    heading: np.ndarray
    phase: np.ndarray
    speed: np.ndarray
    arms: str


@dataclass
class _Errand:
    """What somebody has in mind: goals (x, y, seconds to wait there), and how fast they walk."""

    goals: list[tuple[float, float, float]]
    pace: float
    waits: float = 0.0


def make_routes(settings: SceneSettings, site: Site) -> tuple[Route, ...]:
    """The ways of all people, who visit the zones in turn and walk around one another."""
    rng = np.random.default_rng([settings.seed, _STREAM])
    errands = [_errand(settings, site, rng) for _ in range(settings.people)]
    arms = [habit(rng) for _ in errands]
    places = _settle(np.array([errand.goals.pop(0)[:2] for errand in errands]), rng)
    n, step = settings.n_frames, 1.0 / settings.fps
    track = np.empty((n, len(errands), 2))
    speeds = np.zeros((len(errands), 2))
    for frame in range(n):
        track[frame] = places
        wish = np.stack([_wish(errand, places[i], step) for i, errand in enumerate(errands)])
        speeds += min(1.0, 4.0 * step) * (wish - speeds)
        places = places + step * (speeds + _give_way(places))
    firsts = rng.uniform(-np.pi, np.pi, len(errands))
    return tuple(
        _route(track[:, i], settings.fps, arms[i], float(firsts[i])) for i in range(len(errands))
    )


def _errand(settings: SceneSettings, site: Site, rng: np.random.Generator) -> _Errand:
    zones = [view.zone for view in site.views]
    at = int(rng.integers(len(zones)))
    way = int(rng.choice([-1, 1]))
    goals = []
    # Enough goals for the whole time, even for somebody fast who never waits.
    for _ in range(3 + int(settings.seconds * 2.0 / 5.0)):
        zone = zones[at]
        wait = between(rng, (0.5, 3.0)) if rng.random() < 0.2 else 0.0
        goals.append((zone.x + rng.uniform(-2.5, 2.5), zone.y + rng.uniform(-3.0, 3.0), wait))
        if not 0 <= at + way < len(zones):
            way = -way
        at = min(max(at + way, 0), len(zones) - 1)
    return _Errand(goals, float(np.clip(rng.normal(1.3, 0.2), 0.8, 1.8)))


def _settle(places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The first places, pushed apart so that nobody starts within somebody else."""
    places = places + rng.normal(0, 0.05, places.shape)
    for _ in range(60):
        places = places + 0.1 * _give_way(places)
    return places


def _wish(errand: _Errand, place: np.ndarray, step: float) -> np.ndarray:
    """The velocity that somebody wants, and the progress of their errand."""
    if errand.waits > 0:
        errand.waits -= step
        return np.zeros(2)
    x, y, wait = errand.goals[0]
    way = np.array((x, y)) - place
    far = float(np.hypot(*way))
    if far < 0.6:
        errand.waits = wait
        if len(errand.goals) > 1:
            errand.goals.pop(0)
        elif far < 0.1:
            return np.zeros(2)
    return errand.pace * way / max(far, 1e-6)


def _give_way(places: np.ndarray) -> np.ndarray:
    """Velocities [n, 2] that keep people apart; each passes the other on the right."""
    gaps = places[:, None] - places[None]
    far = np.hypot(gaps[..., 0], gaps[..., 1])
    np.fill_diagonal(far, np.inf)
    push = np.clip((_APART - far) / _APART, 0, 1) * 3.0
    away = gaps / np.maximum(far, 1e-6)[..., None]
    aside = np.stack([-away[..., 1], away[..., 0]], axis=-1)
    return (push[..., None] * (away + 0.5 * aside)).sum(axis=1)


def _route(track: np.ndarray, fps: int, arms: str, first: float) -> Route:
    steps = np.diff(track, axis=0, append=track[-1:]) if len(track) > 1 else np.zeros((1, 2))
    if len(track) > 1:
        steps[-1] = steps[-2]
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    heading = np.empty(len(track))
    now = float(np.arctan2(steps[0, 1], steps[0, 0])) if lengths[0] * fps > 0.2 else first
    for i, (step, length) in enumerate(zip(steps, lengths, strict=True)):
        if length * fps > 0.2:
            off = (np.arctan2(step[1], step[0]) - now + np.pi) % (2 * np.pi) - np.pi
            now += min(1.0, _TURNS / fps * 2) * off
        heading[i] = now
    phase = first + np.cumsum(lengths) / STRIDE
    return Route(track, heading, phase, lengths * fps, arms)
