"""What a worker does of a long stream: the detections in a part of a file.

They depend on nothing but the frames, so that a part can be looked at anywhere, and again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tacan.cluster.worker_threads import worker_threads
from tacan.errors import DetectorError, VideoError
from tacan.indexing.video_source import VideoSource
from tacan.progress import Progress
from tacan.video.decode import open_video
from tacan.video.detection_cache import Block, pack_block
from tacan.video.detection_source import open_detection_source
from tacan.video.pipeline import Pipeline
from tacan.video.video_records import Detections

__all__ = ["DetectJob", "DetectedPiece", "detect_job"]


@dataclass(frozen=True, slots=True)
class DetectJob:
    """The frames `first`, `first + stride`, ... before `end` of a file, to be shown to the detector
    of that fingerprint. Paths are absolute, and the stride and the tiles are chosen."""

    source: VideoSource
    fingerprint: str
    first: int
    end: int
    threads: int | None = None
    fetch: bool = False


@dataclass(frozen=True, slots=True)
class DetectedPiece:
    """The outcome of a job: the detections of its frames as a gallery keeps them, the seconds that
    it took, and those of each stage; `block` is None where the part could not be read."""

    block: bytes | None
    seconds: float = 0.0
    stage_seconds: dict[str, float] = field(default_factory=dict)


def detect_job(job: DetectJob, progress: Progress) -> DetectedPiece:
    """Detects people in the frames of a job on a worker. Raises `DetectorError` where the detector
    is another one than the job's."""
    began = time.monotonic()
    source = job.source
    settings = source.settings
    detections = open_detection_source(
        settings,
        video=source.path,
        camera=source.camera,
        threads=worker_threads(job.threads),
        fetch=job.fetch,
    )
    if detections.fingerprint != job.fingerprint:
        raise DetectorError(
            f"every worker must have the same detector ({job.fingerprint[:12]})",
            got=f"{settings.detector} of fingerprint {detections.fingerprint[:12]} there",
            remedy="Put the detector where all machines see it, with the same packages.",
        )
    found = _Found()
    try:
        with open_video(source.path, fps=settings.fps) as video, Pipeline() as pipeline:
            stride = settings.stride_at(video.fps)
            frames = video.frames_between(job.first, job.end, stride=stride)
            decoded = pipeline.spawn("decode", frames)
            for each in pipeline.spawn("detection", detections.detect(decoded, cache=found)):
                progress(each.frame.index + 1 - job.first, 0)
    except VideoError:
        return DetectedPiece(None)  # Whoever follows people through the file will say why.
    return DetectedPiece(pack_block(found.block), time.monotonic() - began, pipeline.seconds)


class _Found:
    """`KnownDetections` that are all new."""

    def __init__(self) -> None:
        self.block: Block = []

    def get(self, frame: int) -> Detections | None:
        del frame

    def add(self, frames: Block) -> None:
        self.block += frames

    def flush(self) -> None:
        """They are kept to the end."""
