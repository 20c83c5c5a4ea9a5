from __future__ import annotations

import errno

from tacan.video.demux import VideoBytes


class FailingBytes(VideoBytes):
    """Bytes of which those behind the first `limit` can't be read."""

    limit = 0

    def read(self, size: int) -> bytes:
        if self.tell() + size > self.limit:
            self.error = OSError(errno.EIO, "Input/output error")
            raise self.error
        return super().read(size)
