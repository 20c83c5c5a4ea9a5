"""A gallery in which twelve people are seen by two cameras, all at the same time in each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacan.gallery import Gallery, open_gallery
from tests.gallery.conftest import MODEL, new_source, new_tracklet

N_PEOPLE = 12
CAMERAS = ("door", "yard")


def walk(number: int, person: int, *, spread: float = 0.3, second: float = 5.0):
    """A tracklet of a person, in its own place of the picture."""
    centre = 3 * np.random.default_rng(person).standard_normal(MODEL.embedding_dim)
    noise = spread * np.random.default_rng([number, person]).standard_normal(MODEL.embedding_dim)
    n = 5
    seconds = second + np.arange(n) / 10
    return new_tracklet(
        number,
        n_crops=0,
        embedding=(centre + noise).astype(np.float32),
        frames=np.round(10 * seconds).astype(np.int64),
        seconds=seconds,
        first_seconds=float(seconds[0]),
        last_seconds=float(seconds[-1]),
        boxes=np.tile(np.float32([100 * person, 0, 100 * person + 30, 80]), (n, 1)),
        n_frames=n + person,
    )


def fill_cameras(gallery: Gallery, cameras=CAMERAS, *, people=range(N_PEOPLE), **changes) -> None:
    for place, camera in enumerate(cameras):
        source = gallery.begin_source(new_source(camera))
        walks = [
            walk(1 + number + 100 * place, person, **changes)
            for number, person in enumerate(people)
        ]
        gallery.add(source.id, walks, fingerprint=MODEL.fingerprint)
        gallery.finish_source(source.id)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_gallery(tmp_path / "gallery", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery)
    return tmp_path / "gallery"


def partition(gallery: Gallery) -> dict[int, set[str]]:
    """The names of everybody's tracklets."""
    return {
        person.id: set(gallery.store.names(person.tracklets))
        for person in gallery.store.people().persons()
    }


def of(gallery: Gallery, tracklet: str) -> int:
    """The id of the person whom a tracklet shows."""
    number = gallery.tracklet(tracklet).person_id
    assert number is not None
    return number
