"""An admin's campaign from its first word to the report: who still has to act is reminded, once, whatever happens."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from openpyxl import load_workbook

from handlers.model import Role, format_person_code
from tests.acceptance.admins import accept_invitation, create_invitation, troly
from tests.acceptance.campaigns import (
    CampaignRun,
    approve_campaign,
    check_campaign,
    finish_interview,
    hear_approval_request,
    hear_reminder,
    register_from_reminder,
    start_campaign_run,
    write_campaign,
)
from tests.acceptance.officer import Officer
from tests.support.telegram.errors import too_many_requests

#: Monday morning in Viet Nam; the deadline is the Tuesday a week later.
START, DEADLINE = datetime(2026, 12, 7, 2, tzinfo=UTC), date(2026, 12, 15)
OFFICERS = ("Lan", "Minh", "Hoa", "Tú", "Phúc", "An")


async def test_a_campaign_reaches_exactly_those_who_still_have_to_act(tmp_path: Path) -> None:
    await troly(tmp_path, "units", "import", "--sample", "nhon-trach", "--apply")
    await troly(tmp_path, "admins", "add", "telegram:700001")
    async with start_campaign_run(tmp_path, START) as at:
        owner, admin = Officer(at.api.user("Hà")), Officer(at.api.user("Dung"))
        await owner.consents()
        await accept_invitation(admin, await create_invitation(owner, Role.ADMIN, "xa dai phuoc", "Chị Dung"))
        people = {name: Officer(at.api.user(name)) for name in OFFICERS}
        for one in people.values():
            await finish_interview(one, "xa phu huu")

        campaign = await write_campaign(admin, DEADLINE, "7, 4, 0")
        assert "6" in (await check_campaign(admin)).text
        mine = await admin.says(f"/thongbao {campaign}")
        assert (
            admin.words("So many recipients need a second person to approve; you wrote this one yourself.") in mine.text
        )
        assert admin.words("Approve") not in mine.labels
        assert "Chị Dung" in (await hear_approval_request(owner, campaign)).text
        await approve_campaign(owner, campaign)

        await _first_step(at, campaign, people)
        await _second_step(at, campaign, people)
    await _report_says(tmp_path, at, people, campaign)


async def _first_step(at: CampaignRun, campaign: str, people: dict[str, Officer]) -> None:
    """One has blocked the bot, one has stopped reminders, one message is in doubt, one is answered with patience."""
    people["Minh"].user.blocks()
    await people["Tú"].says("/dungnhan")
    await people["Tú"].taps("Stop the reminders")
    at.api.fault("sendMessage", when="after", drop=True, chat=people["Hoa"].user.id)
    at.api.fault("sendMessage", error=too_many_requests(1), chat=people["An"].user.id)
    at.at(date(2026, 12, 8), 8, 30)
    for name in ("Lan", "Hoa", "Phúc", "An"):
        assert "15/12/2026" in (await hear_reminder(people[name])).text
    await at.ended(campaign, "7")


async def _second_step(at: CampaignRun, campaign: str, people: dict[str, Officer]) -> None:
    """One has registered since, one says that it is done; nobody can be reached for 20 seconds at the hour itself."""
    await register_from_reminder(people["Phúc"])
    await people["An"].user.taps(people["An"].words("I have done it"))
    await people["An"].hears()
    async with at.outage():
        at.at(date(2026, 12, 11), 8, 30)
        await at.under_way(campaign, "4")
        at.clock.turn(timedelta(seconds=20))
    for name in ("Lan", "Hoa"):
        await hear_reminder(people[name])
    await at.ended(campaign, "4")
    assert not any(one.user.chat.unheard for one in people.values()), "somebody got more than was meant"


def _row(at: CampaignRun, step: str, officer: Officer, state: str, reason: str | None = None) -> tuple[str | None, ...]:
    return (step, format_person_code(at.parts.store.chats.at("telegram", str(officer.user.id)).id), state, reason)


def _expected(at: CampaignRun, people: dict[str, Officer]) -> set[tuple[str | None, ...]]:
    """What became of each at each step; who has registered is not on the list of the second."""
    stopped, blocked = ("skipped", "wants no reminders"), "has blocked the assistant"
    known = "was known to have blocked the assistant before anything was sent"
    told = {
        "7 days before": {
            **dict.fromkeys(("Lan", "Phúc", "An"), ("sent",)),
            "Hoa": ("not known whether it arrived", "the platform did not answer"),
            "Tú": stopped,
            "Minh": (blocked, known),
        },
        "4 days before": {
            **dict.fromkeys(("Lan", "Hoa"), ("sent",)),
            "An": ("skipped", "says that it is done"),
            "Tú": stopped,
            "Minh": (blocked, known),
        },
    }
    return {_row(at, step, people[name], *became) for step, rows in told.items() for name, became in rows.items()}


async def _report_says(folder: Path, at: CampaignRun, people: dict[str, Officer], campaign: str) -> None:
    """Row by row, as another program reads it, and the totals are the rows."""
    file = folder / "report.xlsx"
    await troly(folder, "broadcast", "report", campaign, "--lang", "en", "--out", str(file))
    listed, summary = (list(sheet.iter_rows(values_only=True)) for sheet in load_workbook(file).worksheets)
    heads = listed[0]
    columns = [heads.index(head) for head in ("Step", "Recipient", "State", "Reason")]
    found = [tuple(row[column] for column in columns) for row in listed[1:]]
    assert len(found) == len(set(found))
    assert set(found) == _expected(at, people)
    first = summary.index(next(row for row in summary if row[:2] == ("State", "Number")))
    totals = {row[0]: row[1] for row in summary[first + 1 : first + 6]}
    assert totals == {**Counter(row[2] for row in found), "Total": len(found)}
