"""Decisions of the broadcast services, without a database: moves by hand, steps, and who gets nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.messages import DeliveryState
from bot.services.broadcasts.actions import NewStep, find_action_rule
from bot.services.broadcasts.recipients import RecipientValues, reach_of, says_name
from bot.store.broadcasts import BroadcastSnapshot
from bot.store.broadcasts.audience import Person
from handlers.model import (
    EXPIRY_CAMPAIGN,
    Act,
    Audience,
    Broadcast,
    BroadcastDraft,
    BroadcastPolicy,
    BroadcastState,
    BroadcastText,
    CampaignPlan,
    DeliveryReason,
    Reach,
    StateReason,
)

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
TODAY = date(2026, 11, 20)
DRAFT = BroadcastDraft(title="Hạn 30/11", text=BroadcastText(vi="Chào anh/chị.", en="Hello."))
WRITTEN = BroadcastSnapshot(
    "TB-000001", DRAFT, "DN", None, None, BroadcastState.APPROVED, 1, "", None, NOW, None, approved=True, alone=True
)
PERSON = Person(
    chat="a" * 32,
    channel="telegram",
    stopped=False,
    blocked=False,
    language="vi",
    unit="DN",
    unit_name="Đồng Nai",
    done=False,
    later_on=None,
    had=0,
    name=None,
    certificates=(),
)


def broadcast(state: BroadcastState, name: str = "TB-000001") -> Broadcast:
    return Broadcast(name, state, DRAFT, None, "QT-000001", 0, NOW, NOW)


@pytest.mark.parametrize(
    ("was", "to", "right", "deed", "why"),
    [
        ("checked", "approved", Act.APPROVE_BROADCASTS, "broadcast_approve", None),
        ("scheduled", "running", Act.WRITE_BROADCASTS, "broadcast_start", None),
        ("running", "paused", Act.WRITE_BROADCASTS, "broadcast_pause", StateReason.BY_HAND),
        ("paused", "running", Act.WRITE_BROADCASTS, "broadcast_resume", None),
        ("draft", "cancelled", Act.WRITE_BROADCASTS, "broadcast_cancel", StateReason.BY_HAND),
    ],
)
def test_a_move_by_hand_has_its_right_its_name_in_the_journal_and_its_reason(
    was: str, to: str, right: Act, deed: str, why: StateReason | None
) -> None:
    rule = find_action_rule(broadcast(BroadcastState(was)), BroadcastState(to))
    assert rule == (right, deed, why)


@pytest.mark.parametrize(
    ("was", "to"),
    [
        ("draft", "approved"),  # not checked
        ("draft", "checked"),  # a check decides that
        ("running", "finished"),  # the last row decides that
        ("finished", "running"),  # only a row that is sent again does that
        ("cancelled", "running"),
    ],
)
def test_a_move_that_no_hand_makes_has_no_rule(was: str, to: str) -> None:
    assert find_action_rule(broadcast(BroadcastState(was)), BroadcastState(to)) is None


def test_the_campaign_that_always_is_there_can_be_paused_and_not_cancelled() -> None:
    standing = broadcast(BroadcastState.RUNNING, EXPIRY_CAMPAIGN)
    assert find_action_rule(standing, BroadcastState.PAUSED) is not None
    assert find_action_rule(standing, BroadcastState.CANCELLED) is None


def test_a_step_says_what_its_campaign_says_for_its_day_and_to_its_people() -> None:
    plan = CampaignPlan(deadline=date(2026, 12, 30))
    parent = DRAFT.model_copy(update={"plan": plan, "audience": Audience(unit="DN.NT", to_do=True)})

    step = NewStep("TB-000001", "14", NOW, Audience(chats=("a",)), why=StateReason.LATE).with_draft(parent)

    assert (step.name, step.state, step.starts_at, step.why) == ("14", "approved", NOW, StateReason.LATE)
    assert (step.draft.plan, step.draft.deadline, step.draft.text) == (None, plan.deadline, parent.text)
    assert step.draft.audience == Audience(unit="DN.NT", to_do=True, chats=("a",))


def test_a_step_that_is_left_out_is_cancelled_from_the_beginning() -> None:
    step = NewStep("TB-000001", "14", left_out=StateReason.MISSED).with_draft(DRAFT)
    assert (step.state, step.why) == (BroadcastState.CANCELLED, StateReason.MISSED)


@pytest.mark.parametrize(
    ("known", "end"),
    [
        ({}, None),
        ({"had": 4}, None),
        ({"later_on": TODAY}, None),  # the day has come
        ({"had": 5}, (DeliveryState.SKIPPED, DeliveryReason.CAPPED)),
        ({"had": 5, "later_on": date(2026, 11, 21)}, (DeliveryState.SKIPPED, DeliveryReason.LATER)),
        ({"later_on": date(2026, 11, 21), "done": True}, (DeliveryState.SKIPPED, DeliveryReason.DONE)),
        ({"done": True, "blocked": True}, (DeliveryState.BLOCKED, DeliveryReason.BLOCKED_BEFORE)),
        ({"blocked": True, "stopped": True}, (DeliveryState.SKIPPED, DeliveryReason.STOPPED)),
    ],
)
def test_the_strongest_reason_keeps_a_message_from_somebody(
    known: dict[str, object], end: tuple[DeliveryState, DeliveryReason] | None
) -> None:
    values = RecipientValues(BroadcastPolicy(reminders_per_week=5), WRITTEN, TODAY)
    person = replace(PERSON, **known)  # type: ignore[arg-type]
    assert values.reason_to_withhold(person) == end
    assert values.to_recipient(person).content == (end or values.values(person))


def test_a_broadcast_reaches_no_further_than_its_unit() -> None:
    assert reach_of(WRITTEN) == Reach(units=("DN",))
    assert reach_of(replace(WRITTEN, unit=None)) == Reach(everything=True)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_names_are_read_only_where_one_of_the_texts_says_them(language: str) -> None:
    text = DRAFT.text.model_copy(update={language: "Kính gửi {ho_ten|anh/chị}."})
    assert not says_name(WRITTEN)
    assert says_name(replace(WRITTEN, draft=DRAFT.model_copy(update={"text": text})))
