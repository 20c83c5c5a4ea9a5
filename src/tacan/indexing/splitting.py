"""Splitting of fragments in which the tracker went over from one person to another.

Of all places at which a fragment can be split, the one is tried whose two sides lie furthest apart.
Their distance is compared with those of certain strangers: fragments of the same video that overlap
in time and not in place. Where the sides are further apart than a share `LEAST_SHARE` of strangers,
they are two people; and each side is looked at again.

Light and pose change within a walk, too, and a few clips that are half hidden lie as far from the
rest as another person does. So the distance counts in full only where both sides are equally long,
and in proportion to the shorter side elsewhere: 2 min(a, b) / (a + b) of it for a and b clips.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacan.embeddings.embedder import ClipEmbedder
from tacan.indexing.fragments import Fragment, cut, vector
from tacan.indexing.index_settings import Connect
from tacan.retrieval.calibration import Calibration
from tacan.retrieval.precision import paired_distances

__all__ = ["LEAST_STRANGERS", "known_strangers", "split"]

LEAST_SHARE = 0.04
"""Chosen on generated crowds by IDF1, purity and mAP together."""
LEAST_CLIPS = 3
"""Clips on each side: one hidden clip is nobody else."""
LEAST_STRANGERS = 50
"""With fewer the prior tells how far apart strangers are."""


def known_strangers(
    strangers: NDArray[np.float64], prior: Calibration | None
) -> NDArray[np.float64]:
    """The distances, ascending, of certain strangers seen so far; with fewer than 50 those of the
    model's `prior`, from generated scenes, and where that has too few as well, none."""
    known = strangers if len(strangers) >= LEAST_STRANGERS or prior is None else prior.distances
    return known if len(known) >= LEAST_STRANGERS else np.zeros(0)


def split(
    fragment: Fragment,
    embedder: ClipEmbedder,
    *,
    strangers: NDArray[np.float64],
    mode: Connect,
    prior: Calibration | None = None,
    min_frames: int = 1,
    min_seconds: float = 0.0,
) -> list[Fragment]:
    """The fragment, or the parts of it that show different people, in the order of time.

    `strangers` are the distances, ascending, of certain strangers seen so far; where neither they
    nor those of the `prior` are enough (see `known_strangers`), nothing is split, as with the
    `mode` "off". No part has fewer frames or less time than `min_frames` and `min_seconds`.
    """
    known = known_strangers(strangers, prior)
    if mode == "off" or len(known) == 0:
        return [fragment]
    place, distance = _widest(fragment, embedder, min_frames, min_seconds)
    clips = len(fragment.clip_weights)
    evenness = 2 * min(place, clips - place) / clips
    if np.searchsorted(known, evenness * distance) <= LEAST_SHARE * len(known):
        return [fragment]
    return [
        part
        for side in cut(fragment, place)
        for part in split(
            side,
            embedder,
            strangers=strangers,
            mode=mode,
            prior=prior,
            min_frames=min_frames,
            min_seconds=min_seconds,
        )
    ]


def _widest(
    fragment: Fragment, embedder: ClipEmbedder, min_frames: int, min_seconds: float
) -> tuple[int, float]:
    """The clip [from 0] that begins the second side of the widest split, and the distance of the
    sides; -1 where there is no place for one."""
    pictures = [crop.frame for crop in fragment.tracklet.crops]
    frames, seconds = fragment.tracklet.frames, fragment.tracklet.seconds
    # Each side needs a picture to show, and be long enough for a tracklet.
    first = max(int(np.searchsorted(seconds, seconds[0] + min_seconds)), min_frames - 1) + 1
    last = min(
        int(np.searchsorted(seconds, seconds[-1] - min_seconds, side="right")) - 1,
        len(frames) - min_frames,
    )
    places = [
        place
        for place in range(LEAST_CLIPS, len(fragment.clip_weights) - LEAST_CLIPS + 1)
        if pictures[0] < fragment.clip_frames[place, 0] <= pictures[-1]
        and first <= np.searchsorted(frames, fragment.clip_frames[place, 0]) <= last
    ]
    if not places:
        return 0, -1.0
    before = np.stack([vector(fragment, embedder, slice(None, place)) for place in places])
    after = np.stack([vector(fragment, embedder, slice(place, None)) for place in places])
    distances = paired_distances(before, after, metric=embedder.metric)
    # A short side is a noisy one: of equal distances the split in the middle is the likelier.
    sizes = np.array(places, np.float64)
    balance = np.sqrt(sizes * (len(fragment.clip_weights) - sizes))
    best = int((balance * distances).argmax())
    return places[best], float(distances[best])
