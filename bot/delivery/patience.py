"""When the platform asks for patience, or cannot be reached: who waits, and how long."""

from bot.delivery.backoff import Backoff
from bot.delivery.clock import Clock

_LONGEST = 60.0
#: So many chats refused one after the other, with nothing that got through between them, speak of the bot as a whole.
_SEVERAL = 3


class Patience:
    """Of one channel: what all its lanes heed.

    A plea for patience is one chat's own affair: whoever floods a group makes nobody else wait. Only where chat after
    chat is refused and nothing gets through is it taken for the platform's word to the bot as a whole. Then everything
    pauses, at first for a second, and one message at a time finds out how things stand.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = 0.0  #: of the steady clock
        self._refused: set[str] = set()  #: chats told to wait since something got through
        self._outage = Backoff(longest=_LONGEST)
        self._doubt = Backoff(first=1.0, longest=_LONGEST)

    def seconds_left(self) -> float:
        """Seconds until anything may leave again."""
        return max(0.0, self._until - self._clock.monotonic())

    def pause(self, seconds: float) -> None:
        """Nothing leaves before."""
        self._until = max(self._until, self._clock.monotonic() + seconds)

    def note_success(self) -> None:
        """Something got through."""
        self._outage.reset()
        self._doubt.reset()
        self._refused.clear()

    @property
    def is_careful(self) -> bool:
        """Whether one message at a time is enough until something gets through."""
        return len(self._refused) >= _SEVERAL

    def note_unreachable(self) -> float:
        """Nobody can be reached now; seconds until the next try. What was on its way together failed together."""
        if not self.seconds_left():
            self.pause(self._outage.next())
        return self.seconds_left()

    def pause_chat(self, chat: str, seconds: float) -> None:
        """This chat was told to wait for so many seconds."""
        self._refused.add(chat)
        if self.is_careful and not self.seconds_left():
            self.pause(min(seconds, self._doubt.next()))
