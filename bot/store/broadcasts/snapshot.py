"""What is written once for all recipients of a broadcast."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.store.drivers.base import Query
from bot.store.encoding import from_micros
from bot.store.power_seals import content_digest, unseal_warrant
from bot.store.requests import RunQueries
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from handlers.model.broadcast import BroadcastDraft, BroadcastState
from rules.calendar import to_vietnam_day

#: Steps of the standing campaign, which come with their rows: this, and the day.
EXPIRY_STEP = "expiry:"
#: Steps for those who wanted to be reminded again: this, and the day.
LATER_STEP = "later:"


@dataclass(frozen=True, slots=True)
class BroadcastSnapshot:
    """A broadcast as its rows need it."""

    id: str
    draft: BroadcastDraft
    unit: str | None  #: it reaches nobody beyond this unit and those below it
    parent: str | None
    step: str | None
    state: BroadcastState
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
        """The day that is the same for all recipients."""
        return self.draft.plan.deadline if self.draft.plan else self.draft.deadline

    @property
    def is_of_expiry(self) -> bool:
        """Whether its recipients are found by certificates that end."""
        return (self.step or "").startswith(EXPIRY_STEP)

    @property
    def postponed_to(self) -> date | None:
        """Of a step for those who wanted to be reminded again, the day that they chose."""
        step = self.step or ""
        return date.fromisoformat(step.removeprefix(LATER_STEP)) if step.startswith(LATER_STEP) else None

    def day(self, now: datetime) -> date:
        """Return the day in Viet Nam on which it starts, as far as that is known."""
        return to_vietnam_day(max(now, self.starts_at or now))


async def read_snapshot(ask: RunQueries, keyring: Keyring, broadcast: str) -> BroadcastSnapshot | None:
    """Return the broadcast of an id; ``None`` where there is none."""
    (rows,) = await ask(Query("written", {"id": broadcast}))
    if not rows:
        return None
    content, size, unit, parent, step, state, revision, frozen_to, starts, changed, *proof = rows[0]
    plain = keyring.unseal_bytes(content, sealed_columns.broadcast_content(broadcast))
    draft, warrant = BroadcastDraft.model_validate_json(plain), unseal_warrant(keyring, proof)
    approved = warrant is not None and warrant.approver is not None and warrant.content == content_digest(plain)
    begins = None if starts is None else from_micros(starts)
    stands = BroadcastState(state), revision, frozen_to or "", begins, from_micros(changed)
    return BroadcastSnapshot(
        broadcast, draft, unit, parent, step, *stands, size, approved, warrant.alone if warrant else None
    )
