"""By whose clock a browser reads: its own, which it says in a cookie or an address."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated

from fastapi import Cookie, Depends, Query

from tacan.errors import ConfigError
from tacan.views.times import parse_zone

__all__ = ["Zone"]

Name = Annotated[str | None, Query(max_length=60, description="A time zone, as Europe/Berlin.")]


def _zone(
    zone: Name = None,
    browser: Annotated[str | None, Cookie(alias="zone", include_in_schema=False)] = None,
) -> tzinfo | None:
    """The zone of the address, else the browser's, else this machine's (None)."""
    if zone is not None:
        return parse_zone(zone)
    try:
        return parse_zone(None if browser is None else browser.replace("%2F", "/")[:60])
    except ConfigError:
        return None


Zone = Annotated[tzinfo | None, Depends(_zone)]
