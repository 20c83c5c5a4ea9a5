"""Faults as a browser gets them: a page, or JSON as RFC 9457 has it; never a traceback."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from tacan.app.galleries import UnknownGalleryError
from tacan.errors import (
    ConfigError,
    DataError,
    GalleryBusyError,
    GalleryModelError,
    GallerySchemaError,
    StorageError,
    TacanError,
)
from tacan.text import for_terminal

__all__ = [
    "PROBLEM_RESPONSES",
    "Problem",
    "catch_faults",
    "defect_response",
    "not_found",
    "problem_response",
]

API = "/api/"
STATUS: dict[type[TacanError], int] = {
    UnknownGalleryError: 404,
    GalleryBusyError: 409,
    GalleryModelError: 409,
    GallerySchemaError: 409,
    ConfigError: 422,
    DataError: 422,
    StorageError: 507,
    TacanError: 422,
}
"""The status of each kind of fault; of a class that is not named, that of its nearest parent."""


class Problem(BaseModel):
    """What went wrong, as `application/problem+json`."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    faults: list[str] = []


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": HTTPStatus(status).phrase}
    for status in (400, 401, 403, 404, 409, 413, 422, 429, 507)
}
"""What any address of the API may answer instead, for its document."""


def not_found(what: str) -> HTTPException:
    """The fault of asking for what is not there."""
    return HTTPException(404, what)


def catch_faults(app: FastAPI) -> None:
    """Makes every fault of `app` a page or a JSON problem."""
    app.add_exception_handler(TacanError, _on_tacan_error)
    app.add_exception_handler(RequestValidationError, _on_wrong_request)
    app.add_exception_handler(HTTPException, _on_http_error)


def problem_response(
    request: Request,
    status: int,
    detail: str,
    *,
    faults: Sequence[str] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """The answer to a request that can't be met: for a program JSON, for a person a page."""
    status = HTTPStatus(status)
    if request.url.path.startswith(API):
        shown = [for_terminal(fault) for fault in faults]
        found = Problem(
            title=status.phrase, status=status, detail=for_terminal(detail), faults=shown
        )
        return JSONResponse(
            found.model_dump(), status, headers, media_type="application/problem+json"
        )
    from tacan.app.pages.rendering import render

    page = render("problem.html.j2", title=status.phrase, detail=detail, faults=faults)
    return HTMLResponse(page, status, headers)


def defect_response(request: Request) -> Response:
    """The answer where this software failed; the server writes why to its own terminal."""
    detail = "This is a defect of TACAN. The terminal in which it runs says more."
    return problem_response(request, 500, detail)


def _on_tacan_error(request: Request, error: Exception) -> Response:
    kind = next(kind for kind in type(error).__mro__ if kind in STATUS)
    faults = error.faults if isinstance(error, ConfigError) else ()
    return problem_response(request, STATUS[kind], str(error), faults=faults)


def _on_wrong_request(request: Request, error: Exception) -> Response:
    faults = []
    if isinstance(error, RequestValidationError):
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    return problem_response(request, 422, "The request has faults.", faults=faults)


def _on_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):  # Starlette's type asks for it
        raise error
    headers = dict(error.headers) if error.headers else None
    return problem_response(request, error.status_code, error.detail, headers=headers)
