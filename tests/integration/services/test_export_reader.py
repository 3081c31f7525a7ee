"""What an export reads of the request list, on both databases."""

import pytest

from bot.exports import ExportJob
from bot.exports.export import iter_requests, read_span, request_batches
from bot.services.unit_of_work import open_turn
from bot.store import Store
from handlers.model import ExportForm, Filter, Grant, RequestContent, RequestRow, RequestState, Rights, Role
from locales import translator
from rules.facts import Subject
from rules.outcome import Procedure
from tests.support.database import Database
from tests.support.people import OPERATOR, UNITS, admin_transaction, insert_units
from tests.support.store import NOW, SERIAL, claim_next_turn, make_content, open_chat

ADMIN = Rights.of([Grant("QT-000001", Role.ADMIN, "DN.NT")], UNITS)
FOCAL = Rights.of([Grant("QT-000002", Role.FOCAL, "DN.NT")], UNITS)
OFFICER = Rights.of([], UNITS)
PERSON = make_content().model_copy(update={"subject": Subject.INDIVIDUAL, "subscriber": "Nguyễn Văn An"})


@pytest.fixture
async def filled(store: Store, database: Database) -> Store:
    """Four requests: of two communes, of an office below one of them, and of a unit that is not known."""
    insert_units(database.sql)
    for number, unit in enumerate(("DN.NT", "DN.DP", "DN.NT.VP", None)):
        await register(store, str(number), PERSON.model_copy(update={"unit_code": unit}))
    return store


async def register(store: Store, update: str, told: RequestContent) -> None:
    chat = await open_chat(store, update, address=update)
    async with open_turn(store, await claim_next_turn(store, chat), NOW) as unit:
        await unit.requests.register(told)
        await unit.finish("{}", [])


def order(rights: Rights, wanted: Filter | None = None) -> ExportJob:
    return ExportJob(rights, wanted or Filter(), ExportForm.CSV, translator("vi"), NOW)


async def found(store: Store, rights: Rights, wanted: Filter | None = None, size: int = 2) -> list[RequestRow]:
    return [filed async for filed in iter_requests(store, order(rights, wanted), size=size)]


def numbers(read: list[RequestRow]) -> list[int]:
    return [filed.number % 1000 for filed in read]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
async def test_everything_within_reach_comes_once_in_the_order_of_registration(filled: Store, size: int) -> None:
    assert numbers(await found(filled, OPERATOR, size=size)) == [1, 2, 3, 4]
    assert numbers(await found(filled, ADMIN, size=size)) == [1, 3]


async def test_nothing_comes_to_those_who_may_not_export(filled: Store) -> None:
    assert await found(filled, OFFICER) == []
    assert (await read_span(filled, order(OFFICER))).count == 0


async def test_a_filter_narrows_and_never_widens(filled: Store) -> None:
    assert numbers(await found(filled, OPERATOR, Filter(unit="DN.NT.VP"))) == [3]
    assert numbers(await found(filled, ADMIN, Filter(unit="DN"))) == [1, 3]
    assert await found(filled, ADMIN, Filter(unit="DN.DP")) == []
    assert await found(filled, OPERATOR, Filter(procedures=(Procedure.REVOKE,))) == []
    assert numbers(await found(filled, OPERATOR, Filter(text="nguyen van an"))) == [1, 2, 3, 4]


async def test_what_is_registered_meanwhile_is_not_part_of_it(filled: Store) -> None:
    meant, read = await read_span(filled, order(OPERATOR)), []
    async for batch in request_batches(filled, order(OPERATOR), meant, size=2):
        await register(filled, f"late {len(read)}", make_content())
        read += batch

    assert meant.count == 4
    assert numbers(read) == [1, 2, 3, 4]


async def test_names_and_serial_numbers_are_in_full_for_an_admin_and_masked_for_a_focal_officer(filled: Store) -> None:
    full, masked = await found(filled, ADMIN), await found(filled, FOCAL)

    assert {filed.request.content.subscriber for filed in full} == {"Nguyễn Văn An"}
    assert {filed.request.content.serial for filed in full} == {SERIAL}
    assert numbers(masked) == numbers(full)
    assert {filed.request.content.subscriber for filed in masked} == {"N. V. An"}
    assert SERIAL not in repr(masked)


async def test_everything_that_was_asked_for_comes_but_the_decision(filled: Store) -> None:
    (first, *_) = await found(filled, ADMIN)

    asked = PERSON.model_copy(update={"unit_code": "DN.NT", "decision": ""})
    assert asked.decision != PERSON.decision
    assert first.request.content.model_dump() == asked.model_dump()


async def test_the_note_is_that_of_the_last_move_for_those_who_may_see_it(filled: Store) -> None:
    (first, *_) = await found(filled, ADMIN)
    async with admin_transaction(filled) as at:
        await at.admin.desk.move(ADMIN, first.request.code, RequestState.SENT_BACK, first.revision, "Thiếu tên cũ")

    (moved, *_), (masked, *_) = await found(filled, ADMIN), await found(filled, FOCAL)

    assert (moved.request.state, moved.note) == (RequestState.SENT_BACK, "Thiếu tên cũ")
    assert moved.revision == first.revision + 1
    assert moved.actor == "QT-000001"
    assert masked.note == ""
