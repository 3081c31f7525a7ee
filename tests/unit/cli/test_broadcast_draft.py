"""From options to a draft, and changed from there."""

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from typer import BadParameter

from bot.cli.broadcast_draft import drafted
from bot.cli.broadcast_options import BroadcastDocument, BroadcastFiles, Typed
from bot.cli.broadcast_output import format_quiet_hours
from handlers.model import (
    Audience,
    Broadcast,
    BroadcastButton,
    BroadcastDraft,
    BroadcastState,
    CampaignPlan,
    RequestState,
    Role,
)
from locales import translator
from rules.outcome import Procedure
from tests.support.people import UNITS

BASE = BroadcastDraft(title="Nhắc hạn")


def made(
    typed: Typed,
    base: BroadcastDraft | None = BASE,
    files: BroadcastFiles | None = None,
    chats: tuple[str, ...] | None = None,
) -> BroadcastDraft:
    return drafted(
        base, typed, files or BroadcastFiles(None, None, None, None), chats, units=UNITS, today=date(2026, 11, 25)
    )


def test_every_option_of_the_audience_narrows_it() -> None:
    typed = Typed(
        unit="xa nhon trach", role="quan tri vien", to_do=True, owed=["thu hoi"], state=["tiep nhan"],
        expires_from="01/12/2026", expires_until="2026-12-31", expires_within=30, channel="Telegram",
        silent_since="2026-11-01", silent_days=14,
    )  # fmt: skip
    assert made(typed, chats=("a",)).audience == Audience(
        unit="DN.NT", role=Role.ADMIN, to_do=True, owed=(Procedure.REVOKE,), states=(RequestState.ACCEPTED,),
        expires_from=date(2026, 12, 1), expires_until=date(2026, 12, 31), expires_within=30, channel="telegram",
        silent_since=date(2026, 11, 1), silent_days=14, chats=("a",),
    )  # fmt: skip


def test_what_is_not_given_stays_and_an_empty_text_takes_away() -> None:
    everything = Typed(unit="DN", owed=["thu hoi"], deadline="2026-12-31", starts_at="2026-12-01 08:00", channel="zalo")
    base = made(
        everything,
        files=BroadcastFiles("Chào", "Hello", None, BroadcastDocument("a.pdf", "application/pdf", b"")),
        chats=("a",),
    )
    assert made(Typed(), base) == base

    nothing = Typed(unit="", owed=[""], deadline="", starts_at="", channel="", document=Path())
    emptied = made(nothing, base, chats=())
    assert emptied.audience == Audience()
    assert (emptied.deadline, emptied.starts_at, emptied.document) == (None, None, None)
    assert emptied.text == base.text


def test_a_plan_makes_a_campaign_with_its_steps_in_order() -> None:
    campaign = made(Typed(deadline="2026-12-31", plan="-1, 3;30,3", at="9h15", late="skip"))
    assert campaign.plan == CampaignPlan(deadline=date(2026, 12, 31), steps=(30, 3, -1), at=time(9, 15), late="skip")
    assert campaign.deadline == date(2026, 12, 31)

    moved = made(Typed(deadline="2027-01-15"), campaign)
    assert moved.plan == campaign.plan.model_copy(update={"deadline": date(2027, 1, 15)})
    assert made(Typed(plan=""), campaign).plan is None
    assert made(Typed(deadline="25/11/2026")).deadline == date(2026, 11, 25)


def test_a_start_is_meant_on_the_clocks_of_viet_nam() -> None:
    assert made(Typed(starts_at="2026-12-01 08:00")).starts_at == datetime(2026, 12, 1, 1, tzinfo=UTC)
    assert made(Typed(starts_at="8h00 ngày 01/12/2026")).starts_at == datetime(2026, 12, 1, 1, tzinfo=UTC)


def test_buttons_stand_in_their_order_and_none_stands_alone() -> None:
    assert made(Typed(button=["later", "do it now"])).buttons == (BroadcastButton.NOW, BroadcastButton.LATER)
    assert made(Typed(button=["none"])).buttons == ()


@pytest.mark.parametrize(
    "typed",
    [
        Typed(title="x"),
        Typed(plan="30"),
        Typed(plan="1000", deadline="2026-12-31"),
        Typed(plan="30", deadline="2026-12-31", late="maybe"),
        Typed(plan="30", deadline="2026-12-31", at="24:00"),
        Typed(plan="30", deadline="2026-12-31", starts_at="2026-12-01 08:00"),
        Typed(deadline="2026-11-24"),
        Typed(plan="30", deadline="24/11/2026"),
        Typed(late="run"),
        Typed(starts_at="hôm nay 08:00"),
        Typed(silent_since="hôm qua"),
        Typed(role="operator"),
        Typed(owed=["x"]),
    ],
)
def test_what_does_not_fit_is_named(typed: Typed) -> None:
    with pytest.raises(BadParameter):
        made(typed)


@pytest.mark.parametrize(
    ("now", "starts_at", "said"),
    [
        (datetime(2026, 12, 1, 3, tzinfo=UTC), None, ""),  # Tuesday, 10:00
        (datetime(2026, 12, 1, 15, tzinfo=UTC), None, "06:30 02/12/2026: held back until the quiet hours are over"),
        (datetime(2026, 12, 5, 3, tzinfo=UTC), None, "06:30 07/12/2026: held back until the next working day"),
        (datetime(2026, 12, 1, 15, tzinfo=UTC), datetime(2026, 12, 2, 3, tzinfo=UTC), ""),
    ],
)
def test_whoever_checks_a_broadcast_is_told_of_quiet_hours_only_where_they_hold_it(
    now: datetime, starts_at: datetime | None, said: str
) -> None:
    draft = Broadcast("TB-000001", BroadcastState.CHECKED, BASE, None, "x", 1, now, now, starts_at=starts_at)
    assert said in "".join(format_quiet_hours(translator("en"), draft, now))
    assert bool(format_quiet_hours(translator("en"), draft, now)) is bool(said)
