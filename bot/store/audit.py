"""Checks that the journal, roles, invitations and approvals are as the program wrote them.

Those of a database from before they were sealed are sealed once, at its first start. That it was done stands in the key
file, which nobody can change who has the database alone: an unsealed row is worthless from then on. It stands in the
journal as well, in case an old copy of the key file comes back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from bot.store.context import StoreContext
from bot.store.drivers import Driver, Query, Transaction, to_micros
from bot.store.errors import KeyFileError, SealError
from bot.store.journal import JournalRepository, Verdict, verify_chain
from bot.store.power_seals import (
    GRANT_COLUMNS,
    INVITATION_COLUMNS,
    WARRANT_COLUMNS,
    JournalHead,
    ProvenRow,
    Warrant,
    content_digest,
    is_genuine,
    seal_grant,
    seal_invitation,
    unseal_head,
    unseal_warrant,
)
from bot.store.sealing import Keyring, sealed_columns
from bot.store.sealing.keyfile import read_key_file, replace_key_file
from handlers.model import MACHINE, AuditAction, BroadcastState

#: Where a broadcast is not approved yet.
_DRAFTS = frozenset({BroadcastState.DRAFT, BroadcastState.CHECKED})

_log = structlog.get_logger(__name__)


async def seal_powers(driver: Driver, keyring: Keyring) -> None:
    """Seal what a database holds, once; nothing where the key file says that it was done.

    Raises:
        KeyFileError: the key file cannot be written, which alone can say so.
    """
    if keyring.keys.powers:
        return
    async with driver.transaction() as transaction:
        await transaction.run(Query("lock_migrations"))
        done = read_key_file(keyring.path).powers or await _is_already_sealed(transaction)
        if not done:
            await _PowerSealing(transaction, keyring, datetime.now(UTC)).seal()
        await transaction.run(commit=True)
    try:
        replace_key_file(keyring.path, read_key_file(keyring.path).with_powers_sealed())
    except KeyFileError:
        if not done:
            raise
        _log.warning("key_file_read_only", hint="copy the key file of the machine that was started first")
    keyring.reload()


async def _is_already_sealed(transaction: Transaction) -> bool:
    """Tell whether it was done, or there is nothing to be done."""
    ((recorded, sealed, anything),) = (await transaction.run(Query("sealed_before")))[0]
    return bool(recorded or sealed or not anything)


@dataclass(frozen=True, slots=True)
class _PowerSealing:
    """Seals rows within a transaction that no other process starts at the same time."""

    transaction: Transaction
    keyring: Keyring
    now: datetime

    async def seal(self) -> None:
        """Seal everything that stands, as it stands."""
        grants, invitations, broadcasts = await self.transaction.run(
            Query("standing_grants"), Query("standing_invitations"), Query("warranted")
        )
        calls = [*self._grants(grants), *self._invitations(invitations), *self._broadcasts(broadcasts)]
        await self.head(JournalHead())
        await self.note(AuditAction.SEAL_POWERS, len(calls))
        await self.transaction.run(*calls)

    async def head(self, before: JournalHead) -> None:
        """Move the end to the last row; what has ended stays spent."""
        ended, last = await self.transaction.run(Query("spent_in_journal"), Query("journal_last"))
        spent = [subject.split()[0] for (subject,) in ended if subject]
        number, hashed = last[0] if last else (0, "")
        seal = before.with_spent(spent).with_row(number, hashed).seal(self.keyring)
        end = Query("move_journal_end", {"number": number, "hash": hashed, "seal": seal})
        await self.transaction.run(Query("journal_next", {"made": ""}), end)

    async def note(self, action: AuditAction, count: int) -> None:
        """Add a row to the journal, as the operator."""
        acting = StoreContext(self.transaction.run, self.keyring, self.now, MACHINE)
        await JournalRepository(acting).append(MACHINE, action, "", count=count)

    def _grants(self, rows: list[tuple[Any, ...]]) -> Iterator[Query]:
        for row in rows:
            columns = dict(zip(GRANT_COLUMNS, row, strict=False))
            yield Query("seal_grant", {"id": columns["id"], "seal": seal_grant(self.keyring, columns)})

    def _invitations(self, rows: list[tuple[Any, ...]]) -> Iterator[Query]:
        for row in rows:
            columns = dict(zip(INVITATION_COLUMNS, row, strict=False))
            yield Query("seal_invitation", {"id": columns["id"], "seal": seal_invitation(self.keyring, columns)})

    def _broadcasts(self, rows: list[tuple[Any, ...]]) -> Iterator[Query]:
        for name, parent, step, unit, author, approver, _, content, document, state in rows:
            try:
                said = content_digest(self.keyring.unseal_bytes(content, sealed_columns.broadcast_content(name)))
                place = sealed_columns.broadcast_document(name)
                file = None if document is None else content_digest(self.keyring.unseal_bytes(document, place))
            except SealError as error:
                self.keyring.damage.record("broadcasts", "content", name, error)
                continue
            whose = approver if BroadcastState(state) not in _DRAFTS else None
            if whose == approver:
                warrant = Warrant(name, parent, step, unit, author, whose, said, file)
                yield Query("seal_broadcast", {"id": name, "warrant": warrant.seal(self.keyring)})


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of a check of the rows that give power."""

    worthless: tuple[str, ...]  #: roles, invitations and broadcasts that the program did not write so
    changed_end: int | None  #: the row at which the journal's end was found changed; ``None``: it is whole

    @property
    def whole(self) -> bool:
        """Tell whether nothing was found."""
        return not self.worthless and self.changed_end is None


@dataclass(frozen=True, slots=True)
class Audit:
    """Checks what the database says against what the program wrote. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring

    async def verify_journal(self, noted: tuple[int, str] | None = None) -> Verdict:
        """Walk along the audit chain; rows that are added meanwhile do not disturb.

        Args:
            noted: an end that an earlier verdict named (rows, hash): a chain cut short or written anew shows by it.
        """
        return await verify_chain(self.driver, self.keyring, noted)

    async def check_powers(self) -> Proof:
        """Check that roles, invitations, broadcasts and the end of the journal were written by the program."""
        keyring = self.keyring
        grants, invitations, broadcasts, ends = await self.driver.run(
            Query("standing_grants"), Query("standing_invitations"), Query("warranted"), Query("journal_end")
        )
        worthless = [
            row[0] for row in grants if not is_genuine(keyring, ProvenRow.of(row, GRANT_COLUMNS), GRANT_COLUMNS)
        ]
        worthless += [
            row[0]
            for row in invitations
            if not is_genuine(keyring, ProvenRow.of(row, INVITATION_COLUMNS), INVITATION_COLUMNS)
        ]
        worthless += [row[0] for row in broadcasts if unseal_warrant(keyring, row[: len(WARRANT_COLUMNS)]) is None]
        return Proof(tuple(worthless), _find_changed_end(keyring, ends[0]))

    async def accept_journal_end(self, now: datetime) -> None:
        """Take the journal's last row for its end, as the operator answers for it: sealed roles count again."""
        async with self.driver.transaction() as transaction:
            await transaction.run(Query("lock_migrations"))
            (ends,) = await transaction.run(Query("journal_end"))
            before = unseal_head(self.keyring, ends[0][3]) or JournalHead()
            sealing = _PowerSealing(transaction, self.keyring, now)
            await sealing.head(JournalHead(spent=before.spent, era=max(to_micros(now), before.era + 1)))
            await sealing.note(AuditAction.ACCEPT_POWERS, 1)
            await transaction.run(commit=True)


def _find_changed_end(keyring: Keyring, end: tuple[Any, ...]) -> int | None:
    """Return the row at which the end was found to be another than the program's; ``None``: it is whole."""
    number, hashed, count, seal = end
    if number is None and not count:
        return None
    head = unseal_head(keyring, seal)
    if head is None:
        return int(number or 0)
    if head.broken:
        return head.broken
    return None if (head.number, head.hash) == (number, hashed) else int(number or 0)
