"""Rows of ``broadcasts``, opened."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bot.store import places
from bot.store.drivers import Rows
from bot.store.moments import moment
from bot.store.powers import Warrant, warrant_of
from bot.store.reading import UNREADABLE
from bot.store.sealing import Keyring
from handlers.broadcasts.model import Broadcast, Draft, Life

#: What ids of broadcasts begin with.
BROADCAST_ID = "TB"


def sealed_draft(keyring: Keyring, broadcast: str, draft: Draft) -> bytes:
    """What is said, to whom, by which plan."""
    return keyring.seal(draft.model_dump_json(), places.broadcast_content(broadcast))


def draft_of(keyring: Keyring, broadcast: str, sealed: bytes) -> Draft:
    """The same, opened.

    Raises:
        SealError: it does not open.
        pydantic.ValidationError: it is no draft.
    """
    return Draft.model_validate_json(keyring.unseal(sealed, places.broadcast_content(broadcast)))


def broadcast_of(keyring: Keyring, row: tuple[Any, ...]) -> Broadcast:
    """A row of ``broadcasts``; raises as ``draft_of`` does."""
    name, state, sealed, unit, author, revision, created_at, changed_at = row[:8]
    parent, step, chat, approver, checking, recipients, starts_at, held_until, why, finished_at = row[8:18]
    return Broadcast(
        id=name,
        state=Life(state),
        draft=draft_of(keyring, name, sealed),
        unit=unit,
        author=author,
        revision=revision,
        created_at=moment(created_at),
        changed_at=moment(changed_at),
        parent=parent,
        step=step,
        chat=chat,
        approver=approver,
        checking=bool(checking),
        recipients=recipients,
        starts_at=at(starts_at),
        held_until=at(held_until),
        why=why,
        finished_at=at(finished_at),
    )


def warranted(keyring: Keyring, row: tuple[Any, ...]) -> Warrant | None:
    """What a row of ``broadcasts`` proves of who wrote and who approved it."""
    name, unit, author, parent, step, approver, warrant = row[0], row[3], row[4], row[8], row[9], row[11], row[18]
    return warrant_of(keyring, (name, parent, step, unit, author, approver, warrant))


def readable(keyring: Keyring, rows: Rows) -> Iterator[Broadcast]:
    """Of several rows those that can be read; the others must not stand in their way."""
    for row in rows:
        try:
            yield broadcast_of(keyring, row)
        except UNREADABLE as error:
            keyring.damage.record("broadcasts", "content", row[0], error)


def at(number: int | None) -> datetime | None:
    """A moment that need not be."""
    return None if number is None else moment(number)
