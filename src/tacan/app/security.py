"""The gate that every request passes before anything else sees it.

In this order: the Host header must name this machine, so that no foreign name that was made to
lead here (DNS rebinding) is served; another site's page must not ask for anything; a body has a
largest size; who asks must have a session, which the token or the password opens, or the token
itself. Every answer forbids the browser to load anything from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tacan.app.problems import defect_response, problem_response
from tacan.app.served import Served

__all__ = ["BODY_LIMITS", "CONTENT_POLICY", "Gate", "cookie_name"]

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind} 'self'" for kind in ("script-src", "style-src", "img-src", "media-src")),
        *(f"{kind} 'self'" for kind in ("connect-src", "font-src", "form-action", "manifest-src")),
        *("base-uri 'none'", "frame-ancestors 'none'"),
    )
)
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
OPEN_TO_ALL = ("/static/", "/enter", "/favicon.ico")
"""What is shown to who has not come in: nothing of a gallery."""
READING = ("GET", "HEAD", "OPTIONS")
BODY_LIMITS = {"/pictures": 64 * 2**20, "/uploads": 32 * 2**30, "": 2**20}
"""Most bytes of a request's body, by how its path ends; the first that fits counts."""


class Gate:
    """Wraps the server's application."""

    def __init__(self, app: ASGIApp, served: Served) -> None:
        self._app = app
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there is no websocket here
            return
        request = Request(scope)
        limit = next(most for end, most in BODY_LIMITS.items() if request.url.path.endswith(end))
        answer = self._refusal(request, limit) or self._admission(request)
        sent = _Guarded(send)
        try:
            await (answer or self._app)(scope, _limited(receive, limit), sent)
        except Exception:
            if not sent.has_begun:
                await defect_response(request)(scope, receive, sent)
            raise  # the server writes it to its terminal

    def _refusal(self, request: Request, limit: int) -> Response | None:
        """The answer to a request that nobody may make."""
        host = request.headers.get("host", "")
        if not _is_own_host(host, self._served.hosts):
            return problem_response(request, 421, "This address is not one of this server's.")
        if not _is_own_site(request, host):
            return problem_response(request, 403, "Another site's page must not ask this server.")
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > 15 or int(length) > limit:
            return problem_response(request, 413, f"A request may have {limit:,} bytes at most.")
        return None

    def _admission(self, request: Request) -> Response | None:
        """None for who may come in; else how to, or the way on with a session that was opened."""
        keys, name = self._served.keys, cookie_name(request)
        token = request.query_params.get("token")
        if request.method == "GET" and token is not None and keys.admits(token):
            others = [pair for pair in request.query_params.multi_items() if pair[0] != "token"]
            # One slash: //host would be another host.
            target = "/" + request.url.path.lstrip("/")
            answer = RedirectResponse(f"{target}{'?' if others else ''}{urlencode(others)}", 303)
            answer.set_cookie(name, keys.new_session(), httponly=True, samesite="strict")
            return answer
        if request.url.path.startswith(OPEN_TO_ALL):
            return None
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and keys.is_token(given.strip()):
            return None
        if keys.is_session(request.cookies.get(name, "")):
            return None
        if (
            keys.has_password
            and request.method == "GET"
            and not request.url.path.startswith("/api")
        ):
            return RedirectResponse("/enter", 303)
        return problem_response(
            request,
            401,
            "Open the address that `tacan serve` wrote on its terminal: it lets this browser in.",
            headers={"www-authenticate": "Bearer"},
        )


def cookie_name(request: Request) -> str:
    """The name of the session's cookie. Cookies don't know ports: two servers on one machine need
    two names."""
    return f"tacan_{request.url.port or 80}"


def _is_own_host(host: str, names: Iterable[str]) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    try:
        ip_address(name)
    except ValueError:
        return name.rstrip(".") in names
    return True


def _is_own_site(request: Request, host: str) -> bool:
    """Whether no page of another site made this request.

    A browser says so by Sec-Fetch-Site where the connection is to be trusted, and by Origin
    wherever something is changed. A change without either is none of a browser: it needs the token,
    since a cookie is a browser's.
    """
    origin, fetched = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return False
    if request.method in READING:
        is_step = request.headers.get("sec-fetch-mode") == "navigate"
        return fetched in (None, "same-origin", "none") or is_step
    if fetched is not None:
        return fetched == "same-origin"
    return origin is not None or "authorization" in request.headers


def _limited(receive: Receive, limit: int) -> Receive:
    """The body, cut off where it is longer than allowed although its head said otherwise."""
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        return {"type": "http.disconnect"} if received > limit else message

    return receive_limited


class _Guarded:
    """Sends an answer with what every answer says to the browser."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
        await self._send(message)
