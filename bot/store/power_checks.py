"""Roles, invitations and approvals of a database from before they were sealed: sealed once, at its first start.

That it was done stands in the key file, which whoever has the database alone cannot change: an unsealed row is
worthless from then on. And it stands in the journal, in case an old copy of the key file comes back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from bot.store import places
from bot.store.api import Proof
from bot.store.drivers import Call, Driver, Transaction
from bot.store.errors import KeyFileError, SealError
from bot.store.moments import stored
from bot.store.office.acting import Acting
from bot.store.office.journal import StoredJournal
from bot.store.powers import (
    GRANT_COLUMNS,
    INVITATION_COLUMNS,
    WARRANT_COLUMNS,
    Head,
    Proven,
    Warrant,
    digest,
    grant_seal,
    invitation_seal,
    is_genuine,
    opened_head,
    warrant_of,
)
from bot.store.sealing import Keyring, read_key_file, replace_key_file
from handlers.broadcasts.model import Life
from handlers.office.journal_words import Deed
from handlers.office.rights import MACHINE, Rights
from handlers.office.units import NO_UNITS

#: Where a broadcast is not approved yet.
_DRAFTS = frozenset({Life.DRAFT, Life.CHECKED})

_log = structlog.get_logger(__name__)


async def seal_powers(driver: Driver, keyring: Keyring) -> None:
    """Seal what a database holds, once; nothing where the key file says that it was done.

    Raises:
        KeyFileError: the key file cannot be written, which alone can say so.
    """
    if keyring.keys.powers:
        return
    async with driver.transaction() as transaction:
        await transaction.run(Call("lock_migrations"))
        done = read_key_file(keyring.path).powers or await _sealed_before(transaction)
        if not done:
            await _Sealing(transaction, keyring, datetime.now(UTC)).seal()
        await transaction.run(commit=True)
    try:
        replace_key_file(keyring.path, read_key_file(keyring.path).with_powers_sealed())
    except KeyFileError:
        if not done:
            raise
        _log.warning("key_file_read_only", hint="copy the key file of the machine that was started first")
    keyring.reload()


async def _sealed_before(transaction: Transaction) -> bool:
    """Whether it was done, or there is nothing to be done."""
    ((told, sealed, anything),) = (await transaction.run(Call("sealed_before")))[0]
    return bool(told or sealed or not anything)


@dataclass(frozen=True, slots=True)
class _Sealing:
    """Within a transaction that nobody else starts at the same time."""

    transaction: Transaction
    keyring: Keyring
    now: datetime

    async def seal(self) -> None:
        """Everything that stands, as it stands."""
        grants, invitations, broadcasts = await self.transaction.run(
            Call("standing_grants"), Call("standing_invitations"), Call("warranted")
        )
        calls = [*self._grants(grants), *self._invitations(invitations), *self._broadcasts(broadcasts)]
        await self.head(Head())
        await self.note(Deed.SEAL_POWERS, len(calls))
        await self.transaction.run(*calls)

    async def head(self, before: Head) -> None:
        """The end as the last row has it; what has ended stays spent."""
        ended, last = await self.transaction.run(Call("spent_in_journal"), Call("journal_last"))
        spent = [subject.split()[0] for (subject,) in ended if subject]
        number, hashed = last[0] if last else (0, "")
        seal = before.with_spent(spent).with_row(number, hashed).seal(self.keyring)
        end = Call("move_journal_end", {"number": number, "hash": hashed, "seal": seal})
        await self.transaction.run(Call("journal_next", {"made": ""}), end)

    async def note(self, deed: Deed, count: int) -> None:
        """In the journal, as the operator's."""
        acting = Acting(self.transaction.run, self.keyring, self.now, MACHINE)
        await StoredJournal(acting).record(Rights.operator(NO_UNITS), deed, "", count=count)

    def _grants(self, rows: list[tuple[Any, ...]]) -> Iterator[Call]:
        for row in rows:
            told = dict(zip(GRANT_COLUMNS, row, strict=False))
            yield Call("seal_grant", {"id": told["id"], "seal": grant_seal(self.keyring, told)})

    def _invitations(self, rows: list[tuple[Any, ...]]) -> Iterator[Call]:
        for row in rows:
            told = dict(zip(INVITATION_COLUMNS, row, strict=False))
            yield Call("seal_invitation", {"id": told["id"], "seal": invitation_seal(self.keyring, told)})

    def _broadcasts(self, rows: list[tuple[Any, ...]]) -> Iterator[Call]:
        for name, parent, step, unit, author, approver, _, content, document, state in rows:
            try:
                said = digest(self.keyring.unseal_bytes(content, places.broadcast_content(name)))
                place = places.broadcast_document(name)
                file = None if document is None else digest(self.keyring.unseal_bytes(document, place))
            except SealError as error:
                self.keyring.damage.record("broadcasts", "content", name, error)
                continue
            whose = approver if Life(state) not in _DRAFTS else None
            if whose == approver:
                warrant = Warrant(name, parent, step, unit, author, whose, said, file)
                yield Call("seal_broadcast", {"id": name, "warrant": warrant.seal(self.keyring)})


async def prove(driver: Driver, keyring: Keyring) -> Proof:
    """What stands and gives nothing, and whether the journal's end is the program's."""
    grants, invitations, broadcasts, ends = await driver.run(
        Call("standing_grants"), Call("standing_invitations"), Call("warranted"), Call("journal_end")
    )
    worthless = [row[0] for row in grants if not is_genuine(keyring, Proven.of(row, GRANT_COLUMNS), GRANT_COLUMNS)]
    worthless += [
        row[0] for row in invitations if not is_genuine(keyring, Proven.of(row, INVITATION_COLUMNS), INVITATION_COLUMNS)
    ]
    worthless += [row[0] for row in broadcasts if warrant_of(keyring, row[: len(WARRANT_COLUMNS)]) is None]
    return Proof(tuple(worthless), _changed_end(keyring, ends[0]))


def _changed_end(keyring: Keyring, end: tuple[Any, ...]) -> int | None:
    """The row at which the end was found to be another one than the program's; ``None``: it is whole."""
    number, hashed, count, seal = end
    if number is None and not count:
        return None
    head = opened_head(keyring, seal)
    if head is None:
        return int(number or 0)
    if head.broken:
        return head.broken
    return None if (head.number, head.hash) == (number, hashed) else int(number or 0)


async def accept(driver: Driver, keyring: Keyring, now: datetime) -> None:
    """Take the journal's last row for its end, as the operator answers for it: roles that are sealed count again."""
    async with driver.transaction() as transaction:
        await transaction.run(Call("lock_migrations"))
        (ends,) = await transaction.run(Call("journal_end"))
        before = opened_head(keyring, ends[0][3]) or Head()
        sealing = _Sealing(transaction, keyring, now)
        await sealing.head(Head(spent=before.spent, era=max(stored(now), before.era + 1)))
        await sealing.note(Deed.ACCEPT_POWERS, 1)
        await transaction.run(commit=True)
