"""Before anything is sent the whole list is gone through, and what stands against it names the people."""

from datetime import timedelta

import pytest

from bot.services.broadcasts import BroadcastOperations
from bot.store.sealing import Keyring
from bot.store.store import Store
from handlers.model import (
    ActionResult,
    BroadcastProblem,
    BroadcastState,
    BroadcastText,
    ProblemKind,
    format_person_code,
)
from rules.calendar import to_vietnam_day
from tests.integration.conftest import Database
from tests.support.audience import Certificate, Officer, write_officers
from tests.support.broadcasts import create_reminder, make_reminder, read_progress
from tests.support.people import OPERATOR, admin_transaction, insert_units
from tests.support.store import NAME, NOW

TODAY = to_vietnam_day(NOW)
NAMED = BroadcastText(vi="Kính gửi {ho_ten}.", en="Dear {ho_ten}.")


@pytest.fixture
def people(store: Store, database: Database, keyring: Keyring) -> list[Officer]:
    """Three within a commune, one elsewhere; of the first the name is known."""
    insert_units(database.sql)
    certificate = Certificate("K1", NAME, TODAY + timedelta(days=5))
    officers = [
        Officer("a" * 32, unit="DN.NT", certificates=[certificate]),
        Officer("b" * 32, "terminal:lan", unit="DN.NT", language="en"),
        Officer("c" * 32, unit="DN.NT", stopped=True),
        Officer("d" * 32, unit="DN.DP", blocked=True),
    ]
    write_officers(database.sql, keyring, officers, NOW)
    return officers


def found(*problems: tuple[ProblemKind, str, str]) -> tuple[BroadcastProblem, ...]:
    """Trouble, what it is about, first letters of whom."""
    return tuple(
        BroadcastProblem(
            trouble=trouble, about=about, rows=tuple(format_person_code(one * 32) for one in who), count=len(who)
        )
        for trouble, about, who in problems
    )


async def test_what_is_missing_is_told_with_those_it_concerns_and_the_draft_stays_one(
    store: Store, database: Database, people: list[Officer]
) -> None:
    name = await create_reminder(store, make_reminder(text=NAMED))

    made = await BroadcastOperations.over(store).check(name, NOW)

    assert made.problems == found((ProblemKind.MISSING, "{ho_ten}", "b"))
    assert read_progress(database.sql, name)[0] == "draft"
    async with admin_transaction(store) as at:
        assert await at.admin.broadcasts.move(OPERATOR, name, BroadcastState.APPROVED) is not ActionResult.DONE
    assert NAME.encode() not in database.bytes_at_rest()


async def test_a_draft_that_was_changed_meanwhile_is_not_checked(
    store: Store, database: Database, people: list[Officer], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await create_reminder(store, make_reminder())
    database.sql("UPDATE broadcasts SET revision = 1, checking = 1 WHERE id = ?", name)
    run = type(store.driver).run

    async def run_after_a_change(self: object, *calls: object, **more: object) -> object:
        if calls[0].query == "note_check":
            database.sql("UPDATE broadcasts SET revision = 2 WHERE id = ?", name)
        return await run(self, *calls, **more)

    monkeypatch.setattr(type(store.driver), "run", run_after_a_change)
    assert (await BroadcastOperations.over(store).check(name, NOW)).problems == ()

    assert read_progress(database.sql, name) == ("draft", None, 0)
    assert database.sql("SELECT checking FROM broadcasts") == [(1,)]
