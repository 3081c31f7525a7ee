"""Sealed rows that give power (roles, approvals), written by tests as the program would write them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.store.power_seals import GRANT_COLUMNS, Warrant, content_digest, seal_grant
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import open_keyring

#: Runs an SQL statement directly on the database; parameters are question marks.
Sql = Callable[..., list[tuple[Any, ...]]]


def seal_grants(sql: Sql, keys: Path) -> None:
    """Seal every role as it is in the database."""
    keyring, _ = open_keyring(keys)
    for row in sql(f"SELECT {', '.join(GRANT_COLUMNS)} FROM grants"):
        told = dict(zip(GRANT_COLUMNS, row, strict=True))
        sql("UPDATE grants SET seal = ? WHERE id = ?", seal_grant(keyring, told), told["id"])


def approve(sql: Sql, keys: Path, broadcast: str) -> None:
    """Seal the approval of a broadcast by the operator."""
    keyring, _ = open_keyring(keys)
    ((parent, step, unit, author, content, document),) = sql(
        "SELECT parent, step, unit, author, content, document FROM broadcasts WHERE id = ?", broadcast
    )
    said = content_digest(keyring.unseal_bytes(content, sealed_columns.broadcast_content(broadcast)))
    place = sealed_columns.broadcast_document(broadcast)
    file = None if document is None else content_digest(keyring.unseal_bytes(document, place))
    warrant = Warrant(broadcast, parent, step, unit, author, "machine", said, file)
    sql(
        "UPDATE broadcasts SET approver = 'machine', warrant = ? WHERE id = ?",
        *(warrant.seal(keyring), broadcast),
    )
