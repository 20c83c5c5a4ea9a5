"""Lines of a gallery's log: who did what, and when."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime

from tacan.gallery.person_records import LogEntry

__all__ = ["log_entry"]


def log_entry(action: str, detail: str = "") -> LogEntry:
    """A line of now, by the user of this machine. `detail` must hold no person's name: the log
    outlives a person's deletion."""
    try:
        who = getpass.getuser()
    except (ImportError, KeyError, OSError):  # a container may know no name for its user
        who = "unknown"
    return LogEntry(datetime.now(UTC), who.encode(errors="replace").decode(), action, detail)
