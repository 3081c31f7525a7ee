"""So many departures in any second, and not one more."""

from collections import deque

#: Seconds beyond the second: what left in time may arrive closer together, by as much as the way takes now and then.
_JITTER = 0.02


class Window:
    """Counts what left within the last second, and what is about to leave.

    A place is reserved before a message is fetched, and kept from then until a second after it left. So however long
    the fetching takes, no window of a second holds more than ``per_second`` departures.
    """

    def __init__(self, per_second: float) -> None:
        self._departures: deque[float] = deque()
        self._reserved = 0
        self.limit(per_second)

    def limit(self, per_second: float) -> None:
        """Another pace from now on; below one a second, one message in as many seconds as that takes."""
        self.places = max(1, int(per_second))
        self.seconds = max(1.0, 1.0 / per_second) + _JITTER

    def free(self, now: float) -> int:
        """Places not taken."""
        while self._departures and self._departures[0] <= now - self.seconds:
            self._departures.popleft()
        return max(0, self.places - self._reserved - len(self._departures))

    def wait(self, now: float, wanted: int = 1) -> float:
        """Seconds until so many places are free, if nothing is reserved meanwhile."""
        missing = wanted - self.free(now)
        if missing <= 0 or not self._departures:
            return 0.0
        last = self._departures[min(missing, len(self._departures)) - 1]
        return max(0.0, last + self.seconds - now)

    def reserve(self, places: int) -> None:
        """Keep places that are free."""
        self._reserved += places

    def release(self, places: int) -> None:
        """Nothing leaves there."""
        self._reserved -= places

    def leave(self, now: float) -> None:
        """A message leaves from a reserved place."""
        self._reserved -= 1
        self._departures.append(now)
