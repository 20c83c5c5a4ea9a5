"""The whole way in a real browser: from nothing through indexing to a deletion."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tacan.app.folders import ServedFolders
from tacan.app.galleries import ServedGalleries
from tacan.app.served import Served
from tacan.files import write_text
from tests.app.browsing import Watched, browse, chromium, running
from tests.indexing.scenes import HEIGHT, WIDTH, write_walkers

if TYPE_CHECKING:
    from playwright.sync_api import Page

N_FRAMES, N_PEOPLE = 60, 3
RUN = 200_000
"""Milliseconds that a run may take where the machine is busy; 15,000 are usual."""


def make_videos(folder: Path) -> None:
    """Two videos of walkers, each with its ready boxes beside it."""
    folder.mkdir()
    for camera in ("camera1", "camera2"):
        write_walkers(folder / f"{camera}.mp4", N_FRAMES, n_people=N_PEOPLE, seed=int(camera[-1]))
        lines = []
        for frame in range(N_FRAMES):
            for person in range(N_PEOPLE):
                x = 3 * frame - person * N_FRAMES + 10
                if 0 <= x < WIDTH - 12:
                    lines.append(f"{frame + 1},{person + 1},{x},{20 + 7 * person},12,40,1,1\n")
        write_text(folder / f"{camera}.txt", "".join(lines))


def go(page: Page, path: str) -> None:
    """Another screen of the gallery."""
    page.goto(f"{page.url.split('/g/')[0]}/g/street.gallery/{path}")


def index(page: Page) -> None:
    """A new gallery, and the people of two videos in it."""
    page.get_by_label("Name").fill("street")
    page.get_by_role("button", name="Choose its videos").click()
    page.get_by_label("camera1.mp4").wait_for()
    assert page.locator("#stop").is_hidden()
    assert page.locator("#go-on").is_hidden()
    for camera in ("camera1", "camera2"):
        page.get_by_label(f"{camera}.mp4").check()
        page.locator("#rows h3", has_text=camera).wait_for()
    for row in page.locator("#rows li").all():
        row.get_by_label("First picture taken at").fill("2026-11-22T14:00:00")
    page.get_by_role("button", name="Find the people").click()
    page.get_by_role("link", name="See who was found").click(timeout=RUN)


def draw(page: Page) -> None:
    """A box over the first walk, where its video shows it best."""
    found = page.evaluate(
        """async () => {
            const at = "/api/galleries/street.gallery";
            const get = async (path) => (await fetch(at + path)).json();
            const [walk] = (await get("/tracklets?limit=1")).tracklets;
            return { walk, path: await get(`/tracklets/${walk.id}/trajectory`) };
        }"""
    )
    middle = len(found["path"]["seconds"]) // 2
    seconds, box = found["path"]["seconds"][middle], found["path"]["boxes"][middle]
    go(page, f"ask/{found['walk']['source_id']}?seconds={seconds}")
    page.get_by_label("Second").fill(f"{seconds}")
    assert page.locator("#search").is_hidden()
    assert page.locator("#back").is_hidden()
    page.get_by_role("button", name="Draw a box").click()
    drawing = page.locator(".drawing")
    drawing.wait_for()
    place = drawing.bounding_box()
    assert place is not None
    assert place["height"] == pytest.approx(place["width"] * HEIGHT / WIDTH, abs=2)
    scale = place["width"] / WIDTH
    x1, y1, x2, y2 = (side * scale for side in box)
    page.mouse.move(place["x"] + x1, place["y"] + y1)
    page.mouse.down()
    page.mouse.move(place["x"] + x2, place["y"] + y2, steps=3)
    page.mouse.up()
    # The keys move it, too.
    told = page.locator("#box-told")
    before = told.text_content()
    drawing.press("ArrowRight")
    assert told.text_content() != before
    drawing.press("ArrowLeft")
    drawing.press("Enter")
    page.locator(".answers-list").wait_for()
    assert f"This is tracklet {found['walk']['tracklet']}" in page.content()


@pytest.mark.browser
@pytest.mark.slow
def test_from_nothing_to_a_deletion(tmp_path):
    chromium()
    make_videos(tmp_path / "videos")
    served = Served(ServedGalleries(home=tmp_path), folders=ServedFolders([tmp_path / "videos"]))
    with running(served) as address, browse() as page:
        watched = Watched(page)
        page.context.set_default_navigation_timeout(60_000)
        page.goto(address)
        # Whoever is quicker than the list of detectors and models takes the proposed ones.
        page.route("**/indexing/choices", lambda _: None)
        index(page)

        # Look
        page.locator("#cards .card img").first.wait_for()
        n_walks = page.locator("#cards .card").count()
        assert n_walks >= 3
        page.locator("#cards .card a").first.click()
        page.locator(".player").wait_for()
        page.get_by_role("link", name="Search with this walk").click()
        page.locator(".answers-list li").first.wait_for()

        # Ask
        go(page, "ask")
        assert page.get_by_role("link", name="camera1.mp4").count() == 1
        draw(page)
        page.get_by_text("Filter").first.click()
        page.get_by_label("Not camera").select_option(index=1)
        page.get_by_role("button", name="Show").click()
        page.wait_for_url(re.compile("exclude_camera="))
        assert "box=" in page.url

        # Decide
        go(page, "people")
        page.get_by_role("button", name="Link now").click()
        page.get_by_role("button", name="Link again").wait_for()
        go(page, "people?everyone=true")
        page.locator(".cards .card a").first.click()
        if "/tracklets/" in page.url:
            page.locator("[data-answer=same]").first.click()
            go(page, "people")
            page.locator(".cards .card a").first.click()
        page.get_by_role("textbox", name="Name").fill("Anna")
        page.get_by_role("button", name="Keep").click()
        page.get_by_role("heading", name="Anna").wait_for()
        page.get_by_role("button", name="Undo the last decision").click()
        page.get_by_role("heading", name=re.compile("Person")).wait_for()

        # Delete
        go(page, "care")
        camera = page.locator("form[data-deletes=camera]")
        camera.get_by_role("button").click()
        page.get_by_role("button", name="Delete for good").click()
        page.locator("dialog").wait_for(state="hidden")
        page.locator("#said.shown").wait_for()
        go(page, "")
        assert page.locator("#cards .card").count() < n_walks

        host = address.split("/")[2]
        assert watched.hosts == {host}
        assert watched.faults == []
