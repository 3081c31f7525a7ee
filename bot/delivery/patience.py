"""When the platform asks for patience, or cannot be reached: who waits, and how long."""

from bot.delivery.backoff import Backoff
from bot.delivery.clock import Clock

_LONGEST = 60.0


class Patience:
    """Of one channel: what both of its lanes heed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = 0.0  #: of the steady clock
        self._chats: dict[str, float] = {}  #: told to wait, and until when
        self._outage = Backoff(longest=_LONGEST)

    def left(self) -> float:
        """Seconds until anything may leave again."""
        return max(0.0, self._until - self._clock.monotonic())

    def pause(self, seconds: float) -> None:
        """Nothing leaves before."""
        self._until = max(self._until, self._clock.monotonic() + seconds)

    def reached(self) -> None:
        """Something got through."""
        self._outage.reset()

    def unreachable(self) -> float:
        """Nobody can be reached now; seconds until the next try. What was on its way together failed together."""
        if not self.left():
            self.pause(self._outage.next())
        return self.left()

    def asked(self, chat: str, seconds: float) -> None:
        """This chat waits; a second one told to wait meanwhile means that the bot as a whole is too fast."""
        now = self._clock.monotonic()
        self._chats = {other: until for other, until in self._chats.items() if until > now}
        if self._chats.keys() - {chat}:
            self.pause(seconds)
        self._chats[chat] = now + seconds
