"""What a generated data set is made from. The manifest keeps these settings word for word."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated

from cyclopts import Parameter

from tacan.errors import ConfigError

__all__ = ["DatasetSettings"]


def _known_layout(_: object, layout: str) -> None:
    from tacan.synthetic.layouts import find_layout

    try:
        find_layout(layout)
    except ConfigError as error:
        raise ValueError("; ".join(error.faults)) from error


@dataclass(frozen=True, kw_only=True)
class DatasetSettings:
    """Every choice behind a generated data set; two equal settings give the same bytes.

    Raises `ConfigError` with all faults at once.
    """

    layout: Annotated[str, Parameter(validator=_known_layout)]
    """The data set whose files are imitated: mars, ilids-vid, prid2011, duke-video or folder.
    What that data set doesn't have, such as junk, is left out."""
    identities: int
    """How many people have a pid."""
    cameras: int
    """How many cameras there are, at least 2. Each of these people is seen by two or more."""
    seed: int
    """The number that everything is sampled from."""
    camera_seed: int | None = None
    """Another number for the cameras and their places: the same people elsewhere."""
    train_identities: int | None = None
    """How many of the people are for training, in layouts that split them; half when not given."""
    height: int = 128
    """Height of the crops in pixels."""
    width: int = 64
    """Width of the crops in pixels."""
    min_frames: int = 2
    """Length of the shortest tracklet that may occur."""
    median_frames: int = 24
    """Length that half of the tracklets exceed: lengths are log-normal, clipped at both ends."""
    max_frames: int = 200
    """Length of the longest tracklet that may occur."""
    seen_share: float = 0.8
    """Share of the cameras that see a person, on the average. With many cameras and a small share,
    people are spread over many places without more crops of each."""
    tracklets_per_camera: int = 2
    """A person has 1 to this many tracklets in each camera that sees them."""
    occluded_share: float = 0.75
    """Share of the tracklets with a long stretch of occlusion."""
    crowded_share: float = 0.0
    """Share of the tracklets in a crowd: for most of the time somebody is half before the person,
    and others are beside and behind."""
    distractor_share: float = 0.2
    """Tracklets of pid 0 for each tracklet of a real person that they stand among."""
    junk_share: float = 0.05
    """Tracklets of pid -1 for each tracklet of a real person that they stand among."""

    def __post_init__(self) -> None:
        faults = [message for broken, message in self._rules() if broken]
        if faults:
            raise ConfigError(faults, source="the generated data set")

    def _rules(self) -> tuple[tuple[bool, str], ...]:
        train, lengths = (
            self.train_identities,
            (self.min_frames, self.median_frames, self.max_frames),
        )
        return (
            (self.identities < 1, f"identities must be at least 1; got {self.identities}"),
            (self.cameras < 2, f"cameras must be at least 2; got {self.cameras}"),
            (self.seed < 0, f"seed must not be negative; got {self.seed}"),
            (
                self.camera_seed is not None and self.camera_seed < 0,
                f"camera_seed must not be negative; got {self.camera_seed}",
            ),
            (
                train is not None and not 0 <= train <= self.identities,
                f"train_identities must lie between 0 and identities ({self.identities}); "
                f"got {train}",
            ),
            (
                not 16 <= self.height <= 1024 or not 8 <= self.width <= 1024,
                "a crop must be 16 to 1024 pixels high and 8 to 1024 wide; "
                f"got {self.height} x {self.width}",
            ),
            (
                not 1 <= lengths[0] <= lengths[1] <= lengths[2] <= 999,
                "1 <= min_frames <= median_frames <= max_frames <= 999 must hold; "
                f"got {lengths[0]}, {lengths[1]}, {lengths[2]}",
            ),
            (
                not 1 <= self.tracklets_per_camera <= 999,
                f"tracklets_per_camera must lie between 1 and 999; got {self.tracklets_per_camera}",
            ),
            (
                not 0 <= self.seen_share <= 1,
                f"seen_share must lie between 0 and 1; got {self.seen_share}",
            ),
            (
                not 0 <= self.occluded_share <= 1,
                f"occluded_share must lie between 0 and 1; got {self.occluded_share}",
            ),
            (
                not 0 <= self.crowded_share <= 1,
                f"crowded_share must lie between 0 and 1; got {self.crowded_share}",
            ),
            (
                not 0 <= self.distractor_share <= 10 or not 0 <= self.junk_share <= 10,
                "distractor_share and junk_share must lie between 0 and 10; "
                f"got {self.distractor_share} and {self.junk_share}",
            ),
        )

    def as_dict(self) -> dict[str, object]:
        return asdict(self)
