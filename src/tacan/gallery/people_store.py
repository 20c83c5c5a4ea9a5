"""What a gallery asks of its database about people and about its log."""

from __future__ import annotations

from typing import Protocol

from tacan.gallery.person_records import Decision, Linking, LogEntry, PeopleChange, Person

__all__ = ["PeopleStore"]


class PeopleStore(Protocol):
    """The people of one gallery, and the log of what was done with it."""

    def persons(self) -> tuple[Person, ...]:
        """All who have tracklets, by rising id."""
        ...

    def decisions(self) -> tuple[Decision, ...]:
        """What humans decided and nobody took back, the earliest first."""
        ...

    def linking(self) -> Linking | None:
        """How the gallery was linked last; None where it never was."""
        ...

    def change(self, change: PeopleChange, entry: LogEntry) -> None:
        """Makes a change with its line in the log, as a whole."""
        ...

    def log(self) -> tuple[LogEntry, ...]:
        """What was done with the gallery, the earliest first."""
        ...

    def append(self, entry: LogEntry) -> bool:
        """Adds a line to the log, also while another process is writing.

        False where the gallery can't be written to, or is of a version that has no log.
        """
        ...

    def retention_days(self) -> int | None:
        """For how many days people are kept; None where no rule was given."""
        ...

    def set_retention(self, days: int | None, entry: LogEntry) -> None: ...
