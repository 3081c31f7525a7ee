"""Seals that prove that the program wrote a row that gives power: a sealed copy of all in it that matters.

Roles, invitations and broadcasts carry such a seal, bound to their row; the end of the journal carries one as well,
and in it stands which roles and invitations are spent: an old row that is put back stays worthless. A seal is checked
where the row is used. A thief of the database alone can take power away, and cannot give any.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import structlog

from bot.store.errors import SealError
from bot.store.sealing import Keyring, SealContext, sealed_columns

#: The columns that a query selects of rows that are proven; ``label`` and ``seal`` prove nothing by themselves.
GRANT_COLUMNS = ("id", "role", "unit", "label", "chat", "granted_at", "granted_by", "seal")
INVITATION_COLUMNS = ("id", "role", "unit", "label", "code", "created_at", "created_by", "expires_at", "seal")
WARRANT_COLUMNS = ("id", "parent", "step", "unit", "author", "approver", "warrant")

_CODE = re.compile(r"([A-Z]{2})-([0-9]{1,8})")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class JournalHead:
    """The end of the journal, and what is spent."""

    number: int = 0
    hash: str = ""
    spent: Mapping[str, int] = field(default_factory=dict)  #: by prefix: a bit for each number that ended
    broken: int = 0  #: the row at which the end was found changed; 0: never
    era: int = 0  #: when the operator last answered for it, or the database was put back; an older one is out of date

    def with_spent(self, codes: Iterable[str]) -> "JournalHead":
        """Return the end with these codes spent as well."""
        spent = dict(self.spent)
        for code in codes:
            prefix, number = _split_code(code)
            spent[prefix] = spent.get(prefix, 0) | 1 << number
        return replace(self, spent=spent)

    def with_row(self, number: int, hashed: str) -> "JournalHead":
        """Return the end one row further."""
        return replace(self, number=number, hash=hashed)

    def is_spent(self, code: str) -> bool:
        """Tell whether a code has ended for ever."""
        prefix, number = _split_code(code)
        return not prefix or bool(self.spent.get(prefix, 0) >> number & 1)

    def seal(self, keyring: Keyring) -> bytes:
        """Seal it for the database."""
        spent = {prefix: f"{bits:x}" for prefix, bits in sorted(self.spent.items())}
        content = [self.number, self.hash, spent, self.broken, *([self.era] if self.era else [])]
        return keyring.seal(json.dumps(content), sealed_columns.journal_head())


def unseal_head(keyring: Keyring, sealed: bytes | None) -> JournalHead | None:
    """Open the end of the journal; ``None`` where it does not open."""
    if sealed is None:
        return None
    try:
        number, hashed, spent, broken, *era = json.loads(keyring.unseal(sealed, sealed_columns.journal_head()))
        return JournalHead(number, hashed, {prefix: int(bits, 16) for prefix, bits in spent.items()}, broken, *era)
    except (SealError, ValueError, TypeError):
        return None


def _split_code(code: str) -> tuple[str, int]:
    """Split a code such as ``QT-000012``; anything else is number 0 of nothing, which is always spent."""
    found = _CODE.fullmatch(code)
    return (found[1], int(found[2])) if found else ("", 0)


class ProvenRow(NamedTuple):
    """A row of ``GRANT_COLUMNS`` or ``INVITATION_COLUMNS``, and the end of the journal beside it."""

    row: tuple[Any, ...]
    number: int | None
    hash: str | None
    seal: bytes | None
    last: int | None

    @classmethod
    def of(cls, row: Sequence[Any], columns: Sequence[str]) -> "ProvenRow":
        """Take the row as it comes; columns behind it are the caller's."""
        size = len(columns)
        return cls(tuple(row[:size]), *row[size : size + 4])

    def head(self, keyring: Keyring) -> JournalHead | None:
        """Return the end of the whole journal; ``None`` where it does not fit the last row."""
        head = unseal_head(keyring, self.seal)
        if head is None or head.broken:
            return None
        fits = (head.number, head.hash, head.number) == (self.number, self.hash, self.last or 0)
        return head if fits else None


def seal_grant(keyring: Keyring, row: Mapping[str, Any]) -> bytes:
    """Seal a role; ``row`` has the parameters of the query ``grant``."""
    content = [row["role"], row["unit"], row["chat"], row["granted_at"], row["granted_by"]]
    return keyring.seal(json.dumps(content), sealed_columns.grant_seal(row["id"]))


def seal_invitation(keyring: Keyring, row: Mapping[str, Any]) -> bytes:
    content = [row["role"], row["unit"], row["code"], row["created_at"], row["created_by"], row["expires_at"]]
    return keyring.seal(json.dumps(content), sealed_columns.invitation_seal(row["id"]))


def genuine_grants(keyring: Keyring, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Select rows of ``{grant}`` that the program wrote and that have not ended; the others give nothing."""
    return (row for row in rows if is_genuine(keyring, ProvenRow.of(row, GRANT_COLUMNS), GRANT_COLUMNS))


def genuine_invitations(keyring: Keyring, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Select rows of ``{invitation}`` likewise."""
    return (row for row in rows if is_genuine(keyring, ProvenRow.of(row, INVITATION_COLUMNS), INVITATION_COLUMNS))


def is_genuine(keyring: Keyring, proven: ProvenRow, columns: Sequence[str]) -> bool:
    """Tell whether a row gives what it says; where not, the log names it."""
    code = proven.row[0]
    why = _describe_objection(keyring, proven, columns)
    if why is not None and keyring.damage.is_first_time(f"{code} {why}"):
        _log.error("worthless_power", code=code, why=why, hint="troly audit verify")
    return why is None


def _describe_objection(keyring: Keyring, proven: ProvenRow, columns: Sequence[str]) -> str | None:
    code, role, unit, _, *content, seal = proven.row
    of_grant = columns is GRANT_COLUMNS
    place = sealed_columns.grant_seal(code) if of_grant else sealed_columns.invitation_seal(code)
    if not _is_sealed_as(keyring, seal, place, [role, unit, *content]):
        return "not_written_by_the_program"
    head = proven.head(keyring)
    if head is None:
        return "journal_not_whole"
    return "spent" if head.is_spent(code) else None


def _is_sealed_as(keyring: Keyring, seal: bytes | None, place: SealContext, content: list[Any]) -> bool:
    try:
        return seal is not None and json.loads(keyring.unseal(seal, place)) == content
    except (SealError, ValueError):
        return False


class Warrant(NamedTuple):
    """The author and the approver of a broadcast."""

    id: str
    parent: str | None
    step: str | None
    unit: str | None
    author: str
    approver: str | None  #: ``None``: nobody has approved it
    content: str  #: digest of what is said, to whom, by which plan
    document: str | None  #: digest of the file
    writer: str | None = None  #: the person behind the author's role, as keyed digests; ``None``: not known
    decider: str | None = None  #: the same of the approver

    @property
    def alone(self) -> bool | None:
        """Tell whether one person wrote and approved it; ``None``: the rows of their roles have to tell."""
        return None if self.writer is None or self.decider is None else self.writer == self.decider

    def covers(self, content: str | bytes, document: bytes | None) -> bool:
        """Tell whether it was approved with this content and this document."""
        file = None if document is None else content_digest(document)
        return self.approver is not None and (self.content, self.document) == (content_digest(content), file)

    def seal(self, keyring: Keyring) -> bytes:
        """Seal it for the database."""
        return keyring.seal(json.dumps(self), sealed_columns.warrant(self.id))


def content_digest(plain: str | bytes) -> str:
    """Return the digest of a content or a document as it was sealed."""
    return hashlib.sha256(plain.encode() if isinstance(plain, str) else plain).hexdigest()


def seal_unapproved(keyring: Keyring, row: Sequence[Any]) -> bytes | None:
    """Return what proves a broadcast of ``{warrant}`` that waits for an approval again; ``None``: it proves nothing."""
    warrant = unseal_warrant(keyring, row)
    return None if warrant is None else warrant._replace(approver=None, decider=None).seal(keyring)


def unseal_warrant(keyring: Keyring, row: Sequence[Any]) -> Warrant | None:
    """Open what a row of ``{warrant}`` proves; ``None``, and a line in the log, where the row says something else."""
    name, *content, sealed = row
    try:
        warrant = Warrant(*json.loads(keyring.unseal(sealed, sealed_columns.warrant(name)))) if sealed else None
    except (SealError, ValueError, TypeError):
        warrant = None
    if warrant is not None and list(warrant[1:6]) == content:
        return warrant
    if keyring.damage.is_first_time(name):
        _log.error("worthless_power", code=name, why="not_written_by_the_program", hint="troly audit verify")
    return None
