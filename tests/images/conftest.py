from tests.clips.conftest import tracklet

__all__ = ["tracklet"]
