"""Who may come in: the token of this run, the password, and the sessions that they open."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable
from pathlib import Path

from tacan.errors import ConfigError

__all__ = ["Attempts", "Keys", "read_password"]

MOST_SESSIONS = 500
MOST_ADDRESSES = 10_000
LONGEST_IDLE = 24 * 3600.0
"""Seconds without a request after which a session ends."""
LONGEST_TICKET = 60.0
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1000


class Attempts:
    """Limits how often a wrong password may be tried: `most` times in `window` seconds from one
    address, and ten times as often from all together."""

    def __init__(
        self, *, most: int = 5, window: float = 60.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.most, self.window, self._clock = most, window, clock
        self._wrong: dict[str, deque[float]] = defaultdict(deque)
        self._all: deque[float] = deque()
        self._guard = threading.Lock()

    def wait(self, address: str) -> float:
        """Seconds until this address may try again; 0 if it may now."""
        with self._guard:
            now = self._clock()
            ends = [0.0]
            for times, most in ((self._wrong[address], self.most), (self._all, 10 * self.most)):
                while times and times[0] <= now - self.window:
                    times.popleft()
                if len(times) >= most:
                    ends.append(times[0] + self.window - now)
            if not self._wrong[address]:
                del self._wrong[address]
            return max(ends)

    def note_wrong(self, address: str) -> None:
        """Counts a wrong password."""
        with self._guard:
            now = self._clock()
            if len(self._wrong) >= MOST_ADDRESSES:
                self._wrong.clear()  # all together are still counted
            self._wrong[address].append(now)
            self._all.append(now)


class Keys:
    """The token and the password of a run, and the sessions that were opened with them.

    All are kept in memory alone: when the server ends, nobody is let in any more.
    """

    def __init__(
        self, password: str | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.token = secrets.token_urlsafe(32)
        self.attempts = Attempts(clock=clock)
        self._password = password
        self._clock = clock
        self._tickets: dict[str, float] = {}
        self._sessions: OrderedDict[str, float] = OrderedDict()
        self._guard = threading.Lock()

    @property
    def has_password(self) -> bool:
        return self._password is not None

    def new_ticket(self) -> str:
        """What lets in once, within a minute: a browser's command line is seen by everybody on the
        machine."""
        ticket = secrets.token_urlsafe(32)
        with self._guard:
            self._tickets[ticket] = self._clock() + LONGEST_TICKET
        return ticket

    def admits(self, text: str) -> bool:
        """Whether it is the token, or a ticket, which is used up then."""
        with self._guard:
            end = self._tickets.pop(text, None)
        return self.is_token(text) or (end is not None and self._clock() <= end)

    def is_token(self, text: str) -> bool:
        return _same(text, self.token)

    def is_password(self, text: str) -> bool:
        return self._password is not None and _same(text, self._password)

    def new_session(self) -> str:
        """Opens a session, and returns what its cookie holds."""
        session = secrets.token_urlsafe(32)
        with self._guard:
            self._sessions[session] = self._clock()
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)
        return session

    def is_session(self, session: str) -> bool:
        """Whether the session is open, which it stays if so."""
        with self._guard:
            now, used = self._clock(), self._sessions.pop(session, None)
            if used is None or now - used > LONGEST_IDLE:
                return False
            self._sessions[session] = now
            return True

    def end_session(self, session: str) -> None:
        with self._guard:
            self._sessions.pop(session, None)


def read_password(path: Path) -> str:
    """The password in the first line of a file. Raises `ConfigError`."""
    try:
        with path.open("rb") as file:
            line = file.read(4 * LONGEST_PASSWORD).split(b"\n")[0].decode().strip("\r")
    except (OSError, ValueError) as error:
        fault = f"--password-file must be readable text; got {path} ({error})"
        raise ConfigError([fault], source="the command line") from error
    if not SHORTEST_PASSWORD <= len(line) <= LONGEST_PASSWORD:
        fault = (
            f"the first line of --password-file must be a password of {SHORTEST_PASSWORD} to "
            f"{LONGEST_PASSWORD:,} letters; got {len(line)} in {path}"
        )
        raise ConfigError([fault], source="the command line")
    return line


def _same(one: str, other: str) -> bool:
    """Whether two texts are one, in a time that does not tell how much of them is alike."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))
