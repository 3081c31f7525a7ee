"""Broadcasts up to the creation of their rows."""

from datetime import datetime, timedelta

from bot.store.store import Store
from handlers.model.broadcast import (
    ActionResult,
    Audience,
    BroadcastDraft,
    BroadcastProblem,
    BroadcastState,
    BroadcastText,
    CheckReport,
    ProblemKind,
)
from handlers.model.codes import format_person_code
from handlers.model.rights import Rights
from tests.support import broadcast_life
from tests.support.office import OPERATOR
from tests.support.opening import operations
from tests.support.storing import NOW

#: A text whose placeholders have a value for everybody.
TEXT = BroadcastText(
    vi="Kính gửi {ho_ten|anh/chị}: {viec_can_lam|không còn việc gì}.", en="Dear {ho_ten|officer}: {to_do|none}."
)
#: A text that not everybody has a value for.
NAMED = BroadcastText(vi="Kính gửi {ho_ten}.", en="Dear {ho_ten}.")
SOON = NOW + timedelta(hours=1)


def draft(audience: Audience | None = None, text: BroadcastText = TEXT, **more: object) -> BroadcastDraft:
    """Return the content of a draft."""
    written = {"title": "Nhắc hạn", "text": text, "audience": audience or Audience(), "starts_at": SOON, **more}
    return BroadcastDraft.model_validate(written)


async def drafted(store: Store, one: BroadcastDraft, rights: Rights = OPERATOR, document: bytes | None = None) -> str:
    """Create a draft and return its id."""
    return (await broadcast_life.drafted(store, one, rights, document=document)).id


async def checked(
    store: Store, one: BroadcastDraft, rights: Rights = OPERATOR, document: bytes | None = None
) -> CheckReport:
    """What its check finds."""
    return await operations(store).check(await drafted(store, one, rights, document), NOW)


async def approved(store: Store, one: BroadcastDraft, rights: Rights = OPERATOR) -> str:
    """Create a draft without problems, approve it and return its id."""
    name = await drafted(store, one, rights)
    assert not (await operations(store).check(name, NOW)).problems
    assert await broadcast_life.move(store, OPERATOR, name, BroadcastState.APPROVED) is ActionResult.DONE
    return name


async def frozen(store: Store, name: str, limit: int = 2000, now: datetime = NOW) -> None:
    """All its rows are made."""
    while await operations(store).freeze(name, now, limit=limit):
        pass


def expected_problems(*problems: tuple[ProblemKind, str, str]) -> tuple[BroadcastProblem, ...]:
    """Return problems, each given as its kind, its subject and the letters of the officers it concerns."""
    return tuple(
        BroadcastProblem(
            trouble=trouble, about=about, rows=tuple(format_person_code(one * 32) for one in who), count=len(who)
        )
        for trouble, about, who in problems
    )
