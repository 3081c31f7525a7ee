"""The pace of a channel, and token buckets: how fast somebody may go on, with an allowance that comes back."""

from dataclasses import dataclass

from bot.clock import Clock


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second in the long run, ``burst`` at once."""

    per_second: float
    burst: float


@dataclass(frozen=True, slots=True)
class Pace:
    """The messages a second that a platform takes: over all chats, and in one chat (which also takes a short burst)."""

    overall: float
    chat: Rate
    urgent: float | None = None  #: a second of what is not a broadcast, where that is less
    window: float = 1.0  #: seconds over which the platform counts: what it takes in them may come unevenly


#: Buckets of chats are forgotten when there are more than this many: a full bucket is as good as none.
_MOST_BUCKETS = 4096


class TokenBucket:
    """Tokens that come back with time."""

    __slots__ = ("_at", "_rate", "_tokens")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = float(rate.burst)
        self._at = now

    def level(self, now: float) -> float:
        """Return the tokens that are there now; negative where they were taken in advance."""
        self._tokens = min(self._rate.burst, self._tokens + (now - self._at) * self._rate.per_second)
        self._at = now
        return self._tokens

    def wait(self, now: float) -> float:
        """Return the seconds until there is a whole token."""
        return max(0.0, (1 - self.level(now)) / self._rate.per_second)

    def put_back(self, tokens: float) -> None:
        """Give back tokens that were taken and not used."""
        self._tokens += tokens

    def take(self, now: float) -> float:
        """Take a token, in advance where there is none; seconds until it is really there."""
        left = self.level(now) - 1
        self._tokens = left
        return max(0.0, -left / self._rate.per_second)


class TokenBuckets:
    """Keeps one bucket a key, made when first asked for and forgotten once it is full again."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: dict[str, TokenBucket] = {}
        self._crowded = _MOST_BUCKETS

    def take(self, key: str) -> float:
        """Take a token in advance; seconds to wait for it."""
        return self._of(key).take(self._clock.monotonic())

    def put_back(self, key: str) -> None:
        """Give back a token that was taken and not used."""
        self._of(key).put_back(1)

    def level(self, key: str) -> float:
        """Return the tokens that are there now."""
        return self._of(key).level(self._clock.monotonic())

    def wait(self, key: str) -> float:
        """Return the seconds until there is a whole token."""
        return self._of(key).wait(self._clock.monotonic())

    def try_take(self, key: str) -> bool:
        """Take a token if there is one."""
        bucket, now = self._of(key), self._clock.monotonic()
        if bucket.level(now) < 1:
            return False
        bucket.take(now)
        return True

    def _of(self, key: str) -> TokenBucket:
        if key not in self._buckets:
            self._forget_full_ones()
            self._buckets[key] = TokenBucket(self._rate, self._clock.monotonic())
        return self._buckets[key]

    def _forget_full_ones(self) -> None:
        if len(self._buckets) >= self._crowded:
            now, full = self._clock.monotonic(), self._rate.burst
            self._buckets = {key: bucket for key, bucket in self._buckets.items() if bucket.level(now) < full}
            self._crowded = max(_MOST_BUCKETS, 2 * len(self._buckets))
