"""Rows that give power, put as a test wants them and sealed as if the program had written them so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.store import open_keyring, places
from bot.store.powers import GRANT_COLUMNS, Warrant, digest, grant_seal

#: Runs a statement behind the store's back; parameters are question marks.
Sql = Callable[..., list[tuple[Any, ...]]]


def seal_grants(sql: Sql, keys: Path) -> None:
    """Every role as it stands."""
    keyring, _ = open_keyring(keys)
    for row in sql(f"SELECT {', '.join(GRANT_COLUMNS)} FROM grants"):
        told = dict(zip(GRANT_COLUMNS, row, strict=True))
        sql("UPDATE grants SET seal = ? WHERE id = ?", grant_seal(keyring, told), told["id"])


def approve(sql: Sql, keys: Path, broadcast: str) -> None:
    """A broadcast as it stands, approved at the machine."""
    keyring, _ = open_keyring(keys)
    ((parent, step, unit, author, content, document),) = sql(
        "SELECT parent, step, unit, author, content, document FROM broadcasts WHERE id = ?", broadcast
    )
    said = digest(keyring.unseal_bytes(content, places.broadcast_content(broadcast)))
    place = places.broadcast_document(broadcast)
    file = None if document is None else digest(keyring.unseal_bytes(document, place))
    warrant = Warrant(broadcast, parent, step, unit, author, "machine", said, file)
    sql(
        "UPDATE broadcasts SET approver = 'machine', warrant = ? WHERE id = ?",
        *(warrant.seal(keyring), broadcast),
    )
