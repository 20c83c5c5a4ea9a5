"""Pages from the templates of this room, in which everything that comes from outside is escaped."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from tacan.gallery import Person
from tacan.text import counted
from tacan.version import VERSION
from tacan.views.page import page_environment
from tacan.views.times import clock, local_time

__all__ = ["SCREENS", "render"]

SCREENS = (
    ("everybody", "", "Everybody"),
    ("days", "days", "Days"),
    ("people", "people", "People"),
    ("timeline", "timeline", "Timeline"),
    ("search", "ask", "Search"),
    ("review", "review", "Review"),
    ("index", "index", "Videos"),
    ("care", "care", "Look after"),
)
"""The screens of a gallery in the order of the navigation: name, path and label."""


def render(template: str, **values: Any) -> str:
    """The page of `templates/{template}`."""
    return _environment().get_template(template).render(version=VERSION, **values)


@cache
def _environment() -> Environment:
    environment = page_environment(PackageLoader("tacan.app"))
    environment.globals |= {"gallery": None, "screen": None, "SCREENS": SCREENS}
    environment.filters |= {"moment": _moment, "counted": counted, "who": _who, "clock": clock}
    return environment


def _moment(time: datetime, shown: str = "all") -> Markup:
    """A time, which the browser writes anew by its own clock and habits: all of it, or the `clock`
    alone."""
    text = f'<time datetime="{time.isoformat()}" data-as="{shown}">{local_time(time)}</time>'
    return Markup(text)  # noqa: S704  (digits alone come from outside)


def _who(person: Person | None) -> str:
    """What a person is called on the page."""
    if person is None:
        return "not linked yet"
    return person.name or f"Person {person.id}"
