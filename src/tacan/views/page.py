"""HTML pages from the templates beside this file, each one file that asks no host for anything."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

import tacan

__all__ = ["render_page"]


def render_page(template: str, **values: Any) -> str:
    """The page of `templates/{template}`, which extends `page.html.j2`. Values are escaped."""
    environment = Environment(
        loader=PackageLoader("tacan.views"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(version=tacan.__version__, **values)
