"""Whom a list of people means."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from bot.channels.naming import named as at_address
from bot.store import places
from bot.store.drivers import Call
from bot.store.office.acting import Acting
from bot.store.sealing import Keyring
from handlers.office.rights import Act, Rights

_PERSON = re.compile(r"N-([0-9A-F]{8})", re.IGNORECASE)
_REQUEST = re.compile(r"YC-\d{4}-\d+", re.IGNORECASE)


#: Ways to name somebody: what finds the chats of names of this kind.
_CALLS: dict[str, Callable[[str], Call]] = {
    "request": lambda keys: Call("chats_of_requests", {"codes": keys}),
    "person": lambda keys: Call("chats_by_code", {"heads": keys}),
    "chat": lambda keys: Call("chats_by_id", {"ids": keys}),
}


class _Key(NamedTuple):
    """How to look for somebody, and by what."""

    kind: str
    key: str


async def chats_named(acting: Acting, rights: Rights, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Chats by the names a list has for them, those within the right to write broadcasts alone.

    A name is the code of a request, the code of a person (N-3F2A91C0), or channel and address (telegram:123). One
    that means nobody within reach is not in the answer; a person's code may mean two.
    """
    keys = {name: key for name in names if (key := _key(acting.keyring, name))}
    found: defaultdict[_Key, set[str]] = defaultdict(set)
    for kind, call in _CALLS.items():
        wanted = sorted({key for of, key in keys.values() if of == kind})
        rows = (await acting.ask(call(json.dumps(wanted))))[0] if wanted else []
        reach = {unit: rights.may(Act.WRITE_BROADCASTS, unit) for unit in {unit for _, _, unit in rows}}
        for key, chat, unit in rows:
            if reach[unit]:
                found[_Key(kind, key)].add(chat)
    return {name: tuple(sorted(found[key])) for name, key in keys.items() if key in found}


def _key(keyring: Keyring, name: str) -> _Key | None:
    """``None``: this is no name."""
    typed = name.strip()
    if person := _PERSON.fullmatch(typed):
        return _Key("person", person[1].lower())
    if _REQUEST.fullmatch(typed):
        return _Key("request", typed.upper())
    channel, colon, address = typed.partition(":")
    where = at_address(f"{channel.lower()}{colon}{address}")
    return _Key("chat", places.chat_id(keyring, *where)) if where else None
