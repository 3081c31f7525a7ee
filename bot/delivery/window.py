"""So many messages in any second of the platform's clock, and not one more."""

from collections import deque

#: Seconds beyond the second, for what clocks round.
_GRAIN = 0.001


class Window:
    """Counts what arrived within the last second, and what is on its way.

    A place is reserved before a message is fetched from the store and kept until a second after the platform's answer:
    at which moment between the two it counted the message, nobody knows. So no second of its clock ever holds more than
    ``per_second``, however long the store, the line or the platform take, or however much that changes.
    """

    def __init__(self, per_second: float) -> None:
        self._arrivals: deque[float] = deque()
        self._reserved = 0
        self.limit(per_second)

    def limit(self, per_second: float) -> None:
        """Another pace from now on; below one a second, one message in as many seconds as that takes."""
        self.places = max(1, int(per_second))
        self.seconds = max(1.0, 1.0 / per_second) + _GRAIN

    def free(self, now: float) -> int:
        """Places not taken."""
        while self._arrivals and self._arrivals[0] <= now - self.seconds:
            self._arrivals.popleft()
        return max(0, self.places - self._reserved - len(self._arrivals))

    def wait(self, now: float, wanted: int = 1) -> float:
        """Seconds until so many places are free, if nothing is reserved meanwhile."""
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
