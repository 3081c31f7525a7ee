"""Count the calls of one account: whatever is asked of Zalo, a message or not, takes a place of the same minute."""

from bot.clock import Clock

#: Seconds over which Zalo counts, and a little more for clocks that differ.
_WINDOW = 60.2
#: The share of places that is kept free of messages to many, for answers, and the fewest; messages to many are spread
#: over the minute, so that a place comes free again soon.
_RESERVE, _LEAST_RESERVE = 0.02, 3
#: Seconds to look again where a place is taken by a call that has no answer yet.
_SHORTEST_WAIT = 0.05


class CallBucket:
    """Gives out the calls of a minute, answers first; learns what Zalo says is left.

    A call has its place from the moment it leaves until a minute after its answer: when Zalo counted it, nobody knows.
    """

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._most = self._limit = per_minute
        self._clock = clock
        self._live = 1
        self._running = 0
        self._answered: list[float] = []
        self._urgent_waiting = 0

    @property
    def places(self) -> int:
        """Return how many calls this process may make in a minute."""
        return max(1, self._limit // self._live)

    def share(self, live: int) -> None:
        """Share the calls with so many processes."""
        self._live = max(1, live)

    async def take(self, *, urgent: bool) -> None:
        """Wait for a place; ``urgent`` calls go before others."""
        if not urgent:
            while (wait := self._wait(self._for_many())) or self._urgent_waiting:
                await self._clock.sleep(wait or _SHORTEST_WAIT)
        else:
            self._urgent_waiting += 1
            try:
                while wait := self._wait(self.places):
                    await self._clock.sleep(wait)
            finally:
                self._urgent_waiting -= 1
        self._running += 1

    def give_back(self) -> None:
        """Note that the call which had a place was answered, or may have arrived."""
        self._running -= 1
        self._answered.append(self._clock.monotonic())

    def learn(self, limit: str | None, remaining: str | None) -> None:
        """Note what an answer says of the limit, and of calls that others make for the same account."""
        if limit and limit.isdecimal() and int(limit):
            self._limit = min(self._most, int(limit))
        if remaining and remaining.isdecimal():
            self._fill(max(0, self._free(self.places) - int(remaining) // self._live))

    def exhaust(self) -> None:
        """Let nothing leave for a minute: Zalo says that it is enough."""
        self._fill(self.places)

    def _fill(self, places: int) -> None:
        self._answered += [self._clock.monotonic()] * places

    def _for_many(self) -> int:
        return max(1, self.places - max(_LEAST_RESERVE, int(self.places * _RESERVE)))

    def _free(self, places: int) -> int:
        since = self._clock.monotonic() - _WINDOW
        self._answered = [at for at in self._answered if at > since]
        return places - self._running - len(self._answered)

    def _wait(self, places: int) -> float:
        """Return the seconds until a place may be free."""
        free = self._free(places)
        if free > 0:
            return 0.0
        if -free >= len(self._answered):
            return _SHORTEST_WAIT
        return max(_SHORTEST_WAIT, self._answered[-free] + _WINDOW - self._clock.monotonic())
