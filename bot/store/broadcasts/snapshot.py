"""What is written once for all recipients of a broadcast."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.store import places
from bot.store.drivers import Call
from bot.store.moments import moment
from bot.store.powers import digest, warrant_of
from bot.store.request_book import Ask
from bot.store.sealing import Keyring
from handlers.broadcasts.model import Draft, Life
from handlers.broadcasts.template import Placeholder, placeholders
from handlers.office.rights import Act, Reach, Rights
from handlers.office.units import NO_UNITS
from rules.calendar import vietnamese_day


@dataclass(frozen=True, slots=True)
class Written:
    """A broadcast as its rows need it."""

    id: str
    draft: Draft
    unit: str | None  #: it reaches nobody beyond this unit and those below it
    parent: str | None
    step: str | None
    state: Life
    revision: int
    frozen_to: str  #: the last chat that has its row; empty: none
    starts_at: datetime | None
    changed_at: datetime
    document_size: int | None  #: bytes
    approved: bool  #: it is proven that it was, with this very text
    alone: bool | None  #: by whoever wrote it; ``None``: not known

    @property
    def series(self) -> str:
        """What a person's "done" and "later" are said to: the campaign, or itself."""
        return self.parent or self.id

    @property
    def deadline(self) -> date | None:
        """One for all recipients."""
        return self.draft.plan.deadline if self.draft.plan else self.draft.deadline

    @property
    def reach(self) -> Reach:
        """How far it may go."""
        return Rights.operator(NO_UNITS).reach(Act.WRITE_BROADCASTS, self.unit)

    @property
    def named(self) -> bool:
        """Whether a text says the name of the person."""
        text = self.draft.text
        return any(Placeholder.NAME in placeholders(one) for one in (text.vi, text.en))

    def day(self, now: datetime) -> date:
        """The day in Viet Nam on which it starts, as far as that is known."""
        return vietnamese_day(max(now, self.starts_at or now))


async def read_written(ask: Ask, keyring: Keyring, broadcast: str) -> Written | None:
    """The broadcast of an id."""
    (rows,) = await ask(Call("written", {"id": broadcast}))
    if not rows:
        return None
    content, size, unit, parent, step, state, revision, frozen_to, starts, changed, *proof = rows[0]
    plain = keyring.unseal_bytes(content, places.broadcast_content(broadcast))
    draft, warrant = Draft.model_validate_json(plain), warrant_of(keyring, proof)
    approved = warrant is not None and warrant.approver is not None and warrant.content == digest(plain)
    begins = None if starts is None else moment(starts)
    stands = Life(state), revision, frozen_to or "", begins, moment(changed)
    return Written(broadcast, draft, unit, parent, step, *stands, size, approved, warrant.alone if warrant else None)
