"""The pace of a channel's messages: exact over any second, and with room for answers during a broadcast."""

from collections import deque
from enum import Enum
from itertools import islice
from math import ceil
from typing import NamedTuple

from bot.channels.pace import Pace, Rate, TokenBucket, TokenBuckets
from bot.clock import Clock

#: Seconds beyond the second, for what clocks round.
_GRAIN = 0.001


class SlidingWindow:
    """Counts what arrived within the last second, or as many as the platform counts over, and what is on its way.

    A place is reserved before a message is fetched from the store and kept until a window after the platform's answer:
    at which moment between the two it counted the message, nobody knows. So no window of its clock ever holds more than
    its places, however long the store, the line or the platform take, or however much that changes.
    """

    def __init__(self, places: int, seconds: float) -> None:
        self._arrivals: deque[float] = deque()
        self._reserved = 0
        self.limit(places, seconds)

    def limit(self, places: int, seconds: float) -> None:
        """Let so many messages through in so many seconds from now on; none is a number, too."""
        self.places = places
        self.seconds = seconds

    def free(self, now: float) -> int:
        """Return how many places are not taken."""
        while self._arrivals and self._arrivals[0] <= now - self.seconds:
            self._arrivals.popleft()
        return max(0, self.places - self._reserved - len(self._arrivals))

    def free_within(self, now: float, seconds: float) -> int:
        """Return how many places are not taken, or will not be so many seconds from now."""
        free = self.free(now)
        soon = sum(1 for at in islice(self._arrivals, _MOST_AHEAD) if at <= now + seconds - self.seconds)
        return free or max(0, self.places - self._reserved - len(self._arrivals) + soon)

    def until_departure(self, now: float) -> float:
        """Return the seconds until all that have a place reserved may leave; 0 unless it was reserved ahead."""
        self.free(now)
        if self._reserved + len(self._arrivals) <= self.places:
            return 0.0
        return max(_GRAIN, self._arrivals[0] + self.seconds - now) if self._arrivals else self.seconds

    def wait(self, now: float, wanted: int = 1) -> float:
        """Return the seconds until so many places are free, if nothing is reserved meanwhile."""
        missing = wanted - self.free(now)
        if wanted > self.places:
            return self.seconds
        if missing <= 0 or not self._arrivals:
            return 0.0
        last = self._arrivals[min(missing, len(self._arrivals)) - 1]
        return max(0.0, last + self.seconds - now)

    def reserve(self, places: int) -> None:
        """Keep places that are free."""
        self._reserved += places

    def release(self, places: int) -> None:
        """Give places back from which nothing leaves."""
        self._reserved -= places

    def record_arrival(self, now: float) -> None:
        """Note that a message with a reserved place was answered, or may have arrived."""
        self._reserved -= 1
        self._arrivals.append(now)


#: Shares of a second's messages that leave at once: what one look at the store brings, and what a delay makes up for.
_BATCH, _BURST = 0.01, 0.06
#: Messages to many are spread by a little more than the pace, which itself is the window's affair: the longer the
#: window, the longer an answer would wait at its end for what left too early.
_SPREAD_FACTOR, _LONG_SPREAD_FACTOR = 1.1, 1.01
#: Places of a long window that are kept for answers at least.
_LONG_KEPT = 6
#: Messages a second of a process that has no place at all: nothing leaves, and nothing is divided by none.
_SLOWEST = 0.001
#: Fewer places than these leave none for answers alone.
_FEW = 4
#: Seconds without any answer after which none are kept for answers: of 25 messages a second one is a twenty-fifth.
_QUIET = 60.0
#: Places of a window that are looked at for those that will be free soon.
_MOST_AHEAD = 50
#: Seconds to look again where a place is reserved and nobody knows when it comes free.
_SHORTEST_WAIT = 0.005


def _window(pace: Pace, per_second: float) -> float:
    """Return the seconds over which a pace is counted; below one a window, as many as one message takes."""
    return max(pace.window, 1.0 / per_second) + _GRAIN


def _places(pace: Pace, per_second: float) -> int:
    """Return the messages of such a window."""
    return max(1, int(per_second * pace.window + _GRAIN))


class MessageKind(Enum):
    """The kind of a message that leaves."""

    URGENT = "urgent"  #: answers, and what concerns one person
    BROADCAST = "broadcast"  #: to many; leaves some places free for the others


class _Part(NamedTuple):
    """The places of one process among several; those of all of them are the whole pace, and never more."""

    overall: int
    urgent: int
    kept: int  #: left free by messages to many

    @classmethod
    def of(cls, pace: Pace, live: int, rank: int) -> "_Part":
        """Return the part of the process that comes at ``rank`` (from 0) in the order of ``live`` ones.

        Whole places are dealt out in turn, so that they add up to the pace. A process that counts others which are dead
        comes later, or among more, than it does: its part is smaller then, and the whole stays within the pace.
        """
        overall, urgent = _places(pace, pace.overall), _places(pace, pace.urgent or pace.overall)
        kept = min(2 + overall // 200, max(1, overall // 20)) if overall >= _FEW else 0
        if pace.window > 1:
            kept = min(max(kept, _LONG_KEPT), overall // 4)
        return cls(*(max(0, ceil((whole - rank) / live)) for whole in (overall, urgent, kept)))

    def within(self, other: "_Part") -> "_Part":
        """Return what both allow."""
        return _Part(min(self.overall, other.overall), min(self.urgent, other.urgent), max(self.kept, other.kept))


class Pacer:
    """Gives out the places of a channel's messages. Each that was reserved is to be told of as arrived, or released."""

    def __init__(self, pace: Pace, clock: Clock) -> None:
        self._pace = pace
        self._clock = clock
        self._chats = TokenBuckets(pace.chat, clock)
        self._part = _Part.of(pace, 1, 0)
        self._overall = SlidingWindow(self._part.overall, _window(pace, pace.overall))
        self._urgent = SlidingWindow(self._part.urgent, _window(pace, pace.urgent or pace.overall))
        self._resting: dict[str, float] = {}  #: chats that have had their share, and until when
        self._later: tuple[float, _Part] | None = None  #: from when on the part is another, in some place larger
        self._answered = float("-inf")  #: when the last answer left
        self._take(self._part)

    def share(self, live: int, rank: int = 0) -> None:
        """Share the pace with so many processes from now on, this one at ``rank`` in their order.

        Where the part becomes smaller, that is at once; where it becomes larger, only when what others have sent before
        is a second ago. Who joins must not send before the others know of it and a second has passed.
        """
        part = _Part.of(self._pace, live, rank)
        now = self._clock.monotonic()
        if self._later and self._later[1] == part:
            return
        self._later = None if part == self._part else (now + self._overall.seconds, part)
        if (smaller := self._part.within(part)) != self._part:
            self._take(smaller)

    @property
    def per_second(self) -> float:
        """Return the pace of all processes together."""
        return self._pace.overall

    def _take(self, part: _Part) -> None:
        self._part = part
        self._overall.limit(part.overall, self._overall.seconds)
        self._urgent.limit(part.urgent, self._urgent.seconds)
        self._kept = part.kept
        self._batch = max(1, int(part.overall * _BATCH))
        factor = _SPREAD_FACTOR if self._pace.window <= 1 else _LONG_SPREAD_FACTOR
        self._spread = max(part.overall / self._overall.seconds * factor, _SLOWEST)
        self._even = TokenBucket(Rate(self._spread, max(1.0, part.overall * _BURST)), self._clock.monotonic())

    def _now(self) -> float:
        now = self._clock.monotonic()
        if self._later and self._later[0] <= now:
            self._take(self._later[1])
            self._later = None
        return now

    def reserve(self, kind: MessageKind, most: int, ahead: float = 0.0) -> int:
        """Reserve at most so many places, and return how many; for a broadcast several at a time, to claim seldom.

        For a broadcast places may be reserved so many seconds ``ahead``, while its messages are fetched from the store:
        none may leave before ``until_departure`` is over.
        """
        now = self._now()
        if kind is MessageKind.URGENT:
            places = min(most, self._overall.free(now), self._urgent.free(now))
            self._urgent.reserve(places)
        else:
            even = int(self._even.level(now) + ahead * self._spread)
            free = min(self._overall.free_within(now, ahead) - self._kept_for_answers(now), even)
            places = min(most, free) if free >= self._batch else 0
            self._even.put_back(-places)
        self._overall.reserve(places)
        return places

    def has_place(self, kind: MessageKind) -> bool:
        """Tell whether a place is free, without reserving it."""
        now = self._now()
        free = self._overall.free(now)
        return (
            min(free, self._urgent.free(now)) > 0 if kind is MessageKind.URGENT else free > self._kept_for_answers(now)
        )

    def until_departure(self) -> float:
        """Return the seconds until a message whose place was reserved ahead may leave."""
        return self._overall.until_departure(self._now())

    def release(self, kind: MessageKind, places: int) -> None:
        """Give places back from which nothing leaves."""
        self._overall.release(places)
        if kind is MessageKind.URGENT:
            self._urgent.release(places)
        else:
            self._even.put_back(places)

    def record_arrival(self, kind: MessageKind) -> None:
        """Note that the platform has answered a message, or that nobody knows whether it got it."""
        now = self._clock.monotonic()
        self._overall.record_arrival(now)
        if kind is MessageKind.URGENT:
            self._urgent.record_arrival(now)
            self._answered = now

    def _kept_for_answers(self, now: float) -> int:
        """Return the places that messages to many leave free; an answer waits long at the end of a long window."""
        return self._kept if self._pace.window > 1 or now - self._answered < _QUIET else 0

    def wait(self, kind: MessageKind) -> float:
        """Return the seconds until it is worth asking for places again."""
        now = self._now()
        if kind is MessageKind.URGENT:
            return max(_SHORTEST_WAIT, self._overall.wait(now), self._urgent.wait(now))
        even = (self._batch - self._even.level(now)) / self._spread
        return max(_SHORTEST_WAIT, even, self._overall.wait(now, self._batch + self._kept_for_answers(now)))

    def take_chat_place(self, chat: str) -> float:
        """Take a place for a message to this chat, and return the seconds to hold it back."""
        seconds = self._chats.take(chat)
        now, rest = self._clock.monotonic(), self._chats.wait(chat)
        if rest > 0:
            self._resting[chat] = now + rest
        return seconds

    def resting_chats(self) -> list[str]:
        """List chats that get nothing for the moment: their messages are not to be claimed."""
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
    """Finds how many go out side by side by Little's law: the pace, times how long an answer takes with no queue."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._per_second = per_second
        self._clock = clock
        self._since = clock.monotonic()
        self._quickest = 0.0
        self._before = 0.0  #: of the span before

    def record_latency(self, seconds: float) -> None:
        """Note that a message was answered after so many seconds."""
        now = self._clock.monotonic()
        if now - self._since >= _SAMPLE_SECONDS:
            self._since, self._before, self._quickest = now, self._quickest, 0.0
        self._quickest = min(self._quickest or seconds, seconds)

    @property
    def concurrency(self) -> int:
        """Return how many messages may be under way side by side."""
        quickest = min(self._quickest or self._before, self._before or self._quickest)
        if not quickest:
            return _INITIAL_LIMIT
        return _SPARE_PLACES + int(self._per_second * quickest * _LATENCY_MARGIN)
