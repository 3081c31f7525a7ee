"""How many messages under way are enough: more would only wait in a queue, and make answers wait behind them."""

from bot.delivery.clock import Clock

#: Seconds that the quickest answer is remembered: a line may become slower.
_MEMORY = 10.0
#: Before anything is known.
_AT_FIRST = 8
#: Beside what the pace needs: each more is one more that an answer may find before it in a queue.
_SPARE = 2
#: Answers vary: as many times the quickest.
_VARIETY = 1.5


class Flight:
    """By Little's law: the pace, times how long an answer takes where nothing waits (as TCP Vegas finds its window)."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._per_second = per_second
        self._clock = clock
        self._since = clock.monotonic()
        self._quickest = 0.0
        self._before = 0.0  #: of the span before

    def record_latency(self, seconds: float) -> None:
        """A message was answered after so long."""
        now = self._clock.monotonic()
        if now - self._since >= _MEMORY:
            self._since, self._before, self._quickest = now, self._quickest, 0.0
        self._quickest = min(self._quickest or seconds, seconds)

    @property
    def concurrency(self) -> int:
        """Messages under way side by side."""
        quickest = min(self._quickest or self._before, self._before or self._quickest)
        if not quickest:
            return _AT_FIRST
        return _SPARE + int(self._per_second * quickest * _VARIETY)
