"""Before anything is sent the whole list is gone through, and what stands against it names the people."""

from datetime import timedelta

import pytest

from bot.services.broadcasts.service import BroadcastOperations
from bot.services.opening import open_store
from bot.store.sealing.keyring import Keyring
from bot.store.store import Store
from handlers.model.broadcast import (
    ActionResult,
    Audience,
    BroadcastPolicy,
    BroadcastProblem,
    BroadcastState,
    BroadcastText,
    CampaignPlan,
    ChannelCounts,
    MessageLimits,
    ProblemKind,
    format_person_code,
)
from handlers.model.rights import Rights
from rules.calendar import to_vietnam_day
from tests.integration.store.conftest import Database
from tests.support.audiences import Certificate, Officer, write
from tests.support.desk import ADMIN, FOCAL, OFFICER, OTHER
from tests.support.office import OPERATOR, office, settle_units
from tests.support.reminding import approved, checked, draft, drafted, frozen, state
from tests.support.storing import NAME, NOW, closing_async

TODAY = to_vietnam_day(NOW)
NAMED = BroadcastText(vi="Kính gửi {ho_ten}.", en="Dear {ho_ten}.")


@pytest.fixture
def people(store: Store, database: Database, keyring: Keyring) -> list[Officer]:
    """Three within a commune, one elsewhere; of the first the name is known."""
    settle_units(database.sql)
    certificate = Certificate("K1", NAME, TODAY + timedelta(days=5))
    officers = [
        Officer("a" * 32, unit="DN.NT", certificates=[certificate]),
        Officer("b" * 32, "terminal:lan", unit="DN.NT", language="en"),
        Officer("c" * 32, unit="DN.NT", stopped=True),
        Officer("d" * 32, unit="DN.DP", blocked=True),
    ]
    write(database.sql, keyring, officers, NOW)
    return officers


def found(*problems: tuple[ProblemKind, str, str]) -> tuple[BroadcastProblem, ...]:
    """Trouble, what it is about, first letters of whom."""
    return tuple(
        BroadcastProblem(
            trouble=trouble, about=about, rows=tuple(format_person_code(one * 32) for one in who), count=len(who)
        )
        for trouble, about, who in problems
    )


async def test_nothing_against_a_draft_makes_it_checked_and_tells_who_is_meant(
    store: Store, database: Database, people: list[Officer]
) -> None:
    name = await drafted(store, draft())
    made = await BroadcastOperations.over(store).check(name, NOW)

    assert made.problems == ()
    telegram = ChannelCounts(channel="telegram", reachable=1, stopped=1, blocked=1)
    assert made.counted == (telegram, ChannelCounts(channel="terminal", reachable=1))
    assert state(database.sql, name) == ("checked", None, 4)
    async with office(store) as at:
        assert await at.admin.broadcasts.last_check(OPERATOR, name) == made
        assert await at.admin.broadcasts.count(OPERATOR, Audience()) == made.counted


async def test_what_is_missing_is_told_with_those_it_concerns_and_the_draft_stays_one(
    store: Store, database: Database, people: list[Officer]
) -> None:
    name = await drafted(store, draft(text=NAMED))

    made = await BroadcastOperations.over(store).check(name, NOW)

    assert made.problems == found((ProblemKind.MISSING, "{ho_ten}", "b"))
    assert state(database.sql, name)[0] == "draft"
    async with office(store) as at:
        assert await at.admin.broadcasts.move(OPERATOR, name, BroadcastState.APPROVED) is not ActionResult.DONE
    assert NAME.encode() not in database.bytes_at_rest()


async def test_only_the_first_are_named_and_all_are_counted(store: Store, database: Database, keyring: Keyring) -> None:
    write(database.sql, keyring, [Officer(f"{number:032x}") for number in range(1, 31)], NOW)

    (problem,) = (await checked(store, draft(text=NAMED))).problems

    assert (len(problem.rows), problem.count) == (20, 30)


async def test_a_draft_that_was_changed_meanwhile_is_not_checked(
    store: Store, database: Database, people: list[Officer], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = await drafted(store, draft())
    database.sql("UPDATE broadcasts SET revision = 1, checking = 1 WHERE id = ?", name)
    run = type(store.driver).run

    async def run_after_a_change(self: object, *calls: object, **more: object) -> object:
        if calls[0].query == "note_check":
            database.sql("UPDATE broadcasts SET revision = 2 WHERE id = ?", name)
        return await run(self, *calls, **more)

    monkeypatch.setattr(type(store.driver), "run", run_after_a_change)
    assert (await BroadcastOperations.over(store).check(name, NOW)).problems == ()

    assert state(database.sql, name) == ("draft", None, 0)
    assert database.sql("SELECT checking FROM broadcasts") == [(1,)]


async def test_what_was_checked_is_a_draft_again_once_nobody_is_left(
    store: Store, database: Database, people: list[Officer]
) -> None:
    name = await drafted(store, draft())
    await BroadcastOperations.over(store).check(name, NOW)
    database.sql("UPDATE chats SET blocked_at = 1")

    made = await BroadcastOperations.over(store).check(name, NOW)

    assert made.problems == found((ProblemKind.NOBODY, "", ""))
    assert state(database.sql, name)[0] == "draft"


async def test_a_list_that_names_strangers_or_those_out_of_reach_is_told(store: Store, people: list[Officer]) -> None:
    listed = Audience(unit="DN.NT", chats=tuple(letter * 32 for letter in "abdf"))

    made = await checked(store, draft(listed), ADMIN)

    assert made.problems == found((ProblemKind.UNKNOWN, "", "df"))
    assert made.recipients == 2


async def test_a_text_is_measured_with_what_fills_it_for_each_channel(
    database: Database, keyring: Keyring, people: list[Officer]
) -> None:
    text = BroadcastText(vi=f"{{ho_ten|bạn}}{'ă' * 200}", en="x")
    rooms = {"telegram": MessageLimits(300 + len(NAME), 100), "terminal": MessageLimits(10, 10)}
    async with closing_async(
        await open_store(database.url, database.folder, keyring, BroadcastPolicy(rooms=rooms))
    ) as store:
        made = await checked(store, draft(text=text))
        longer = {"telegram": MessageLimits(600, 100), "terminal": MessageLimits(600, 10)}
        store.policy.rooms.update(longer)
        fits = await checked(store, draft(text=text))
        beside_a_file = await checked(store, draft(text=text, document="k.pdf"), document=b"%PDF-1.7")

    assert made.problems == found((ProblemKind.TOO_LONG, "telegram", "a"), (ProblemKind.TOO_LONG, "terminal", "b"))
    assert fits.problems == ()
    assert beside_a_file.problems == made.problems


async def test_a_document_must_be_there_and_be_taken(
    database: Database, keyring: Keyring, people: list[Officer]
) -> None:
    rooms = {"telegram": MessageLimits(4096, 1024)}
    policy = BroadcastPolicy(rooms=rooms, document=100)
    async with closing_async(await open_store(database.url, database.folder, keyring, policy)) as store:
        over_telegram = draft(Audience(channel="telegram"), document="k.pdf")
        assert (await checked(store, over_telegram, document=b"x" * 50)).problems == ()
        large = await checked(store, over_telegram, document=b"x" * 200)
        lost = await checked(store, over_telegram)
        everywhere = await checked(store, draft(document="k.pdf"), document=b"x")

    assert large.problems == lost.problems == (BroadcastProblem(trouble=ProblemKind.DOCUMENT, about="k.pdf"),)
    assert everywhere.problems == found((ProblemKind.DOCUMENT, "terminal", "b"))


async def test_a_text_that_cannot_be_read_is_found_once(store: Store, people: list[Officer]) -> None:
    made = await checked(store, draft(text=BroadcastText(vi="*Đậm {ho_ten}", en="Dear {ho_tn}")))

    assert [problem.trouble for problem in made.problems] == [ProblemKind.MARKUP, ProblemKind.PLACEHOLDER]


@pytest.mark.parametrize(
    "past",
    [
        {"starts_at": NOW - timedelta(minutes=1)},
        {"starts_at": None, "plan": CampaignPlan(deadline=TODAY - timedelta(days=2))},
    ],
)
async def test_what_would_begin_in_the_past_is_told(
    store: Store, people: list[Officer], past: dict[str, object]
) -> None:
    assert (await checked(store, draft(**past))).problems == found((ProblemKind.PAST, "", ""))


@pytest.mark.parametrize(("rights", "seen"), [(OPERATOR, NAME), (ADMIN, NAME), (FOCAL, "Ủ. b. n. d. x. P. An")])
async def test_a_sample_shows_real_values_to_whoever_may_see_them(
    store: Store, people: list[Officer], rights: Rights, seen: str
) -> None:
    text = BroadcastText(vi="Kính gửi {ho_ten|anh/chị}.", en="Dear {ho_ten|officer}.")
    name = await drafted(store, draft(Audience(unit="DN.NT"), text))

    async with office(store) as at:
        sampled = await at.admin.broadcasts.sample(rights, name, 2)

    assert [(one.code, one.name, one.channel) for one, _ in sampled] == [
        (format_person_code("a" * 32), seen, "telegram"),
        (format_person_code("b" * 32), None, "terminal:lan"),
    ]
    texts = [reply.paragraphs[0] for _, reply in sampled]
    assert texts[0].startswith(f"Kính gửi {seen}.")
    assert texts[1].startswith("Dear officer.")


@pytest.mark.parametrize("rights", [OTHER, OFFICER])
async def test_who_may_not_see_a_broadcast_sees_no_sample_of_it(
    store: Store, people: list[Officer], rights: Rights
) -> None:
    name = await drafted(store, draft(Audience(unit="DN.NT")))
    async with office(store) as at:
        assert await at.admin.broadcasts.sample(rights, name, 2) == ()


async def test_how_far_an_approved_one_is_goes_on_being_told(
    store: Store, database: Database, people: list[Officer]
) -> None:
    name = await approved(store, draft())
    await frozen(store, name)

    await BroadcastOperations.over(store).check(name, NOW)

    assert state(database.sql, name) == ("scheduled", None, 4)
