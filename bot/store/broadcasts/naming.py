"""Whom a list of people means."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bot.channels.naming import named as at_address
from bot.store import places
from bot.store.drivers import Call
from bot.store.office.acting import Acting
from bot.store.sealing import Keyring
from handlers.office.rights import Act, Rights

_PERSON = re.compile(r"N-([0-9A-F]{8})", re.IGNORECASE)
_REQUEST = re.compile(r"YC-\d{4}-\d+", re.IGNORECASE)


class _Kind(NamedTuple):
    """A way to name somebody: the query that knows them, and its parameter."""

    query: str
    parameter: str


_BY_REQUEST = _Kind("chats_of_requests", "codes")
_BY_CODE = _Kind("chats_by_code", "heads")
_BY_CHAT = _Kind("chats_by_id", "ids")


async def chats_named(acting: Acting, rights: Rights, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Chats by the names a list has for them, those within the right to write broadcasts alone.

    A name is the code of a request, the code of a person (N-3F2A91C0), or channel and address (telegram:123). One
    that means nobody within reach is not in the answer; a person's code may mean two.
    """
    keys = {name: key for name in names if (key := _key(acting.keyring, name))}
    found: dict[tuple[_Kind, str], set[str]] = {}
    for kind in {kind for kind, _ in keys.values()}:
        wanted = sorted({key for of, key in keys.values() if of is kind})
        (rows,) = await acting.ask(Call(kind.query, {kind.parameter: json.dumps(wanted)}))
        reach = {unit: rights.may(Act.WRITE_BROADCASTS, unit) for unit in {unit for _, _, unit in rows}}
        for key, chat, unit in rows:
            if reach[unit]:
                found.setdefault((kind, key), set()).add(chat)
    return {name: tuple(sorted(found[key])) for name, key in keys.items() if key in found}


def _key(keyring: Keyring, name: str) -> tuple[_Kind, str] | None:
    """How to look for somebody, and for what; ``None``: this is no name."""
    typed = name.strip()
    if person := _PERSON.fullmatch(typed):
        return _BY_CODE, person[1].lower()
    if _REQUEST.fullmatch(typed):
        return _BY_REQUEST, typed.upper()
    channel, colon, address = typed.partition(":")
    where = at_address(f"{channel.lower()}{colon}{address}")
    return (_BY_CHAT, places.chat_id(keyring, *where)) if where else None
