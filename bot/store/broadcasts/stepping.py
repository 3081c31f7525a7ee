"""What a campaign makes at a step: a broadcast of the same text, approved with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store import places
from bot.store.broadcasts.rows import BROADCAST_ID, sealed_draft
from bot.store.drivers import Call
from bot.store.moments import stored
from bot.store.office.acting import Acting
from bot.store.powers import Warrant, digest, warrant_of
from handlers.broadcasts.model import Audience, Draft, Life, Why
from handlers.office.rights import MACHINE


@dataclass(frozen=True, slots=True)
class Step:
    """Which step of what, and when."""

    parent: str
    step: str
    starts_at: datetime | None = None
    audience: Audience | None = None  #: what is set in it takes the place of the same in the parent's
    left_out: Why | None = None  #: it is recorded, and not carried out
    why: Why | None = None

    @property
    def state(self) -> Life:
        """Where it begins."""
        return Life.CANCELLED if self.left_out else Life.APPROVED

    def draft(self, parent: Draft) -> Draft:
        """The parent's, for this once."""
        changes: dict[str, Any] = {"plan": None, "starts_at": self.starts_at}
        if parent.plan is not None:
            changes["deadline"] = parent.plan.deadline
        if self.audience is not None:
            asked = self.audience.model_dump(exclude_unset=True)
            changes["audience"] = parent.audience.model_copy(update=asked)
        return parent.model_copy(update=changes)


async def make_step(acting: Acting, wanted: Step) -> str | None:
    """Its id; ``None`` where the parent has had this step, is paused, or was cancelled: nothing is to be kept then."""
    (rows,) = await acting.ask(Call("hold_parent", {"parent": wanted.parent}))
    if not rows:
        return None
    name = await acting.next_id(BROADCAST_ID)
    row = _row(acting, wanted, name, rows[0])
    if row is None:
        return None
    (made,) = await acting.ask(Call("add_step", row))
    if not made:
        return None
    await acting.ask(Call("note_move", {**row, "actor": MACHINE}))
    return name


def _row(acting: Acting, wanted: Step, name: str, parent: tuple[Any, ...]) -> dict[str, Any] | None:
    """``None`` where nothing proves that the parent was approved as it stands."""
    content, document, unit, author, approver, chat, *proof = parent
    keyring, warrant = acting.keyring, warrant_of(acting.keyring, proof)
    plain = keyring.unseal(content, places.broadcast_content(wanted.parent))
    file = None if document is None else keyring.unseal_bytes(document, places.broadcast_document(wanted.parent))
    if warrant is None or not warrant.covers(plain, file):
        return None
    draft = wanted.draft(Draft.model_validate_json(plain))
    said = digest(draft.model_dump_json())
    whose = warrant.writer, warrant.decider
    told = Warrant(name, wanted.parent, wanted.step, unit, author, approver, said, warrant.document, *whose)
    return {
        "id": name,
        "parent": wanted.parent,
        "step": wanted.step,
        "state": wanted.state.value,
        "unit": unit,
        "author": author,
        "approver": approver,
        "chat": chat,
        "content": sealed_draft(keyring, name, draft),
        "warrant": told.seal(keyring),
        "document": None if file is None else keyring.seal(file, places.broadcast_document(name)),
        "starts_at": None if wanted.starts_at is None else stored(wanted.starts_at),
        "why": wanted.left_out or wanted.why,
        "now": stored(acting.now),
    }
