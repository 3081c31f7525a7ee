"""For any filter and any rights, page and count say what reading every request and looking would say."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.store import Store, conditions
from bot.store.requests import open_search_words, search_words
from handlers.model import Act, Filter, RequestRow, RequestState, Rights, transitions_from
from rules.calendar import to_vietnam_day
from rules.language.spelling import fold
from rules.outcome import Procedure
from tests.support.database import Database
from tests.support.people import (
    ADMIN,
    FOCAL,
    OFFICER,
    OPERATOR,
    OTHER,
    UNITS,
    admin_transaction,
    insert_units,
    make_person_content,
)
from tests.support.soak import examples
from tests.support.store import NOW
from tests.support.stored_dialogue import StoredTurns

NAMES = ("Nguyễn Văn An", "Đặng Thị Ân", "Lê An Đông", "Trần Đông Nguyên")
PROCEDURES = (Procedure.REVOKE, Procedure.EXTEND, Procedure.ISSUE_NEW)
PLACES = (None, "DN", "DN.NT", "DN.NT.VP", "DN.DP")
DAYS = st.dates(date(2026, 11, 15), date(2026, 11, 30))
WORDS = st.lists(st.sampled_from(["an", "ÂN", "nguyen", "đông", "dong", "thị", "0003", "yc", "nhon trach", "qq"]))
FILTERS = st.builds(
    Filter,
    unit=st.sampled_from((*PLACES, "XX")),
    procedures=st.lists(st.sampled_from(PROCEDURES), max_size=2, unique=True).map(tuple),
    states=st.lists(st.sampled_from(list(RequestState)), max_size=3, unique=True).map(tuple),
    since=st.none() | DAYS,
    until=st.none() | DAYS,
    expires_from=st.none() | DAYS,
    expires_until=st.none() | DAYS,
    text=WORDS.map(" ".join),
)
#: A focal officer of a unit that is next to the one they are an admin of.
MIXED = Rights.of((*OTHER.grants, *FOCAL.grants), UNITS)
RIGHTS = st.sampled_from(
    (OPERATOR, ADMIN, OTHER, OFFICER, FOCAL, Rights.of((*ADMIN.grants, *OTHER.grants), UNITS), MIXED)
)


def means(wanted: Filter, filed: RequestRow, rights: Rights) -> bool:
    request, content, on = filed.request, filed.request.content, to_vietnam_day(filed.registered_at)
    ends, known = content.not_after, search_words if searches_names(rights, wanted.unit) else open_search_words
    return (
        (wanted.unit is None or (filed.unit is not None and UNITS.is_within(filed.unit, wanted.unit)))
        and (not wanted.procedures or content.procedure in wanted.procedures)
        and (not wanted.states or request.state in wanted.states)
        and (wanted.since is None or on >= wanted.since)
        and (wanted.until is None or on <= wanted.until)
        and (wanted.expires_from is None or (ends is not None and ends >= wanted.expires_from))
        and (wanted.expires_until is None or (ends is not None and ends <= wanted.expires_until))
        and set(fold(wanted.text).split()) <= known(request.code, content)
    )


def searches_names(rights: Rights, unit: str | None) -> bool:
    """Nothing that is listed comes masked."""
    listed = [place for place in (*UNITS.units, None) if rights.may(Act.SEE_REQUESTS, place)]
    within = [place for place in listed if unit is None or (place is not None and UNITS.is_within(place, unit))]
    return all(rights.may(Act.SEE_PERSONAL, place) for place in within)


async def fill(store: Store) -> None:
    """Sixty requests, no two alike, half of them moved on."""
    for number in range(60):
        asked = make_person_content(
            NAMES[number % 4],
            f"{number:04}AB",
            procedure=PROCEDURES[number % 3],
            not_after=None if number % 7 == 0 else date(2026, 11, 14) + timedelta(days=number % 17),
            unit_code=PLACES[number % 5],
        )
        async with StoredTurns(store, f"officer {number}")(NOW - timedelta(hours=7 * (number % 13))) as turn:
            code = (await turn.requests.register(asked)).code
        async with admin_transaction(store) as at:
            for to in transitions_from(RequestState.SUBMITTED)[number % 6 : number % 6 + 1]:
                await at.admin.desk.move(OPERATOR, code, to, 0, "lý do")


@pytest.fixture(params=[1, 20_000], ids=["every word is common", "every word is rare"])
async def desk(
    store: Store, database: Database, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Store:
    monkeypatch.setattr(conditions, "COMMON_WORD_COUNT", request.param)
    insert_units(database.sql)
    await fill(store)
    return store


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=FILTERS, rights=RIGHTS)
async def test_the_list_is_what_a_look_at_every_request_gives(desk: Store, wanted: Filter, rights: Rights) -> None:
    async with admin_transaction(desk) as at:
        everything = await at.admin.desk.page(OPERATOR, Filter(), 1000)
        found = await at.admin.desk.page(rights, wanted, 1000)
        number = await at.admin.desk.count(rights, wanted)

    reachable = [filed for filed in everything if rights.may(Act.SEE_REQUESTS, filed.unit)]
    assert [filed.number for filed in found] == [filed.number for filed in reachable if means(wanted, filed, rights)]
    assert number == len(found)
