"""The first screen: which gallery?"""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tacan.app.pages.rendering import render
from tacan.app.served import ServedHere

__all__ = ["router"]

router = APIRouter()


@router.get("/")
def first(served: ServedHere) -> Response:
    """The only gallery, or a list of them with a form for a new one."""
    names = served.galleries.names()
    if len(names) == 1 and served.galleries.home is None:
        return RedirectResponse(f"/g/{quote(names[0])}/", 303)
    known = [(name, served.galleries.is_there(name)) for name in names]
    page = render("first.html.j2", galleries=known, can_make=served.galleries.home is not None)
    return HTMLResponse(page)
