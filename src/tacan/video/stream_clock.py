"""Times of pictures since the first one, from what a stream says of each."""

from __future__ import annotations

__all__ = ["StreamClock"]

_REORDERED = 16
"""Pictures by which a stream without proper times may show one early, as AVI does."""
_LEAST_STEP = 0.5
"""Seconds by which a clock must step back at least to have been set anew."""


class StreamClock:
    """Turns a stream's times into seconds since its first picture, which always rise.

    A picture without a time comes one interval after the one before. A time that lies a little
    before the last one is a picture out of order, and follows it at once. A time that lies far
    before it is a clock that was set anew, as where two recordings were put together: it is taken
    to go on one interval after the last picture, and so do those after it.

    >>> clock = StreamClock(fps=10)
    >>> [round(clock.seconds(time), 3) for time in (7.0, 7.1, None, 2.0, 2.1)]
    [0.0, 0.1, 0.2, 0.3, 0.4]
    >>> clock.n_steps
    1
    """

    def __init__(self, fps: float) -> None:
        self.n_steps = 0
        """How often the clock was set back."""
        self._interval = 1 / fps
        self._tolerance = max(_LEAST_STEP, _REORDERED / fps)
        self._last: float | None = None
        self._offset: float | None = None
        """What is added to a time of the stream; None before it has told any."""

    def seconds(self, shown: float | None) -> float:
        """The seconds of the next picture, for which the stream says `shown`."""
        following = 0.0 if self._last is None else self._last + self._interval
        if shown is None:
            self._last = following
            return following
        if self._offset is None:
            self._offset = following - shown
        elif self._last is not None and shown + self._offset < self._last - self._tolerance:
            self._offset = following - shown
            self.n_steps += 1
        time = shown + self._offset
        # Tracklets must not step back.
        self._last = time if self._last is None else max(time, self._last + 1e-6)
        return self._last
