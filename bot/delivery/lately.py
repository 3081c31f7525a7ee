"""How much of something each chat took lately: what is longer ago counts less and less."""

from collections.abc import Callable

#: Chats remembered; the one that took something longest ago is forgotten first.
_KEPT = 4096
#: Seconds after which half is forgotten.
_HALF_LIFE = 60.0


class Lately:
    """Seconds of each chat, by a clock that does not jump."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._taken: dict[str, tuple[float, float]] = {}  #: seconds, as of when

    def add(self, chat: str, seconds: float) -> None:
        """The chat took so many more."""
        taken = self.of(chat) + seconds
        self._taken.pop(chat, None)
        self._taken[chat] = taken, self._now()
        if len(self._taken) > _KEPT:
            del self._taken[next(iter(self._taken))]

    def of(self, chat: str) -> float:
        """What is not forgotten yet of what it took."""
        seconds, since = self._taken.get(chat, (0.0, 0.0))
        return seconds and float(seconds * 0.5 ** ((self._now() - since) / _HALF_LIFE))
