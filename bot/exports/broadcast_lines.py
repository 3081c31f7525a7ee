"""The lines of a broadcast's report: a recipient each, and what they add up to."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from bot.exports.cells import Cell
from bot.harmless import harmless
from bot.store.api import Store
from handlers.broadcasts.model import Broadcast, Recipient
from handlers.broadcasts.report_words import channel_name, delivery, reason, step_name
from handlers.office.rights import MACHINE, Rights
from locales import N_, Translator
from rules.calendar import vietnamese

#: Recipients read and written in one go.
BATCH = 500


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """A report that somebody asked for."""

    rights: Rights
    broadcast: Broadcast
    steps: tuple[Broadcast, ...]  #: of a campaign, or for those who asked to hear it again
    t: Translator
    now: datetime
    chat: str = ""  #: id of the chat that asked; empty on the command line
    channel: str = MACHINE

    @property
    def sources(self) -> tuple[Broadcast, ...]:
        """Those that have recipients of their own."""
        return self.steps if self.broadcast.is_campaign else (self.broadcast, *self.steps)


class Line(NamedTuple):
    """A recipient, and of which broadcast."""

    of: Broadcast
    recipient: Recipient


@dataclass(slots=True)
class Totals:
    """What the lines add up to: by state, by reason, and by broadcast and state."""

    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)  #: state and reason
    steps: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, lines: Sequence[Line]) -> None:
        """Some more."""
        for of, recipient in lines:
            self.states[recipient.state] += 1
            self.steps[of.id][recipient.state] += 1
            if recipient.reason:
                self.reasons[recipient.state, recipient.reason] += 1

    @property
    def count(self) -> int:
        """All lines."""
        return self.states.total()


class Column(NamedTuple):
    """A column of the report."""

    title: str
    width: int  #: in characters of a spreadsheet
    cell: Callable[[Line], Cell]


def columns(order: ReportOrder) -> tuple[Column, ...]:
    """Those of a report; the step only where there are steps."""
    t, units = order.t, order.rights.units
    step = Column(N_("Step"), 22, lambda line: step_name(t, line.of.step))
    broadcast = Column(N_("Broadcast"), 12, lambda line: line.of.id)
    return (
        *((step, broadcast) if order.steps else ()),
        Column(N_("Recipient"), 13, lambda line: line.recipient.code),
        Column(N_("Name"), 32, lambda line: harmless(line.recipient.name or "")),
        Column(N_("Unit"), 32, lambda line: harmless(units.name(line.recipient.unit))),
        Column(N_("Channel"), 18, lambda line: channel_name(t, line.recipient.channel)),
        Column(N_("State"), 26, lambda line: delivery(t, line.recipient.state)),
        Column(N_("Reason"), 44, lambda line: reason(t, line.recipient.reason)),
        Column(N_("Attempts"), 9, lambda line: line.recipient.attempts),
        Column(N_("Queued at"), 17, lambda line: _on_clocks(line.recipient.queued_at)),
        Column(N_("Settled at"), 17, lambda line: _on_clocks(line.recipient.settled_at)),
    )


def _on_clocks(at: datetime | None) -> Cell:
    """Naive, on the clocks of Viet Nam: what a spreadsheet counts with."""
    return vietnamese(at).replace(tzinfo=None) if at else ""


async def batches(store: Store, order: ReportOrder, *, size: int = BATCH) -> AsyncIterator[list[Line]]:
    """The lines, each batch read in a transaction of its own: memory stays flat, and nobody waits."""
    for of in order.sources:
        after = ""
        while True:
            async with store.admin_transaction(order.now, chat=order.chat, channel=order.channel, reading=True) as unit:
                found = await unit.admin.broadcasts.recipients(order.rights, of.id, size, after)
            if not found:
                break
            yield [Line(of, recipient) for recipient in found]
            after = found[-1].code
