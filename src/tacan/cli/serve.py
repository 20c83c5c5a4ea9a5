"""`tacan serve`: the page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tacan.app.serve import ServeSettings

__all__ = ["serve"]


def serve(
    *galleries: Annotated[Path, Parameter(name="GALLERY")],
    settings: Annotated[ServeSettings, Parameter(name="*")] | None = None,
) -> None:
    """Shows galleries in the browser: look, search, say who is who, delete.

    It answers this machine alone, and whoever has the address that it writes, which holds a token
    that is new for each run. Nothing is loaded from another host. docs/page.md has more.

    Example: tacan serve people.gallery

    Example: tacan serve

    Example: tacan serve people.gallery --host 0.0.0.0 --password-file password.txt

    Example: tacan serve 'postgresql://anna@db.example/people?crops=/srv/people'

    Parameters
    ----------
    galleries
        Folders of galleries, or addresses of galleries on a server (docs/server.md); all in the
        folder at hand when none is given, and new ones are made there.
    """
    from tacan.app.serve import serve as show
    from tacan.cli.console import say

    def told(text: str) -> None:
        say(text)
        sys.stdout.flush()  # it runs on, and whoever waits for the address may read a file

    show(galleries, settings or ServeSettings(), say=told)
