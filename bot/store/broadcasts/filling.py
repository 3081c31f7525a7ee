"""What one person's message is filled with, and what keeps it from them."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from bot.store import places
from bot.store.api import Delivery
from bot.store.broadcasts.audience import window_of
from bot.store.broadcasts.people import Person
from bot.store.broadcasts.written import Written
from bot.store.reading import readable_text
from bot.store.sealing import Keyring
from handlers.broadcasts.model import Reason, Values
from handlers.broadcasts.policy import Policy
from rules.outcome import Procedure


@dataclass(frozen=True)
class Filling:
    """For one broadcast on one day."""

    keyring: Keyring
    policy: Policy
    written: Written
    today: date

    def values(self, person: Person, day: date | None = None) -> Values:
        """The person's values; ``day`` is what {han} means to this person, where that is known already."""
        return Values(
            language=person.language or self.policy.language,
            name=self._name(person),
            unit=person.unit_name,
            day=day or self.written.deadline or self._end(person),
            to_do=_to_do(person),
        )

    def reason_to_withhold(self, person: Person) -> tuple[Delivery, Reason] | None:
        """The end of the row at once, where the message is kept from the person."""
        if person.stopped:
            return Delivery.SKIPPED, Reason.STOPPED
        if person.blocked:
            return Delivery.BLOCKED, Reason.BLOCKED_BEFORE
        if person.done:
            return Delivery.SKIPPED, Reason.DONE
        if person.later_on is not None and person.later_on > self.today:
            return Delivery.SKIPPED, Reason.LATER
        if person.had >= self.policy.reminders_per_week:
            return Delivery.SKIPPED, Reason.CAPPED
        return None

    def _name(self, person: Person) -> str | None:
        """On the newest certificate that has one."""
        for known in person.certificates:
            place = places.subscriber(known.standing)
            if (name := readable_text(self.keyring, known.subscriber, place)) is not None:
                return name
        return None

    def _end(self, person: Person) -> date | None:
        """The first end of a certificate that is still to come, or lies in the window that was asked for."""
        first, last = self._window
        known = (one.not_after for one in person.certificates)
        end = min((end for end in known if end is not None and first <= end <= last), default=None)
        return None if end is None else date.fromordinal(end)

    @cached_property
    def _window(self) -> tuple[int, int]:
        asked = window_of(self.written.draft.audience, self.today)
        return asked or (self.today.toordinal(), date.max.toordinal())


def _to_do(person: Person) -> tuple[Procedure, ...]:
    return tuple(dict.fromkeys(one for known in person.certificates for one in known.to_do))
