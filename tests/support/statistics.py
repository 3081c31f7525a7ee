"""Officers, certificates and requests in large numbers, written by SQL and counted again in plain Python."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from bot.store.drivers import to_micros
from handlers.model import REQUEST_TRANSITIONS, InterviewStatus, RequestState, Unit, UnitDirectory, UnitStatistics
from handlers.testing.tables import ChatRecord, MemoryTables, RequestRecord, StatusRecord
from rules.calendar import to_vietnam_day
from rules.outcome import Procedure
from tests.support.store import make_content

UNITS = UnitDirectory.of(
    [
        Unit("DN", "Tỉnh Đồng Nai"),
        Unit("DN.NT", "Xã Nhơn Trạch", "DN"),
        Unit("DN.NT.VP", "Văn phòng", "DN.NT"),
        Unit("DN.DP", "Xã Đại Phước", "DN"),
        Unit("DN.PA", "Xã Phước An", "DN"),
        Unit("TN", "Tỉnh khác"),
    ]
)
_WAIVED = {RequestState.DRAFT, RequestState.REFUSED, RequestState.WITHDRAWN}


class Sql(Protocol):
    """Runs SQL statements directly on a database."""

    def sql(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]: ...


@dataclass
class Certificate:
    """A certificate in the register, with the state of its request, if there is one."""

    key: str | None
    not_after: date | None
    owed: str | None
    known: datetime
    state: RequestState | None = None
    registered: datetime | None = None

    @property
    def met(self) -> bool:
        return self.state is not None and self.state not in _WAIVED

    @property
    def ended(self) -> datetime | None:
        return (
            self.registered + timedelta(days=3)
            if self.registered and self.state and not REQUEST_TRANSITIONS[self.state]
            else None
        )


@dataclass
class Officer:
    """An officer's chat."""

    id: str
    unit: str | None
    heard: datetime
    certificates: list[Certificate] = field(default_factory=list)


def make_officers(count: int, now: datetime, seed: int = 7) -> list[Officer]:
    """Make up ``count`` officers."""
    dice = random.Random(seed)
    return [_officer(dice, number, now) for number in range(count)]


def _officer(dice: random.Random, number: int, now: datetime) -> Officer:
    unit = dice.choice([*UNITS.units, None])
    officer = Officer(f"chat{number}", unit, now - timedelta(days=dice.randrange(30), hours=1))
    officer.certificates = [_certificate(dice, f"{number}-{one}", now) for one in range(dice.randrange(3))]
    return officer


def _certificate(dice: random.Random, key: str, now: datetime) -> Certificate:
    known = now - timedelta(days=dice.randrange(8, 40), hours=dice.randrange(24))
    day = to_vietnam_day(now) + timedelta(days=dice.choice([-1, 0, 1, 30, 31, 60, 61, 90, 91, 400]))
    owed = dice.choice([None, "", "change_information", "revoke,issue_new"])
    one = Certificate(key, dice.choice([day, day, None]), owed, known)
    if owed and dice.random() < 0.7:
        one.state, one.registered = dice.choice(list(RequestState)), known + timedelta(days=dice.randrange(5))
    if not one.state and dice.random() < 0.3:
        one.key = None
    return one


def write_units(database: Sql) -> None:
    """Insert the tree, parents first."""
    for place, (unit, last) in enumerate(_walk_units(None)):
        database.sql(
            "INSERT INTO units (code, parent, name, place, last) VALUES (?, ?, ?, ?, ?)",
            *(unit.code, unit.parent, unit.name, place, place + last),
        )


def _walk_units(parent: str | None) -> Iterator[tuple[Unit, int]]:
    for unit in UNITS.children(parent):
        below = list(_walk_units(unit.code))
        yield unit, len(below)
        yield from below


def write_people(database: Sql, officers: list[Officer]) -> None:
    """Insert the rows as the store would; sealed columns hold a placeholder, because no count reads them."""
    known = [(officer, one) for officer in officers for one in officer.certificates]
    numbered = [(number, *of) for number, of in enumerate(known, 1)]
    heads = [(one.id, "telegram", b"?", *[to_micros(one.heard)] * 2, one.unit, 1) for one in officers]
    _insert(database, "chats (id, channel, address, first_contact_at, last_contact_at, unit, consented)", heads)
    standings = "standings (id, chat, unit, certificate_key, not_after, owed, known_at, changed_at)"
    _insert(database, standings, [_standing(*of) for of in numbered])
    requests = (
        "requests (code, number, chat, state, procedure, certificate_key, content, ended_at, unit,"
        " registered_at, changed_at, indexed)"
    )
    _insert(database, requests, [_request(*of) for of in numbered if of[2].state])


def _insert(database: Sql, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    if not rows:
        return
    row = f"({', '.join('?' * len(rows[0]))})"
    database.sql(
        f"INSERT INTO {table} VALUES {', '.join([row] * len(rows))}", *(value for one in rows for value in one)
    )


def _standing(number: int, officer: Officer, one: Certificate) -> tuple[object, ...]:
    last, known = one.not_after.toordinal() if one.not_after else None, to_micros(one.known)
    return (f"{officer.id}:{number}", officer.id, officer.unit, one.key, last, one.owed, known, known)


def _request(number: int, officer: Officer, one: Certificate) -> tuple[object, ...]:
    assert one.state
    assert one.registered
    ended, registered = to_micros(one.ended) if one.ended else None, to_micros(one.registered)
    head = (f"YC-2026-{number:06}", number, officer.id, one.state.value, "revoke", one.key, b"?")
    return (*head, ended, officer.unit, registered, registered, 1)


def remember_people(tables: MemoryTables, officers: Sequence[Officer]) -> None:
    """The same in memory."""
    for officer in officers:
        heard = officer.heard
        chat = ChatRecord(officer.id, "telegram", officer.id, heard, heard, officer.unit, consented=True)
        tables.chats[officer.id] = chat
        for interview, one in enumerate(officer.certificates, 1):
            owed = None if one.owed is None else tuple(Procedure(name) for name in one.owed.split(",") if name)
            known = {"certificate_key": one.key, "not_after": one.not_after, "owed": owed}
            status = InterviewStatus.model_validate({"interview": interview, "unit": officer.unit, **known})
            tables.statuses[officer.id, interview] = StatusRecord(officer.id, status, one.known, one.known)
            if one.state and one.registered:
                number = len(tables.requests) + 1
                asked = make_content(one.key or f"no key {number}", Procedure.REVOKE)
                head = f"YC-2026-{number:06}", number, officer.id, officer.unit, one.state, asked
                made = RequestRecord(*head, one.registered, one.registered, (), ended_at=one.ended)
                tables.requests[made.code] = made


def count_statistics(officers: list[Officer], unit: str | None, now: datetime) -> UnitStatistics:
    """Count these officers, straight from the definitions."""
    today, every = to_vietnam_day(now), [one for officer in officers for one in officer.certificates]
    states = [one.state for one in every]
    days = [(one.not_after - today).days for one in every if one.not_after]
    return UnitStatistics(
        unit=unit,
        officers=sum(1 for officer in officers if officer.unit or officer.certificates),
        certificates=sum(1 for one in every if one.not_after or one.owed is not None),
        action_needed=sum(1 for one in every if one.owed and not one.met),
        requested=sum(states.count(s) for s in (RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.SENT_BACK)),
        forwarded=states.count(RequestState.FORWARDED),
        done=states.count(RequestState.DONE),
        expiring_30=sum(1 for left in days if 0 <= left <= 30),
        expiring_60=sum(1 for left in days if 0 <= left <= 60),
        expiring_90=sum(1 for left in days if 0 <= left <= 90),
        silent=sum(1 for officer in officers if _is_silent(officer, now)),
    )


def _is_silent(officer: Officer, now: datetime) -> bool:
    ones = officer.certificates
    waits = any(one.owed != "" for one in ones) and not any(one.met for one in ones)
    return waits and officer.heard < now - timedelta(days=14)


def count_open(officers: list[Officer], day: date) -> int:
    """Count the certificates that were owed or under way at the end of a day in Viet Nam."""
    return sum(1 for officer in officers for one in officer.certificates if _is_open(one, day))


def _is_open(one: Certificate, day: date) -> bool:
    if not one.owed or to_vietnam_day(one.known) > day:
        return False
    ended = to_vietnam_day(one.ended) if one.met and one.ended else None
    return ended is None or ended > day
