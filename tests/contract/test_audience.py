"""A broadcast means these people; a check names what stands against it; each of them gets a row."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from bot.store import Store
from handlers.model import (
    ZALO,
    ActionResult,
    Audience,
    BroadcastPolicy,
    BroadcastProblem,
    BroadcastState,
    BroadcastText,
    CampaignPlan,
    ChannelAddress,
    ChannelCosts,
    ChannelCounts,
    ChannelTariff,
    InterviewStatus,
    MessageLimits,
    PlaceholderValues,
    ProblemKind,
    RequestState,
    Rights,
    format_person_code,
)
from rules.outcome import Procedure
from tests.support.audience import (
    AUDIENCES,
    PEOPLE,
    RIGHTS,
    TODAY,
    Certificate,
    Officer,
    chat_ids,
    counts_of,
    is_meant,
    officers_of_communes,
    one_of_each,
)
from tests.support.backends import Backend
from tests.support.broadcasts import (
    NAMED,
    approve_reminder,
    check_reminder,
    create_reminder,
    expected_problems,
    freeze_recipients,
    make_reminder,
)
from tests.support.people import ADMIN, FOCAL, OFFICER, OPERATOR, OTHER, admin_transaction, make_person_content
from tests.support.soak import examples
from tests.support.store import NAME, NOW, broadcast_operations
from tests.support.stored_dialogue import StoredTurns, register_request

QUEUED = ("queued", None)


@pytest.fixture
def people(ground: Backend) -> list[Officer]:
    officers = officers_of_communes()
    ground.write_people(officers)
    return officers


async def test_nothing_against_a_draft_makes_it_checked_and_tells_who_is_meant(
    store: Store, ground: Backend, people: list[Officer]
) -> None:
    name = await create_reminder(store, make_reminder())
    made = await broadcast_operations(store).check(name, NOW)

    assert made.problems == ()
    telegram = ChannelCounts(channel="telegram", reachable=1, stopped=1, blocked=1)
    assert made.counted == (telegram, ChannelCounts(channel="terminal", reachable=1))
    assert ground.state_of(name) == ("checked", None, 4)
    async with admin_transaction(store) as at:
        assert await at.admin.broadcasts.last_check(OPERATOR, name) == made
        assert await at.admin.broadcasts.count(OPERATOR, Audience()) == made.counted


async def test_what_is_missing_is_told_with_those_it_concerns_and_the_draft_stays_one(
    store: Store, ground: Backend, people: list[Officer]
) -> None:
    name = await create_reminder(store, make_reminder(text=NAMED))

    made = await broadcast_operations(store).check(name, NOW)

    assert made.problems == expected_problems((ProblemKind.MISSING, "{ho_ten}", "b"))
    assert ground.state_of(name)[0] == "draft"
    async with admin_transaction(store) as at:
        assert await at.admin.broadcasts.move(OPERATOR, name, BroadcastState.APPROVED) is not ActionResult.DONE
    assert NAME.encode() not in ground.bytes_at_rest()


async def test_only_the_first_are_named_and_all_are_counted(store: Store, ground: Backend) -> None:
    ground.write_people([Officer(f"{number:032x}") for number in range(1, 31)])

    (problem,) = (await check_reminder(store, make_reminder(text=NAMED))).problems

    assert (len(problem.rows), problem.count) == (20, 30)


@pytest.mark.parametrize(("plan", "steps"), [(None, 1), (CampaignPlan(deadline=date(2027, 1, 30), steps=(30, 7)), 2)])
async def test_a_check_tells_what_a_channel_charges_for_those_who_get_the_message(
    ground: Backend, plan: CampaignPlan | None, steps: int
) -> None:
    kept = [Officer("2" * 32, "zalo", stopped=True), Officer("3" * 32, "zalo", blocked=True), Officer("4" * 32)]
    ground.write_people([Officer("1" * 32, "zalo"), Officer("5" * 32, "zalo"), *kept])
    tariffs = {ZALO: ChannelTariff("360846524940903967", message=55, month=100)}
    async with ground.with_policy(BroadcastPolicy(tariffs=tariffs)) as charged:
        name = await create_reminder(charged, make_reminder(plan=plan, starts_at=None))
        made = await broadcast_operations(charged).check(name, NOW)
    costs = ChannelCosts(channel=ZALO, paid=2, message_dong=55, dearest=55, steps=steps, left=100)
    assert made.costs == (costs,)
    assert (costs.now, costs.most, costs.is_enough) == (110, 110 * steps, False)


async def test_what_was_checked_is_a_draft_again_once_nobody_is_left(
    store: Store, ground: Backend, people: list[Officer]
) -> None:
    name = await create_reminder(store, make_reminder())
    await broadcast_operations(store).check(name, NOW)
    for officer in people:
        ground.change_id(officer.id, blocked_at=NOW)

    made = await broadcast_operations(store).check(name, NOW)

    assert made.problems == expected_problems((ProblemKind.NOBODY, "", ""))
    assert ground.state_of(name)[0] == "draft"


async def test_a_list_that_names_strangers_or_those_out_of_reach_is_told(store: Store, people: list[Officer]) -> None:
    listed = Audience(unit="DN.NT", chats=tuple(letter * 32 for letter in "abdf"))

    made = await check_reminder(store, make_reminder(listed), ADMIN)

    assert made.problems == expected_problems((ProblemKind.UNKNOWN, "", "df"))
    assert made.recipients == 2


async def test_a_text_is_measured_with_what_fills_it_for_each_channel(ground: Backend, people: list[Officer]) -> None:
    text = BroadcastText(vi=f"{{ho_ten|bạn}}{'ă' * 200}", en="x")
    rooms = {"telegram": MessageLimits(300 + len(NAME), 100), "terminal": MessageLimits(10, 10)}
    async with ground.with_policy(BroadcastPolicy(rooms=rooms)) as store:
        made = await check_reminder(store, make_reminder(text=text))
    longer = {"telegram": MessageLimits(600, 100), "terminal": MessageLimits(600, 10)}
    async with ground.with_policy(BroadcastPolicy(rooms=longer)) as store:
        fits = await check_reminder(store, make_reminder(text=text))
        beside_a_file = await check_reminder(store, make_reminder(text=text, document="k.pdf"), document=b"%PDF-1.7")

    assert made.problems == expected_problems(
        (ProblemKind.TOO_LONG, "telegram", "a"), (ProblemKind.TOO_LONG, "terminal", "b")
    )
    assert fits.problems == ()
    assert beside_a_file.problems == made.problems


async def test_a_document_must_be_there_and_be_taken(ground: Backend, people: list[Officer]) -> None:
    rooms = {"telegram": MessageLimits(4096, 1024)}
    policy = BroadcastPolicy(rooms=rooms, document=100)
    async with ground.with_policy(policy) as store:
        over_telegram = make_reminder(Audience(channel="telegram"), document="k.pdf")
        assert (await check_reminder(store, over_telegram, document=b"x" * 50)).problems == ()
        large = await check_reminder(store, over_telegram, document=b"x" * 200)
        lost = await check_reminder(store, over_telegram)
        everywhere = await check_reminder(store, make_reminder(document="k.pdf"), document=b"x")

    assert large.problems == lost.problems == (BroadcastProblem(trouble=ProblemKind.DOCUMENT, about="k.pdf"),)
    assert everywhere.problems == expected_problems((ProblemKind.DOCUMENT, "terminal", "b"))


async def test_a_text_that_cannot_be_read_is_found_once(store: Store, people: list[Officer]) -> None:
    made = await check_reminder(store, make_reminder(text=BroadcastText(vi="*Đậm {ho_ten}", en="Dear {ho_tn}")))

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
    assert (await check_reminder(store, make_reminder(**past))).problems == expected_problems(
        (ProblemKind.PAST, "", "")
    )


@pytest.mark.parametrize(("rights", "seen"), [(OPERATOR, NAME), (ADMIN, NAME), (FOCAL, "Ủ. b. n. d. x. P. An")])
async def test_a_sample_shows_real_values_to_whoever_may_see_them(
    store: Store, people: list[Officer], rights: Rights, seen: str
) -> None:
    text = BroadcastText(vi="Kính gửi {ho_ten|anh/chị}.", en="Dear {ho_ten|officer}.")
    name = await create_reminder(store, make_reminder(Audience(unit="DN.NT"), text))

    async with admin_transaction(store) as at:
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
    name = await create_reminder(store, make_reminder(Audience(unit="DN.NT")))
    async with admin_transaction(store) as at:
        assert await at.admin.broadcasts.sample(rights, name, 2) == ()


async def test_how_far_an_approved_one_is_goes_on_being_told(
    store: Store, ground: Backend, people: list[Officer]
) -> None:
    name = await approve_reminder(store, make_reminder())
    await freeze_recipients(store, name)

    await broadcast_operations(store).check(name, NOW)

    assert ground.state_of(name) == ("scheduled", None, 4)


async def test_a_row_holds_what_was_known_of_the_person_and_is_sealed(store: Store, ground: Backend) -> None:
    done = Certificate(
        "K1", "Cũ", TODAY + timedelta(days=3), (Procedure.REVOKE,), {Procedure.REVOKE: RequestState.DONE}
    )
    half = {Procedure.REVOKE: RequestState.SUBMITTED, Procedure.EXTEND: RequestState.WITHDRAWN}
    open_ = Certificate("K2", NAME, TODAY + timedelta(days=9), (Procedure.REVOKE, Procedure.EXTEND), half)
    ended = Certificate("K3", None, TODAY - timedelta(days=1), ())
    lan = Officer("a" * 32, unit="DN.NT", language="en", certificates=[done, open_, ended])
    ground.write_people([lan, Officer("b" * 32, language=None)])
    name = await approve_reminder(store, make_reminder())

    await freeze_recipients(store, name)

    known = ground.values_of(name)
    end, to_do = TODAY + timedelta(days=3), (Procedure.EXTEND,)
    assert known["a" * 32] == PlaceholderValues(language="en", name=NAME, unit="Xã Nhơn Trạch", day=end, to_do=to_do)
    assert known["b" * 32] == PlaceholderValues()
    assert NAME.encode() not in ground.bytes_at_rest()


async def test_what_is_not_said_is_not_opened_and_a_deadline_is_everybodys(store: Store, ground: Backend) -> None:
    ground.write_people([Officer("a" * 32, certificates=[Certificate("K", NAME, TODAY)])])
    text = {"vi": "Hạn {han}.", "en": "By {han}."}
    name = await approve_reminder(store, make_reminder(text=text, deadline=date(2026, 12, 24)))

    await freeze_recipients(store, name)

    assert ground.values_of(name) == {"a" * 32: PlaceholderValues(day=date(2026, 12, 24))}


async def test_a_window_says_which_end_is_meant(store: Store, ground: Backend) -> None:
    ends = [Certificate(str(days), None, TODAY + timedelta(days=days)) for days in (2, 30, 40)]
    ground.write_people([Officer("a" * 32, certificates=ends)])
    name = await approve_reminder(store, make_reminder(Audience(expires_from=TODAY + timedelta(days=20))))

    await freeze_recipients(store, name)

    assert ground.values_of(name)["a" * 32].day == TODAY + timedelta(days=30)


async def test_where_nobody_is_left_it_ends(store: Store, ground: Backend, few: dict[str, Officer]) -> None:
    name = await approve_reminder(store, make_reminder(Audience(channel="telegram")))
    for officer in few.values():
        ground.change_id(officer.id, channel="zalo")

    await freeze_recipients(store, name)

    assert ground.state_of(name) == ("finished", "nobody", 0)


async def test_a_campaign_has_no_rows_of_its_own(store: Store, ground: Backend, few: dict[str, Officer]) -> None:
    plan = CampaignPlan(deadline=TODAY + timedelta(days=40))
    name = await approve_reminder(store, make_reminder(plan=plan, starts_at=None))

    await freeze_recipients(store, name)

    assert ground.rows_of(name) == {}
    assert ground.state_of(name)[0] == "running"


async def test_what_is_not_approved_or_was_cancelled_gets_no_rows(
    store: Store, ground: Backend, few: dict[str, Officer]
) -> None:
    fresh = await create_reminder(store, make_reminder())
    name = await approve_reminder(store, make_reminder())
    assert await broadcast_operations(store).freeze(name, NOW, limit=1)
    assert await broadcast_operations(store).move(name, BroadcastState.APPROVED, BroadcastState.CANCELLED, NOW)

    await freeze_recipients(store, name)
    await freeze_recipients(store, fresh)

    assert ground.rows_of(name).keys() == chat_ids("a")
    assert ground.rows_of(fresh) == {}


async def test_nobody_beyond_the_unit_of_a_broadcast_is_meant(store: Store, ground: Backend) -> None:
    ground.write_people([Officer("a" * 32, unit="DN.NT.VP"), Officer("b" * 32, unit="DN.DP")])
    name = await approve_reminder(store, make_reminder(Audience(unit="DN.NT")), ADMIN)

    await freeze_recipients(store, name)

    assert ground.rows_of(name).keys() == chat_ids("a")


async def test_every_move_is_noted(store: Store, ground: Backend, few: dict[str, Officer]) -> None:
    name = await approve_reminder(store, make_reminder())
    await freeze_recipients(store, name)

    moves = [(state, actor) for state, actor, _ in ground.moves_of(name)]

    assert moves == [("draft", "machine"), ("checked", "machine"), ("approved", "machine"), ("scheduled", "machine")]


@pytest.fixture
def few(ground: Backend) -> dict[str, Officer]:
    named = one_of_each()
    ground.write_people(list(named.values()))
    return named


@settings(max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(audience=AUDIENCES, rights=RIGHTS)
async def test_an_audience_is_what_a_look_at_everybody_gives(
    peopled: Store, audience: Audience, rights: Rights
) -> None:
    expected = [one for one in PEOPLE if is_meant(one, audience, rights, NOW)]
    async with admin_transaction(peopled) as at:
        counts = await at.admin.broadcasts.count(rights, audience)
    assert {one.channel: (one.reachable, one.blocked, one.stopped, one.capped) for one in counts} == counts_of(expected)


@pytest.fixture
def peopled(ground: Backend) -> Store:
    ground.write_people(PEOPLE)
    return ground.store


async def test_whoever_gets_nothing_has_a_row_that_says_why(ground: Backend) -> None:
    store, deadline = ground.store, TODAY + timedelta(days=40)
    for address in ("gets it", "stopped", "done", "later", "today", "capped"):
        async with StoredTurns(store, address)():
            """They agree."""
    campaign = await approve_reminder(store, make_reminder(plan=CampaignPlan(deadline=deadline), starts_at=None))
    await freeze_recipients(store, campaign)
    for address in ("gets it", "stopped", "done", "later", "today", "capped"):
        ground.add_row(campaign, address, "failed")
        async with StoredTurns(store, address)() as turn:
            match address:
                case "stopped":
                    await turn.reminders.stop()
                case "done":
                    await turn.reminders.mark_done(campaign)
                case "later":
                    await turn.reminders.postpone(campaign, TODAY + timedelta(days=1))
                case "today":
                    await turn.reminders.postpone(campaign, TODAY)
    for _ in range(5):
        ground.add_row(await create_reminder(store, make_reminder()), "capped", "sent")
    step = await broadcast_operations(store).create_step(campaign, "14", NOW) or ""

    await freeze_recipients(store, step)

    rows = ground.rows_of(step)
    assert {address: rows[store.chats.at("telegram", address).id] for address in ("gets it", "today")} == {
        "gets it": QUEUED,
        "today": QUEUED,
    }
    kept = {"stopped": "stopped", "done": "done", "later": "later", "capped": "capped"}
    assert {address: rows[store.chats.at("telegram", address).id] for address in kept} == {
        address: ("skipped", reason) for address, reason in kept.items()
    }


async def test_more_than_one_person_may_decide_about_go_back_to_wait_for_a_second(ground: Backend) -> None:
    ground.write_people([Officer(letter * 32) for letter in "ab"])
    name = await approve_reminder(ground.store, make_reminder())
    ground.write_people([Officer("c" * 32)])
    async with ground.with_policy(BroadcastPolicy(approval_above=2)) as strict:
        assert not await broadcast_operations(strict).freeze(name, NOW)

    assert ground.state_of(name) == ("checked", "second_person", 3)
    assert ground.rows_of(name) == {}


async def test_people_are_found_by_the_names_that_a_list_has_for_them(ground: Backend) -> None:
    store = ground.store
    near = await register_request(store, "7790118822", make_person_content(), "DN.NT")
    await register_request(store, "7790118823", make_person_content(), "DN.DP")
    chat = store.chats.at("telegram", "7790118822").id
    async with StoredTurns(store, "7790118822")() as turn:
        await turn.register.save_status(InterviewStatus(interview=1, unit="DN.NT"))
    names = (f" {near.code.lower()} ", format_person_code(chat).lower(), ChannelAddress("telegram", "7790118822"))
    others = (
        "YC-2026-000002",
        "YC-2026-000099",
        "N-00000000",
        ChannelAddress("telegram", "1"),
        "telegram:1",
        "ai đó",
        "",
        "=1+1",
    )

    async with admin_transaction(store) as at:
        found = await at.admin.broadcasts.resolve_names(ADMIN, [*names, *others])
        nobody = await at.admin.broadcasts.resolve_names(OFFICER, names)

    assert found == dict.fromkeys(names, (chat,))
    assert nobody == {}
