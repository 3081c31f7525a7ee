"""Those who may approve what its author may not approve alone, asked for it in their chats."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.messages import NOTICE
from bot.store.broadcast_api import FormatApprovalRequest
from bot.store.context import StoreContext
from bot.store.drivers.base import Query
from bot.store.encoding import to_micros
from bot.store.messages import OutboxMessage, OutboxRecipient, format_edit, message_query
from bot.store.roles import to_grants
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from bot.store.sealing.readable import unseal_or_none
from bot.store.units import read_units
from handlers.core.replies import Reply
from handlers.model.rights import Act, Grant, Rights
from handlers.model.unit_directory import NO_UNITS, UnitDirectory

#: The marks of the message that moves, and of its last state.
SHOWN_MARK, LAST_MARK = "shown", "last"


def notice_origin(broadcast: str, mark: str) -> str:
    """What asks for a message about a broadcast; those of its recipients are called otherwise."""
    return f"herald:{broadcast}:{mark}"


async def queue_author_notice(acting: StoreContext, broadcast: str, said: Reply, mark: str) -> bool:
    """Tell whoever wrote it, where there is a chat and a role that still may see it.

    The moving message waits, False, until the chat has nothing else to be told; its last state does not.
    """
    (rows,) = await acting.ask(Query("author_of", {"id": broadcast}))
    if not rows:
        return True
    chat, channel, unit = rows[0]
    theirs = replace(acting, chat=chat, channel=channel)
    if not await _may_see(theirs, unit):
        return True
    moves = mark in {SHOWN_MARK, LAST_MARK}
    told = await _edit_moving_message(theirs, broadcast, said, waits=mark == SHOWN_MARK) if moves else (mark, said)
    if told is not None:
        message = OutboxMessage(OutboxRecipient(chat, channel), notice_origin(broadcast, told[0]), told[1], NOTICE)
        await acting.ask(message_query(acting.keyring, message, acting.now))
    return told is not None


async def _edit_moving_message(
    theirs: StoreContext, broadcast: str, said: Reply, *, waits: bool
) -> tuple[str, Reply] | None:
    """The message that moves, under the mark it goes by now; ``None`` while another one is on its way."""
    shown = await format_edit(theirs, notice_origin(broadcast, SHOWN_MARK), said)
    if shown is None:
        return SHOWN_MARK, said  # where it waits already, the same mark changes nothing
    (untold,) = await theirs.ask(Query("untold", {"chat": theirs.chat}))
    return None if untold and waits else (str(to_micros(theirs.now)), shown)


async def _may_see(theirs: StoreContext, unit: str | None) -> bool:
    (rows,) = await theirs.ask(Query("my_grants", {"chat": theirs.chat}))
    held = to_grants(theirs.keyring, rows)
    if Rights.of(held, NO_UNITS).may(Act.SEE_BROADCASTS, unit):
        return True
    return bool(held) and Rights.of(held, await read_units(theirs.ask)).may(Act.SEE_BROADCASTS, unit)


#: People who are asked; whoever is nearest to its unit comes first.
MOST_APPROVERS = 20


@dataclass(frozen=True, slots=True)
class Approver:
    """One person who may approve it."""

    grant: Grant
    to: OutboxRecipient
    language: str | None


async def ask_approvers(acting: StoreContext, broadcast: str, asks: FormatApprovalRequest, mark: str) -> int:
    """Ask each of them, once for each ``mark``; how many they are. Nobody is asked of what is not checked any more."""
    ((*rows,), (*authors,)) = await acting.ask(
        Query("approvers", {"id": broadcast}), Query("author_grant", {"id": broadcast})
    )
    units = await read_units(acting.ask)
    able = list(_read_approvers(acting.keyring, rows, units))[:MOST_APPROVERS]
    for one in able:
        said = asks(
            one.language or acting.policy.language, _author_labels(acting, authors, Rights.of((one.grant,), units))
        )
        origin = notice_origin(broadcast, f"{mark}:{one.grant.id}")
        await acting.ask(message_query(acting.keyring, OutboxMessage(one.to, origin, said, NOTICE), acting.now))
    return len(able)


def _read_approvers(keyring: Keyring, rows: list[tuple[Any, ...]], units: UnitDirectory) -> Iterator[Approver]:
    """By the first of their roles that reaches it."""
    met: set[str] = set()
    for *held, chat, channel, language, unit in rows:
        for grant in to_grants(keyring, [tuple(held)]):
            if chat not in met and Rights.of((grant,), units).may(Act.APPROVE_BROADCASTS, unit):
                met.add(chat)
                yield Approver(grant, OutboxRecipient(chat, channel), language)


def _author_labels(acting: StoreContext, authors: list[tuple[Any, ...]], rights: Rights) -> Mapping[str, str]:
    """How the author is called, for one who may see that."""
    return {
        grant: unseal_or_none(acting.keyring, label, sealed_columns.grant_label(grant)) or grant
        for grant, _, unit, label in authors
        if label and rights.may(Act.SEE_HOLDERS, unit)
    }
