"""The form of a broadcast: what it shows of a draft is what it reads back, and what it cannot say stays."""

from datetime import UTC, date, datetime, time

import pytest

from bot.channels.web.inbox import PostedForm
from bot.web.desk.draft_form import DraftReader, changed_parts, form_choices, form_values
from handlers.core import MarkupTranslator
from handlers.model import (
    UNFINISHED,
    Audience,
    BroadcastButton,
    BroadcastDraft,
    BroadcastText,
    CampaignPlan,
    RequestState,
    Role,
)
from locales import translator
from rules.outcome import Procedure
from tests.support.people import OPERATOR

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
PLAN = CampaignPlan(deadline=date(2026, 12, 15), steps=(7, 0, -1), at=time(9, 15), late="skip")
DRAFT = BroadcastDraft(title="Nhắc hạn", text=BroadcastText(vi="Chào {ho_ten|anh/chị}.", en="Hello there."))
#: Audiences of every kind that the chat or the command line can make.
AUDIENCES = (
    Audience(),
    Audience(unit="DN.NT", role=Role.FOCAL, to_do=True, channel="telegram"),
    Audience(unfinished=True, states=UNFINISHED, expires_within=60, silent_days=14),
    Audience(owed=(Procedure.REVOKE,), states=(RequestState.SENT_BACK,), expires_from=date(2026, 12, 1)),
    Audience(owed=(Procedure.REVOKE, Procedure.EXTEND), states=(RequestState.DONE, RequestState.REFUSED)),
    Audience(to_do=True, unfinished=True, expires_within=45, silent_days=9, chats=("a", "b")),
    Audience(owed=(Procedure.EXTEND,), to_do=True, silent_since=date(2026, 10, 1), expires_until=date(2027, 1, 1)),
)


def read(draft: BroadcastDraft, **typed: str) -> tuple[BroadcastDraft, DraftReader]:
    form = PostedForm({**form_values(draft), **typed})
    reader = DraftReader(form, draft, OPERATOR, MarkupTranslator("vi"), NOW)
    return reader.read(campaign=draft.plan is not None), reader


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("plan", [None, PLAN])
def test_a_form_that_nobody_touches_changes_nothing(audience: Audience, plan: CampaignPlan | None) -> None:
    starts = None if plan else datetime(2026, 12, 1, 1, 30, tzinfo=UTC)
    deadline = plan.deadline if plan else date(2026, 12, 20)
    draft = DRAFT.model_copy(
        update={"audience": audience, "plan": plan, "starts_at": starts, "deadline": deadline, "document": "a.pdf"}
    )
    again, reader = read(draft)
    assert reader.wrong == {}
    assert again == draft
    assert changed_parts(draft, again) == ()


@pytest.mark.parametrize("audience", AUDIENCES)
def test_every_value_of_the_form_is_one_of_its_choices(audience: Audience) -> None:
    draft = DRAFT.model_copy(update={"audience": audience})
    values, choices = form_values(draft), form_choices(draft, translator("vi"))
    for name, known in choices.items():
        assert values[name] in {value for value, _ in known}, name
        assert all(label for _, label in known), name


@pytest.mark.parametrize("campaign", [True, False])
def test_a_new_campaign_is_for_those_with_something_to_register_and_a_message_for_everybody(campaign: bool) -> None:
    new = BroadcastDraft(title="", audience=Audience())
    offered = [value for value, _ in form_choices(new, translator("vi"), new=True)["owed"]]
    form = PostedForm({"title": "Nhắc hạn", "owed": offered[0], "deadline": "2026-12-15"})
    draft = DraftReader(form, new, OPERATOR, MarkupTranslator("vi"), NOW).read(campaign=campaign)
    assert draft.audience == Audience(to_do=campaign)


def test_everybody_can_still_be_chosen_for_a_campaign() -> None:
    form = PostedForm({"title": "Nhắc hạn", "owed": "", "deadline": "2026-12-15"})
    new = BroadcastDraft(title="", audience=Audience())
    assert not DraftReader(form, new, OPERATOR, MarkupTranslator("vi"), NOW).read(campaign=True).audience.to_do


def test_a_change_is_named_by_its_part() -> None:
    draft = DRAFT.model_copy(update={"plan": PLAN, "deadline": PLAN.deadline})
    changed, _ = read(draft, title="Khác", vi="Nội dung mới đây.", steps="3, 1", unit="DN.DP", b_later="", late="run")
    assert changed_parts(draft, changed) == ("title", "vi", "audience", "buttons", "plan")
    assert changed.plan is not None
    assert changed.plan.steps == (3, 1)
    assert BroadcastButton.LATER not in changed.buttons
    assert changed.audience.unit == "DN.DP"


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("title", ""), ("title", "1" * 200), ("vi", "ngắn"), ("vi", "*không đóng lại gì cả"),
        ("vi", "Chào {ten_la_gi}."), ("vi", "chào " * 2000), ("deadline", "31/02/2026"), ("deadline", "2026-11-22"),
        ("steps", "mai"),
        ("steps", "999"), ("steps", ", ".join(map(str, range(30)))), ("at", "25:00"), ("unit", "khong-co"),
        ("ends_from", "x"), ("ends_to", "2026-13-01"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_by_its_field_and_what_was_stays(field: str, typed: str) -> None:
    draft = DRAFT.model_copy(update={"plan": PLAN, "deadline": PLAN.deadline})
    changed, reader = read(draft, **{field: typed})
    assert set(reader.wrong) == {field}
    assert changed.title
    assert changed.plan is not None


def test_a_start_is_a_time_in_viet_nam_that_is_still_to_come() -> None:
    changed, reader = read(DRAFT, starts="2026-12-01T08:30")
    assert not reader.wrong
    assert changed.starts_at == datetime(2026, 12, 1, 1, 30, tzinfo=UTC)
    for typed in ("2026-11-23T08:59", "mai", "2026-12-01T99:99"):
        assert set(read(DRAFT, starts=typed)[1].wrong) == {"starts"}, typed
