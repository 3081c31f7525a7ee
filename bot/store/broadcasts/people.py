"""The people of an audience as they are read: their channels, their certificates, what keeps a message from them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from bot.store.context import Language
from bot.store.drivers import Rows
from rules.outcome import Procedure

_PROCEDURES = {procedure.value: procedure for procedure in Procedure}


class Route(NamedTuple):
    """A chat that a reminder can be sent to now."""

    chat: str
    channel: str


@dataclass(slots=True)
class KnownCertificate:
    """A certificate of a person, as the register has it."""

    standing: str
    key: str | None  #: the same of a certificate, whoever asks about it
    not_after: int | None  #: as an ordinal
    owed: tuple[str, ...]
    subscriber: bytes | None  #: sealed; read where a text says names
    requested: set[str]

    @property
    def to_do(self) -> list[Procedure]:
        """Procedures that are owed and were not requested."""
        return [_PROCEDURES[one] for one in self.owed if one in _PROCEDURES and one not in self.requested]


@dataclass(frozen=True, slots=True)
class Person:
    """One who is meant."""

    chat: str  #: by which they are meant; of several the first by id
    channel: str  #: that a reminder would take
    stopped: bool
    blocked: bool  #: there is no way to them
    language: Language | None  #: ``None``: not known
    unit: str | None
    unit_name: str | None
    done: bool  #: said so in this series
    later_on: date | None  #: wants to be reminded in this series on that day
    had: int  #: reminders within a week
    name: str | None  #: on the newest certificate that has one; ``None`` also where names are not read
    certificates: Sequence[KnownCertificate]  #: the newest first
    routes: tuple[Route, ...] = ()  #: the chats that take messages, in the person's order; empty: the chat itself
    others: tuple[str, ...] = ()  #: further chats of the same person

    @property
    def route(self) -> Route:
        """The chat that a reminder goes to."""
        return self.routes[0] if self.routes else Route(self.chat, self.channel)

    def obstacle(self, per_week: int) -> str:
        """Return what keeps a message from this person, by the fields of ``ChannelCounts``."""
        if self.stopped:
            return "stopped"
        if self.blocked:
            return "blocked"
        return "capped" if self.had >= per_week else "reachable"


def certificates_by_chat(rows: Rows) -> defaultdict[str, dict[str, KnownCertificate]]:
    """Certificates by chat and standing."""
    found: defaultdict[str, dict[str, KnownCertificate]] = defaultdict(dict)
    for chat, standing, not_after, owed, subscriber, key, requested in rows:
        known = found[chat].get(standing)
        if known is None:
            listed = tuple(owed.split(",")) if owed else ()
            known = found[chat][standing] = KnownCertificate(standing, key, not_after, listed, subscriber, set())
        if requested is not None:
            known.requested.add(requested)
    return found
