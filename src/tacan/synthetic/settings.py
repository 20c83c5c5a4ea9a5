"""What a generated data set is made from. The manifest keeps these settings word for word."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from tacan.errors import ConfigError

__all__ = ["Settings"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every choice behind a generated data set; two equal settings give the same bytes.

    Attributes
    ----------
    layout
        The data set whose files are imitated: a name in `tacan.synthetic.layouts.LAYOUTS`.
    identities
        How many people have a pid.
    cameras
        How many cameras there are. A person is seen by at least two of them.
    seed
        The number that everything is drawn from.
    camera_seed
        Another number that the cameras and their places are drawn from: with it, data sets of
        one `seed` show the same people in other places. None: the seed.
    train_identities
        How many of the identities are for training, in layouts that split them. None: half.
    height, width
        Size of the crops in pixels.
    min_frames, median_frames, max_frames
        Length of the tracklets: log-normal around the median, clipped at both ends.
    seen_share
        Share of the cameras that see a person, on the average; two at least see everyone.
    tracklets_per_camera
        A person has 1 to this many tracklets in each camera that sees them.
    occluded_share
        Share of the tracklets with a long stretch of occlusion.
    distractor_share, junk_share
        Tracklets of pid 0 and of pid -1, as shares of the real tracklets that they stand among.

    Raises `ConfigError` with all faults at once.
    """

    layout: str
    identities: int
    cameras: int
    seed: int
    camera_seed: int | None = None
    train_identities: int | None = None
    height: int = 128
    width: int = 64
    min_frames: int = 2
    median_frames: int = 24
    max_frames: int = 200
    seen_share: float = 0.8
    tracklets_per_camera: int = 2
    occluded_share: float = 0.75
    distractor_share: float = 0.2
    junk_share: float = 0.05

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
                not 0 <= self.distractor_share <= 10 or not 0 <= self.junk_share <= 10,
                "distractor_share and junk_share must lie between 0 and 10; "
                f"got {self.distractor_share} and {self.junk_share}",
            ),
        )

    def as_dict(self) -> dict[str, object]:
        return asdict(self)
