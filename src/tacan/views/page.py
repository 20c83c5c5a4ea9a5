"""HTML pages from the templates beside this file, each one file that asks no host for anything."""

from __future__ import annotations

from typing import Any

from jinja2 import BaseLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tacan.text import for_terminal
from tacan.version import VERSION

__all__ = ["page_environment", "render_page"]


def render_page(template: str, **values: Any) -> str:
    """The page of `templates/{template}`, which extends `page.html.j2`. Values are made safe."""
    environment = page_environment(PackageLoader("tacan.views"))
    return environment.get_template(template).render(version=VERSION, **values)


def page_environment(loader: BaseLoader) -> Environment:
    """Templates whose values are made safe for a page, and must all be given."""
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )


def _shown(value: object) -> object:
    """What nobody can see becomes its code; markup is escaped by jinja after this."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return for_terminal(value)
    return value
