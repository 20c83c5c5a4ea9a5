"""Settings that the tracklets and vectors of a source depend on, beside its file and the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from cyclopts import Parameter
from pydantic import BeforeValidator

from tacan.runs.run_state import setting_differences
from tacan.video.tracklet_settings import Count, TrackletSettings

__all__ = ["Connect", "IndexSettings", "changed_settings"]

Connect = Literal["off", "careful", "bold"]
"""How readily tracks are split and connected by looks."""


def _all_or_count(given: Any) -> Any:
    return None if given == "all" else given


class IndexSettings(TrackletSettings):
    """How people are found, followed, cut out and embedded.

    They are stored with each source, so that a later run with others is noticed. These are the
    keys that an entry of a list of sources may have beside `path`, `camera` and `start`. Stored
    settings have a key of their own where a field names one as its `serialization_alias`, so that
    galleries of every age have the same keys.
    """

    also_known: ClassVar[tuple[str, ...]] = ("path", "camera", "start")

    embedded_frames: Annotated[
        Count | None, BeforeValidator(_all_or_count), Parameter(metavar="INT|all", negative="")
    ] = 32
    """Most frames of a tracklet that the model sees, in clips spread evenly over it; or `all`."""
    connect: Connect = "careful"
    """Whether tracks are split where they go over to somebody else, and connected where they are
    one walk, as the model sees them: `careful`, `bold` (connects what is less alike), or `off`.
    Ready tracks are never touched."""
    keep_still: Annotated[bool, Parameter(negative="")] = False
    """Keep also tracks of five seconds or more in which neither the box nor any part of what is in
    it moves, as of posters and benches; else they are left out and counted. Ready tracks are always
    kept."""

    def stored(self) -> dict[str, Any]:
        """The settings as a gallery stores them, ready for JSON.

        Those that galleries did not always know are left out where they are not given.
        """
        told = self.model_dump(mode="json", by_alias=True)
        return {
            name: value
            for name, value in told.items()
            if value != _AS_BEFORE.get(name) or name in _OLDEST
        }


_OLDEST = ("tiles", "threshold", "embedded_frames")
"""Settings that stood in a gallery from the first on, given or not."""

_AS_BEFORE = {"connect": "off", "keep_still": False}
"""Settings that are stored only where they are another than this: what galleries did before they
knew one, or what makes no difference to tracklets that they have."""

_NAMES = {
    field.serialization_alias: name
    for name, field in IndexSettings.model_fields.items()
    if field.serialization_alias
}


def changed_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The stored settings that differ, by the names that users know, with both values.

    >>> changed_settings({"stride": 1, "sure": 0.4}, {"stride": 2, "sure": 0.4})
    ['stride was 1, now 2']
    """
    if _same_detector(before, now):
        before = {**before, "detector": now["detector"]}

    def named(settings: Mapping[str, Any]) -> dict[str, Any]:
        return {_NAMES.get(key, key): value for key, value in settings.items()}

    return setting_differences(named(before), named(now), unknown_differs=True)


def _same_detector(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether both name detectors of one kind: only some galleries have the whole name, and which
    of its kind it is, the fingerprint says."""
    kinds = [str(settings.get("detector", "")).partition(":")[0] for settings in (before, now)]
    return kinds[0] == kinds[1] != ""
