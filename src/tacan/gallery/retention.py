"""For how long people are kept in a gallery: a rule that the gallery remembers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tacan.errors import ConfigError
from tacan.gallery.audit_log import log_entry
from tacan.gallery.delete import Deletion, delete_tracklets
from tacan.gallery.gallery import Gallery
from tacan.text import counted

__all__ = ["apply_retention", "retention_border", "set_retention"]

MOST_DAYS = 36_500


def set_retention(gallery: Gallery, days: int | None) -> None:
    """Sets the rule: who was first seen more than `days` days ago is deleted whenever the rule is
    applied; None takes the rule away. Raises `ConfigError` for other than 1 to 36,500 days."""
    gallery.require_writable()
    if days is not None and not 1 <= days <= MOST_DAYS:
        fault = f"people must be kept for 1 to {MOST_DAYS:,} days; got {days}"
        raise ConfigError([fault], source="the rule")
    detail = "no rule" if days is None else counted(days, "day")
    gallery.store.people().set_retention(days, log_entry("retain", detail))


def retention_border(days: int, now: datetime | None = None) -> datetime:
    """Before which moment nobody may have been seen where people are kept for so many days."""
    return (now or datetime.now(UTC)) - timedelta(days=days)


def apply_retention(gallery: Gallery, now: datetime | None = None) -> Deletion | None:
    """Deletes whom the rule does not allow to be kept; None without a rule.

    Tracklets of unknown time stay: the `Deletion` counts them.
    """
    gallery.require_writable()
    days = gallery.store.people().retention_days()
    if days is None:
        return None
    return delete_tracklets(gallery, before=retention_border(days, now))
