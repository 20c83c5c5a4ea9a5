"""A server that is asked within the test's own process, over a small gallery."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tacan.app.galleries import ServedGalleries
from tacan.app.served import Served
from tacan.app.server import build_app
from tacan.gallery import open_gallery
from tacan.linking import link_gallery
from tacan.video.video_records import Crop
from tests.gallery.conftest import MODEL
from tests.linking.conftest import CAMERAS, N_PEOPLE, new_source, walk

HERE = "http://localhost:8470"


def jpeg(number: int) -> bytes:
    """A picture in one colour."""
    stream = io.BytesIO()
    Image.new("RGB", (20, 48), (37 * number % 256, 90, 140)).save(stream, "JPEG")
    return stream.getvalue()


def with_crops(tracklet):
    """The same tracklet with two crops."""
    crops = tuple(
        Crop(int(tracklet.frames[i]), float(tracklet.seconds[i]), tracklet.boxes[i], jpeg(i), i)
        for i in (1, 3)
    )
    return type(tracklet)(**{name: getattr(tracklet, name) for name in _FIELDS} | {"crops": crops})


_FIELDS = walk(1, 1).__dataclass_fields__


def make_folder(parent: Path, *, linked: bool) -> Path:
    """The gallery people.gallery: twelve people, each seen by two cameras at noon."""
    folder = parent / "people.gallery"
    fill(folder, linked=linked)
    return folder


def fill(place: Path | str, *, linked: bool) -> None:
    """Makes that gallery in a folder, or at an address."""
    with open_gallery(place, write=True, create_with=MODEL) as gallery:
        for at, camera in enumerate(CAMERAS):
            source = gallery.begin_source(new_source(camera))
            walks = [with_crops(walk(1 + person + 100 * at, person)) for person in range(N_PEOPLE)]
            gallery.add(source.id, walks, fingerprint=MODEL.fingerprint)
            gallery.finish_source(source.id)
        if linked:
            link_gallery(gallery)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A gallery that was not linked."""
    return make_folder(tmp_path, linked=False)


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """The same, linked."""
    return make_folder(tmp_path, linked=True)


@pytest.fixture
def serve() -> Iterator[Callable[..., TestClient]]:
    """A browser that came in at a server of these galleries; `comes_in=False` for one outside."""
    opened: list[Served] = []

    def served(*folders: Path, comes_in: bool = True, **settings) -> TestClient:
        home = settings.pop("home", None)
        galleries = settings.pop("galleries", None) or ServedGalleries(folders, home=home)
        run = Served(galleries, **settings)
        opened.append(run)
        client = TestClient(
            build_app(run), base_url=HERE, follow_redirects=False, raise_server_exceptions=False
        )
        client.headers["origin"] = HERE
        if comes_in:
            client.get("/", params={"token": run.keys.token})
        return client

    yield served
    for run in opened:
        run.close()


@pytest.fixture
def client(linked: Path, serve) -> TestClient:
    """A browser that came in, at a linked gallery called people.gallery."""
    return serve(linked)
