"""A running broadcast from look to look: when to count it again, how fast it is, what was forgiven."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from handlers.broadcasts.model import Tally
from handlers.broadcasts.progress_words import Speed

#: Seconds between two counts at least; counting takes at most a twentieth of the time.
_STEP, _TIMES = 3.0, 20.0
#: Counts that the speed is taken from.
_SAMPLES = 10
#: Messages that have to be tried before their errors say anything.
_ENOUGH = 20
_ERRORS = ("failed", "invalid", "unknown")


@dataclass
class Watch:
    """What this process has seen of a broadcast. Nothing of it has to outlive the process."""

    revision: int | None = None  #: of the broadcast when it was counted last
    next_count: float = 0.0  #: of the steady clock
    forgiven: Tally = field(default_factory=Tally)  #: what had gone wrong before somebody let it go on
    samples: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=_SAMPLES))

    def record_count(self, tally: Tally, began: float, ended: float) -> None:
        """It was counted, between two moments of the steady clock."""
        self.next_count = ended + max(_STEP, _TIMES * (ended - began))
        self.samples.append((ended, tally.total - tally.open))

    def has_resumed(self, revision: int) -> bool:
        """Somebody has paused it, and let it go on, since it was counted last."""
        before, self.revision = self.revision, revision
        return before not in {None, revision}

    def reset_errors(self, tally: Tally) -> None:
        """It was paused with this much done."""
        self.forgiven = tally
        self.samples.clear()

    def speed(self, tally: Tally, now: datetime) -> Speed | None:
        """By the last counts; ``None`` while nothing moves."""
        if not self.samples:
            return None
        (first, before), (last, after) = self.samples[0], self.samples[-1]
        if after <= before or last <= first:
            return None
        per_second = (after - before) / (last - first)
        return Speed(per_second, now + timedelta(seconds=tally.open / per_second))

    def error_share(self, tally: Tally) -> float:
        """The share of those tried that could not be delivered, since somebody let it go on; blocked ones aside."""
        new = {state: tally.states.get(state, 0) - self.forgiven.states.get(state, 0) for state in ("sent", *_ERRORS)}
        tried = sum(new.values())
        return sum(new[state] for state in _ERRORS) / tried if tried >= _ENOUGH else 0.0
