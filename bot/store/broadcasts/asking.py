"""Those who may approve what its author may not approve alone, asked for it in their chats."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.store import places
from bot.store.api import NOTICE
from bot.store.broadcast_api import Asks
from bot.store.broadcasts.telling import origin_of
from bot.store.drivers import Call
from bot.store.office.acting import Acting
from bot.store.office.holding import grants_of
from bot.store.office.units import read_units
from bot.store.outbox import Message, Recipient, sending
from bot.store.reading import readable_text
from bot.store.sealing import Keyring
from handlers.office.rights import Act, Grant, Rights
from handlers.office.units import UnitDirectory

#: People who are asked; whoever is nearest to its unit comes first.
MOST = 20


@dataclass(frozen=True, slots=True)
class Approver:
    """One person who may approve it."""

    grant: Grant
    to: Recipient
    language: str | None


async def ask_approvers(acting: Acting, broadcast: str, asks: Asks, mark: str) -> int:
    """Ask each of them, once for each ``mark``; how many they are. Nobody is asked of what is not checked any more."""
    ((*rows,), (*authors,)) = await acting.ask(
        Call("approvers", {"id": broadcast}), Call("author_grant", {"id": broadcast})
    )
    units = await read_units(acting.ask)
    able = list(_able(acting.keyring, rows, units))[:MOST]
    for one in able:
        said = asks(one.language or acting.policy.language, _labels(acting, authors, Rights.of((one.grant,), units)))
        origin = origin_of(broadcast, f"{mark}:{one.grant.id}")
        await acting.ask(sending(acting.keyring, Message(one.to, origin, said, NOTICE), acting.now))
    return len(able)


def _able(keyring: Keyring, rows: list[tuple[Any, ...]], units: UnitDirectory) -> Iterator[Approver]:
    """By the first of their roles that reaches it."""
    met: set[str] = set()
    for *held, chat, channel, language, unit in rows:
        for grant in grants_of(keyring, [tuple(held)]):
            if chat not in met and Rights.of((grant,), units).may(Act.APPROVE_BROADCASTS, unit):
                met.add(chat)
                yield Approver(grant, Recipient(chat, channel), language)


def _labels(acting: Acting, authors: list[tuple[Any, ...]], rights: Rights) -> Mapping[str, str]:
    """How the author is called, for one who may see that."""
    return {
        grant: readable_text(acting.keyring, label, places.grant_label(grant)) or grant
        for grant, _, unit, label in authors
        if label and rights.may(Act.SEE_HOLDERS, unit)
    }
