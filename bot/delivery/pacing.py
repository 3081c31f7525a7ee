"""How fast a channel's messages leave: exact over any second, and with room for answers while many are written to."""

from dataclasses import dataclass
from enum import Enum

from bot.delivery.buckets import Bucket, Buckets, Rate
from bot.delivery.clock import Clock
from bot.delivery.window import Window

#: Shares of a second's messages that leave at once: what one look at the store brings, and what a delay makes up for.
_BATCH, _BURST = 0.01, 0.06
#: Messages to many are spread by a little more than the pace, which itself is the window's affair.
_HURRY = 1.1
#: Seconds to look again where a place is reserved and nobody knows when it comes free.
_SOON = 0.005


class Kind(Enum):
    """What leaves."""

    URGENT = "urgent"  #: answers, and what concerns one person
    BROADCAST = "broadcast"  #: to many; leaves some places free for the others


@dataclass(frozen=True, slots=True)
class Pace:
    """What a platform takes: a second over all chats, and in one chat (where a short burst is let through)."""

    overall: float
    chat: Rate
    urgent: float | None = None  #: a second of what is not a broadcast, where that is less


class Pacer:
    """Gives out the places of a channel's messages. Each that was reserved is to be told of as arrived, or released."""

    def __init__(self, pace: Pace, clock: Clock) -> None:
        self._pace = pace
        self._clock = clock
        self._chats = Buckets(pace.chat, clock)
        self._overall = Window(pace.overall)
        self._urgent = Window(pace.urgent or pace.overall)
        self._resting: dict[str, float] = {}  #: chats that have had their share, and until when
        self._processes = 1
        self._fewer: tuple[float, int] | None = None  #: from when on the pace is shared among fewer
        self._divide(1)

    def share(self, live: int) -> None:
        """So many processes share the pace from now on.

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
        self._kept = min(2 + places // 200, places // 4)
        self._batch = max(1, int(places * _BATCH))
        self._even = Bucket(Rate(rate * _HURRY, max(1.0, places * _BURST)), self._clock.monotonic())

    def _now(self) -> float:
        now = self._clock.monotonic()
        if self._fewer and self._fewer[0] <= now:
            self._divide(self._fewer[1])
            self._fewer = None
        return now

    def reserve(self, kind: Kind, most: int) -> int:
        """At most so many places; how many there are. Of a broadcast some at a time, so that few looks fetch many."""
        now = self._now()
        if kind is Kind.URGENT:
            places = min(most, self._overall.free(now), self._urgent.free(now))
            self._urgent.reserve(places)
        else:
            free = min(self._overall.free(now) - self._kept, int(self._even.level(now)))
            places = min(most, free) if free >= self._batch else 0
            self._even.put_back(-places)
        self._overall.reserve(places)
        return places

    def release(self, kind: Kind, places: int) -> None:
        """Nothing leaves there."""
        self._overall.release(places)
        if kind is Kind.URGENT:
            self._urgent.release(places)
        else:
            self._even.put_back(places)

    def record_arrival(self, kind: Kind) -> None:
        """The platform has answered a message, or nobody knows whether it got it."""
        now = self._clock.monotonic()
        self._overall.record_arrival(now)
        if kind is Kind.URGENT:
            self._urgent.record_arrival(now)

    def wait(self, kind: Kind) -> float:
        """Seconds until it is worth asking for places again."""
        now = self._now()
        if kind is Kind.URGENT:
            return max(_SOON, self._overall.wait(now), self._urgent.wait(now))
        even = (self._batch - self._even.level(now)) / (self._pace.overall / self._processes * _HURRY)
        return max(_SOON, even, self._overall.wait(now, self._batch + self._kept))

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
        """Seconds until the next of them may get something again; ``None`` where there is none."""
        return max(0.0, min(self._resting.values()) - self._clock.monotonic()) if self._resting else None

    def return_chat_place(self, chat: str) -> None:
        """It comes up another time."""
        self._chats.put_back(chat)
        self._resting.pop(chat, None)
