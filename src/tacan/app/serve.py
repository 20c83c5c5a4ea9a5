"""Running the server, and telling the browser about it."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tacan.app.folders import ServedFolders
from tacan.app.galleries import ServedGalleries
from tacan.app.served import Served
from tacan.app.sessions import Keys, read_password
from tacan.errors import ConfigError, StorageError
from tacan.gallery.postgres.address import parse_address

__all__ = ["ServeSettings", "serve"]

LOOPBACK = "127.0.0.1"
USUAL_PORT = 8470
LARGEST_PORT = 65_535
TERMINATED = 143
"""Status of a process that SIGTERM ended."""
_MANY = Parameter(negative="", consume_multiple=False, show_default=False)


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """How the page is served.

    Parameters
    ----------
    videos
        A folder whose videos may be chosen on the page; once for each of several. The folder in
        which the command runs when not given. No other file of this machine can be named.
    host
        The address of this machine to serve at, or 0.0.0.0 for all of them, so that other machines
        reach it: it needs --password-file. Without it only this machine does.
    port
        The port; 8470, or another where that is taken, when not given.
    password_file
        A file whose first line is the password that lets others in. Pages and pictures go over the
        network as they are: use it within a network that you trust, or behind a server that adds
        https.
    name
        A name by which browsers call this machine, where it has one; once for each of several.
    no_browser
        Only say the address, and open no browser.
    """

    videos: Annotated[tuple[Path, ...], _MANY] = ()
    host: str | None = None
    port: int | None = None
    password_file: Path | None = None
    name: Annotated[tuple[str, ...], _MANY] = ()
    no_browser: Annotated[bool, Parameter(negative="")] = False


def serve(
    galleries: Sequence[Path | str], settings: ServeSettings, *, say: Callable[[str], None]
) -> None:
    """Serves galleries, or those of the folder at hand if none is given, until it is interrupted.

    `galleries` are folders, and addresses of galleries on a server. Raises `ConfigError` for
    settings that contradict each other, `StorageError` where the port is taken.
    """
    served = _served(galleries, settings)
    listening = _listen(settings)
    host, port = listening.getsockname()[:2]
    shown = LOOPBACK if ip_address(host).is_unspecified else host
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/?token="
    say(f"TACAN is at {address}{served.keys.token}")
    if not ip_address(host).is_loopback:
        say(
            f"Other machines reach it at port {port} with the password. What they see goes over "
            "the network unencrypted."
        )
    say("It ends with Ctrl-C.")

    def opened() -> None:
        threading.Thread(target=served.galleries.make_ready, daemon=True).start()
        if not settings.no_browser:
            webbrowser.open(address + served.keys.new_ticket())

    try:
        run_server(served, listening, opened)
    finally:
        served.close()


def run_server(served: Served, listening: socket.socket, on_start: Callable[[], None]) -> None:
    """Answers requests until the process is interrupted; `on_start` is called when it does."""
    import uvicorn  # slow to import

    from tacan.app.server import build_app

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            on_start()

    config = uvicorn.Config(
        build_app(served),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=3,
    )
    if threading.current_thread() is threading.main_thread():
        # uvicorn passes on what ended it: so that what the process leaves is removed first.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    Server(config).run(sockets=[listening])


def _served(galleries: Sequence[Path | str], settings: ServeSettings) -> Served:
    faults = []
    if settings.host is not None and settings.password_file is None:
        faults.append(
            "--host needs --password-file, since whoever reaches this machine could look at the "
            "people in the gallery otherwise"
        )
    if settings.port is not None and not 0 <= settings.port <= LARGEST_PORT:
        faults.append(f"--port must be 0 to {LARGEST_PORT:,}; got {settings.port}")
    if settings.host is not None:
        try:
            ip_address(settings.host)
        except ValueError:
            faults.append(f"--host must be an address in digits; got {settings.host!r}")
    faults += [
        f"--videos must name folders; got {path}" for path in settings.videos if not path.is_dir()
    ]
    if faults:
        raise ConfigError(faults, source="the command line")
    password = None if settings.password_file is None else read_password(settings.password_file)
    here = Path.cwd()
    shown = ServedGalleries(galleries, home=None if galleries else here)
    for name in shown.names():
        place = shown.place(name)
        if isinstance(place, Path):
            is_made = place.exists() and any(place.iterdir())
        else:
            is_made = shown.is_there(name) or parse_address(place).crops is None
        if is_made:  # else its first video makes it
            with shown.reading(name):
                pass
    return Served(
        galleries=shown,
        folders=ServedFolders(settings.videos or (here,)),
        keys=Keys(password),
        hosts=("localhost", *(name.lower() for name in settings.name)),
        is_public=settings.host is not None,
    )


def _listen(settings: ServeSettings) -> socket.socket:
    """A socket that listens: at the usual port, or a free one where that is taken."""
    host = settings.host or LOOPBACK
    ports = (USUAL_PORT, 0) if settings.port is None else (settings.port,)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in ports:
        # Named, for asyncio sends small packets at once only where it knows the protocol.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            listening.close()
            if port == ports[-1]:
                raise StorageError(
                    "the server needs a port of its own",
                    got=f"{host}:{port} ({error.strerror})",
                    remedy="Choose another by --port.",
                ) from error
            continue
        listening.listen()  # a browser that comes early waits
        return listening
    raise AssertionError
