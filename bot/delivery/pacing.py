"""The pace of a channel's messages: exact over any second, and with room for answers during a broadcast."""

from collections import deque
from enum import Enum

from bot.channels import Pace, Rate
from bot.channels.token_buckets import TokenBucket, TokenBuckets
from bot.clock import Clock

#: Seconds beyond the second, for what clocks round.
_GRAIN = 0.001


class SlidingWindow:
    """Counts what arrived within the last second, or as many as the platform counts over, and what is on its way.

    A place is reserved before a message is fetched from the store and kept until a window after the platform's answer:
    at which moment between the two it counted the message, nobody knows. So no window of its clock ever holds more than
    the pace, however long the store, the line or the platform take, or however much that changes.
    """

    def __init__(self, per_second: float, window: float = 1.0) -> None:
        self._arrivals: deque[float] = deque()
        self._reserved = 0
        self._window = window
        self.limit(per_second)

    def limit(self, per_second: float) -> None:
        """Another pace from now on; below one a window, one message in as many seconds as that takes."""
        self.places = max(1, int(per_second * self._window + _GRAIN))
        self.seconds = max(self._window, 1.0 / per_second) + _GRAIN

    def free(self, now: float) -> int:
        """Places not taken."""
        while self._arrivals and self._arrivals[0] <= now - self.seconds:
            self._arrivals.popleft()
        return max(0, self.places - self._reserved - len(self._arrivals))

    def wait(self, now: float, wanted: int = 1) -> float:
        """Return the seconds until so many places are free, if nothing is reserved meanwhile."""
        missing = wanted - self.free(now)
        if missing <= 0 or not self._arrivals:
            return 0.0
        last = self._arrivals[min(missing, len(self._arrivals)) - 1]
        return max(0.0, last + self.seconds - now)

    def reserve(self, places: int) -> None:
        """Keep places that are free."""
        self._reserved += places

    def release(self, places: int) -> None:
        """Nothing leaves there."""
        self._reserved -= places

    def record_arrival(self, now: float) -> None:
        """A message that had a place reserved was answered, or may have arrived."""
        self._reserved -= 1
        self._arrivals.append(now)


#: Shares of a second's messages that leave at once: what one look at the store brings, and what a delay makes up for.
_BATCH, _BURST = 0.01, 0.06
#: Messages to many are spread by a little more than the pace, which itself is the window's affair: the longer the
#: window, the longer an answer would wait at its end for what left too early.
_SPREAD_FACTOR, _LONG_SPREAD_FACTOR = 1.1, 1.01
#: Places of a long window that are kept for answers at least.
_LONG_KEPT = 6
#: Seconds to look again where a place is reserved and nobody knows when it comes free.
_SHORTEST_WAIT = 0.005


class MessageKind(Enum):
    """The kind of a message that leaves."""

    URGENT = "urgent"  #: answers, and what concerns one person
    BROADCAST = "broadcast"  #: to many; leaves some places free for the others


class Pacer:
    """Gives out the places of a channel's messages. Each that was reserved is to be told of as arrived, or released."""

    def __init__(self, pace: Pace, clock: Clock) -> None:
        self._pace = pace
        self._clock = clock
        self._chats = TokenBuckets(pace.chat, clock)
        self._overall = SlidingWindow(pace.overall, pace.window)
        self._urgent = SlidingWindow(pace.urgent or pace.overall, pace.window)
        self._spread, self._least_kept = (_SPREAD_FACTOR, 0) if pace.window <= 1 else (_LONG_SPREAD_FACTOR, _LONG_KEPT)
        self._resting: dict[str, float] = {}  #: chats that have had their share, and until when
        self._processes = 1
        self._fewer: tuple[float, int] | None = None  #: from when on the pace is shared among fewer
        self._divide(1)

    def share(self, live: int) -> None:
        """Share the pace with so many processes from now on.

        Among more of them it is less at once; among fewer it is more only when what those who left have sent is a
        second ago. Who joins must not send before the others know of it and a second has passed. Exact as long as the
        pace is at least one a second for each.
        """
        self._fewer = None
        if live > self._processes:
            self._divide(live)
        elif live < self._processes:
            self._fewer = (self._clock.monotonic() + self._overall.seconds, live)

    @property
    def per_second(self) -> float:
        """The pace, of all processes together."""
        return self._pace.overall

    def _divide(self, live: int) -> None:
        self._processes = live
        rate = self._pace.overall / live
        self._overall.limit(rate)
        self._urgent.limit((self._pace.urgent or self._pace.overall) / live)
        places = self._overall.places
        self._kept = min(max(2 + places // 200, self._least_kept), places // 4)
        self._batch = max(1, int(places * _BATCH))
        self._even = TokenBucket(Rate(rate * self._spread, max(1.0, places * _BURST)), self._clock.monotonic())

    def _now(self) -> float:
        now = self._clock.monotonic()
        if self._fewer and self._fewer[0] <= now:
            self._divide(self._fewer[1])
            self._fewer = None
        return now

    def reserve(self, kind: MessageKind, most: int) -> int:
        """Reserve at most so many places, and return how many; for a broadcast several at a time, to claim seldom."""
        now = self._now()
        if kind is MessageKind.URGENT:
            places = min(most, self._overall.free(now), self._urgent.free(now))
            self._urgent.reserve(places)
        else:
            free = min(self._overall.free(now) - self._kept, int(self._even.level(now)))
            places = min(most, free) if free >= self._batch else 0
            self._even.put_back(-places)
        self._overall.reserve(places)
        return places

    def release(self, kind: MessageKind, places: int) -> None:
        """Nothing leaves there."""
        self._overall.release(places)
        if kind is MessageKind.URGENT:
            self._urgent.release(places)
        else:
            self._even.put_back(places)

    def record_arrival(self, kind: MessageKind) -> None:
        """The platform has answered a message, or nobody knows whether it got it."""
        now = self._clock.monotonic()
        self._overall.record_arrival(now)
        if kind is MessageKind.URGENT:
            self._urgent.record_arrival(now)

    def wait(self, kind: MessageKind) -> float:
        """Return the seconds until it is worth asking for places again."""
        now = self._now()
        if kind is MessageKind.URGENT:
            return max(_SHORTEST_WAIT, self._overall.wait(now), self._urgent.wait(now))
        even = (self._batch - self._even.level(now)) / (self._pace.overall / self._processes * self._spread)
        return max(_SHORTEST_WAIT, even, self._overall.wait(now, self._batch + self._kept))

    def take_chat_place(self, chat: str) -> float:
        """A message to this chat comes up; seconds to hold it back."""
        seconds = self._chats.take(chat)
        now, rest = self._clock.monotonic(), self._chats.wait(chat)
        if rest > 0:
            self._resting[chat] = now + rest
        return seconds

    def resting_chats(self) -> list[str]:
        """Chats that get nothing for the moment: whoever looks for messages leaves theirs where they are."""
        now = self._clock.monotonic()
        self._resting = {chat: until for chat, until in self._resting.items() if until > now}
        return list(self._resting)

    def rest_seconds(self) -> float | None:
        """Return the seconds until the next chat may get something again; ``None`` where there is none."""
        return max(0.0, min(self._resting.values()) - self._clock.monotonic()) if self._resting else None

    def return_chat_place(self, chat: str) -> None:
        """Let a chat rest: it comes up another time."""
        self._chats.put_back(chat)
        self._resting.pop(chat, None)


#: Seconds that the quickest answer is remembered: a line may become slower.
_SAMPLE_SECONDS = 10.0
#: Before anything is known.
_INITIAL_LIMIT = 8
#: Beside what the pace needs: each more is one more that an answer may find before it in a queue.
_SPARE_PLACES = 2
#: Answers vary: as many times the quickest.
_LATENCY_MARGIN = 1.5


class ConcurrencyLimit:
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
        if now - self._since >= _SAMPLE_SECONDS:
            self._since, self._before, self._quickest = now, self._quickest, 0.0
        self._quickest = min(self._quickest or seconds, seconds)

    @property
    def concurrency(self) -> int:
        """Messages under way side by side."""
        quickest = min(self._quickest or self._before, self._before or self._quickest)
        if not quickest:
            return _INITIAL_LIMIT
        return _SPARE_PLACES + int(self._per_second * quickest * _LATENCY_MARGIN)
