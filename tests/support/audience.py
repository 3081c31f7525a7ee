"""Made-up officers in large numbers, written by SQL, and a second implementation of audiences in plain Python."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from hypothesis import strategies as st

from bot.store.drivers import to_micros
from bot.store.sealing import Keyring, sealed_columns
from handlers.model import UNCOUNTED_STATES, Act, Audience, RequestState, Rights, Role
from rules.calendar import to_vietnam_day
from rules.outcome import Procedure
from tests.support.database import Sql
from tests.support.people import ADMIN, FOCAL, OFFICER, OPERATOR, OTHER, UNITS
from tests.support.store import NAME, NOW

TODAY = to_vietnam_day(NOW)
PROCEDURES = (Procedure.REVOKE, Procedure.EXTEND, Procedure.ISSUE_NEW)
CHANNELS = ("telegram", "terminal", "terminal:lan", "zalo")


@dataclass
class Certificate:
    """A certificate as the register knows it, with the requests for it."""

    key: str | None = None
    name: str | None = None
    not_after: date | None = None
    owed: tuple[Procedure, ...] | None = None
    requests: dict[Procedure, RequestState] = field(default_factory=dict)

    @property
    def to_do(self) -> set[Procedure]:
        counted = {
            procedure for procedure, state in self.requests.items() if state not in UNCOUNTED_STATES and self.key
        }
        return set(self.owed or ()) - counted

    @property
    def unfinished(self) -> set[Procedure]:
        done = {procedure for procedure, state in self.requests.items() if state is RequestState.DONE and self.key}
        return set(self.owed or ()) - done


@dataclass
class Officer:
    """An officer's chat."""

    id: str
    channel: str = "telegram"
    unit: str | None = None
    heard: datetime | None = None
    language: str | None = "vi"
    roles: dict[Role, bool] = field(default_factory=dict)  #: role -> it has ended
    agreed: bool = True
    erased: bool = False
    stopped: bool = False
    blocked: bool = False
    certificates: list[Certificate] = field(default_factory=list)


def make_officers(count: int, now: datetime, seed: int = 11) -> list[Officer]:
    """Make up ``count`` officers, all different."""
    dice = random.Random(seed)
    return [_officer(dice, now) for _ in range(count)]


def _officer(dice: random.Random, now: datetime) -> Officer:
    return Officer(
        id=f"{dice.getrandbits(128):032x}",
        channel=dice.choice(CHANNELS),
        unit=dice.choice([*UNITS.units, None]),
        heard=now - timedelta(days=dice.randrange(6), hours=dice.randrange(24)),
        roles={role: dice.random() < 0.3 for role in (Role.ADMIN, Role.FOCAL) if dice.random() < 0.4},
        agreed=dice.random() < 0.9,
        erased=dice.random() < 0.1,
        stopped=dice.random() < 0.1,
        blocked=dice.random() < 0.1,
        certificates=[_certificate(dice, now) for _ in range(dice.choice((0, 1, 2, 4)))],
    )


def _certificate(dice: random.Random, now: datetime) -> Certificate:
    owed = dice.choice([None, (), *(tuple(dice.sample(PROCEDURES, number)) for number in (1, 2, 3))])
    asked = {one: dice.choice(list(RequestState)) for one in PROCEDURES if dice.random() < 0.4}
    day = to_vietnam_day(now) + timedelta(days=dice.randrange(-3, 8))
    return Certificate(
        key=dice.choice([None, f"{dice.getrandbits(64):x}", f"{dice.getrandbits(64):x}"]),
        not_after=dice.choice([day, day, None]),
        owed=owed,
        requests=asked,
    )


def write_officers(sql: Sql, keyring: Keyring, officers: Sequence[Officer], now: datetime) -> None:
    """Insert the officers as the store would."""
    at, number = to_micros(now), 0
    for officer in officers:
        flags = (at if officer.erased else None, at if officer.stopped else None, at if officer.blocked else None)
        heard = to_micros(officer.heard or now)
        sql(
            "INSERT INTO chats (id, channel, address, unit, first_contact_at, last_contact_at, language, erased_at,"
            " stopped_at, blocked_at, consented) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(officer.id, officer.channel, keyring.seal(officer.id, sealed_columns.address(officer.id)), officer.unit),
            *(heard, heard, officer.language, *flags, int(officer.agreed)),
        )
        for role, ended in officer.roles.items():
            sql(
                "INSERT INTO grants (id, chat, role, unit, granted_at, granted_by, ended_at)"
                " VALUES (?, ?, ?, 'DN', 0, '', ?)",
                *(f"QT-{officer.id}-{role}", officer.id, role.value, at if ended else None),
            )
        for interview, one in enumerate(officer.certificates, 1):
            row = sealed_columns.standing_id(officer.id, interview)
            _write_standing(sql, keyring, (row, officer), one, at + interview)
            for procedure, state in [*one.requests.items()] * 2:  # a second request for the same thing does not count
                number += 1
                sql(
                    "INSERT INTO requests (code, number, chat, state, procedure, certificate_key, content)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    *(f"YC-2026-{number:06}", number, officer.id, state.value, procedure.value, one.key, b"?"),
                )


def _write_standing(sql: Sql, keyring: Keyring, of: tuple[str, Officer], one: Certificate, at: int) -> None:
    row, officer = of
    sql(
        "INSERT INTO standings (id, chat, unit, certificate_key, not_after, owed, subscriber, known_at, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(row, officer.id, officer.unit, one.key, one.not_after.toordinal() if one.not_after else None),
        *(None if one.owed is None else ",".join(one.owed),),
        *(keyring.seal(one.name, sealed_columns.subscriber(row)) if one.name else None, at, at),
    )


def is_meant(officer: Officer, audience: Audience, rights: Rights, now: datetime) -> bool:
    """Return whether an audience includes the officer, straight from the definitions."""
    today, ones = to_vietnam_day(now), officer.certificates
    states = {state for one in ones for state in one.requests.values()}
    to_do = {procedure for one in ones for procedure in one.to_do}
    heard = to_vietnam_day(officer.heard or now)
    return (
        not officer.erased
        and rights.may(Act.WRITE_BROADCASTS, officer.unit)
        and (audience.unit is None or (officer.unit is not None and UNITS.is_within(officer.unit, audience.unit)))
        and (officer.agreed if audience.role in {None, Role.OFFICER} else officer.roles.get(audience.role) is False)
        and (not audience.to_do or bool(to_do))
        and (not audience.unfinished or any(one.unfinished for one in ones))
        and (not audience.owed or bool(to_do & set(audience.owed)))
        and (not audience.states or bool(states & set(audience.states)))
        and (not _window(audience) or any(_ends_within(one.not_after, audience, today) for one in ones))
        and (audience.channel is None or audience.channel in {officer.channel, officer.channel.partition(":")[0]})
        and (audience.silent_since is None or heard < audience.silent_since)
        and (audience.silent_days is None or heard < today - timedelta(days=audience.silent_days))
        and (audience.chats is None or officer.id in audience.chats)
    )


def _window(audience: Audience) -> bool:
    return any(one is not None for one in (audience.expires_from, audience.expires_until, audience.expires_within))


def _ends_within(day: date | None, audience: Audience, today: date) -> bool:
    within = audience.expires_within
    return (
        day is not None
        and (audience.expires_from is None or day >= audience.expires_from)
        and (audience.expires_until is None or day <= audience.expires_until)
        and (within is None or today <= day <= today + timedelta(days=within))
    )


def chat_ids(*letters: str) -> set[str]:
    """Return the ids of the chats of officers who are named by a letter."""
    return {letter * 32 for letter in letters}


def officers_of_communes() -> list[Officer]:
    """Return three of a commune and one of another; of the first the name is known."""
    certificate = Certificate("K1", NAME, TODAY + timedelta(days=5))
    return [
        Officer("a" * 32, unit="DN.NT", certificates=[certificate]),
        Officer("b" * 32, "terminal:lan", unit="DN.NT", language="en"),
        Officer("c" * 32, unit="DN.NT", stopped=True),
        Officer("d" * 32, unit="DN.DP", blocked=True),
    ]


def one_of_each() -> dict[str, Officer]:
    """Return, by their letters, one who is reachable, one who has blocked the assistant, and one who wants no more."""
    return {"a": Officer("a" * 32), "b": Officer("b" * 32, blocked=True), "c": Officer("c" * 32, stopped=True)}


def counts_of(expected: list[Officer]) -> dict[str, tuple[int, ...]]:
    """Return how many of them are reachable, blocked, stopped and capped on each channel."""
    kept = Counter((one.channel.partition(":")[0], _reached(one)) for one in expected)
    words = ("reachable", "blocked", "stopped", "capped")
    return {channel: tuple(kept[channel, word] for word in words) for channel in {channel for channel, _ in kept}}


def _reached(one: Officer) -> str:
    return "stopped" if one.stopped else "blocked" if one.blocked else "reachable"


#: People of whom every condition of an audience means some.
PEOPLE = make_officers(90, NOW)
_DAYS = st.dates(date(2026, 11, 18), date(2026, 11, 30))
_FIELDS: dict[str, st.SearchStrategy[object]] = {
    "unit": st.sampled_from(("DN", "DN.NT", "XX")),
    "role": st.sampled_from((Role.OFFICER, Role.ADMIN, Role.FOCAL)),
    "to_do": st.just(value=True),
    "unfinished": st.just(value=True),
    "owed": st.lists(st.sampled_from(PROCEDURES), min_size=1, max_size=2, unique=True),
    "states": st.lists(st.sampled_from(list(RequestState)), min_size=1, max_size=3, unique=True),
    "expires_from": _DAYS,
    "expires_until": _DAYS,
    "expires_within": st.integers(0, 6),
    "channel": st.sampled_from(("telegram", "terminal", "terminal:lan")),
    "silent_since": _DAYS,
    "silent_days": st.integers(0, 5),
    "chats": st.lists(st.sampled_from([*(one.id for one in PEOPLE), "f" * 32]), max_size=80),
}
#: A few conditions at a time: all of them at once mean nobody.
AUDIENCES = (
    st.sets(st.sampled_from(sorted(_FIELDS)), max_size=3)
    .flatmap(lambda names: st.fixed_dictionaries({name: _FIELDS[name] for name in sorted(names)}))
    .map(Audience.model_validate)
)
RIGHTS = st.sampled_from((OPERATOR, OPERATOR, ADMIN, FOCAL, OFFICER, Rights.of((*ADMIN.grants, *OTHER.grants), UNITS)))
