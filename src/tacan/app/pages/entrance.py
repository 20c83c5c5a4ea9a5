"""Coming in with the password, and leaving."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tacan.app.pages.rendering import render
from tacan.app.problems import problem_response
from tacan.app.security import cookie_name
from tacan.app.served import ServedHere

__all__ = ["router"]

router = APIRouter()


@router.get("/enter")
def enter_page(served: ServedHere) -> HTMLResponse:
    page = render("enter.html.j2", has_password=served.keys.has_password, is_wrong=False)
    return HTMLResponse(page)


@router.post("/enter")
def enter(
    request: Request,
    served: ServedHere,
    password: Annotated[str, Form(max_length=1000)],
) -> Response:
    """Opens a session. A wrong password may be tried only so often."""
    keys = served.keys
    address = "" if request.client is None else request.client.host
    wait = keys.attempts.wait(address)
    if wait > 0:
        seconds = math.ceil(wait)
        text = f"Too many wrong passwords. Try again in {seconds} seconds."
        return problem_response(request, 429, text, headers={"retry-after": str(seconds)})
    if not keys.is_password(password):
        keys.attempts.note_wrong(address)
        page = render("enter.html.j2", has_password=keys.has_password, is_wrong=True)
        return HTMLResponse(page, 401)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(cookie_name(request), keys.new_session(), httponly=True, samesite="strict")
    return answer


@router.post("/leave")
def leave(request: Request, served: ServedHere) -> Response:
    """Ends the session."""
    served.keys.end_session(request.cookies.get(cookie_name(request), ""))
    answer = RedirectResponse("/enter", 303)
    answer.delete_cookie(cookie_name(request))
    return answer
