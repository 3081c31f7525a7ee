"""What one person approved for a few does not go to many: a second one is asked in their chat, and decides there."""

from datetime import date
from pathlib import Path

from handlers.broadcasts import STATE_REASONS
from handlers.model import Role, StateReason
from tests.acceptance.admins import accept_invitation, create_invitation, troly
from tests.acceptance.campaigns import (
    PATIENCE,
    approve_campaign,
    check_campaign,
    finish_interview,
    hear_approval_request,
    hear_reminder,
    start_campaign_run,
    write_campaign,
)
from tests.acceptance.officer import Officer
from tests.acceptance.test_campaign import DEADLINE, START

LATER = ("Hoa", "Tú", "Phúc", "An", "Nam", "Oanh", "Sơn")


async def test_a_campaign_that_one_person_approved_for_two_waits_for_a_second_person_before_it_goes_to_nine(
    tmp_path: Path, url: str | None
) -> None:
    await troly(tmp_path, "units", "import", "--sample", "nhon-trach", "--apply", url=url)
    await troly(tmp_path, "admins", "add", "telegram:700001", url=url)
    async with start_campaign_run(tmp_path, START, approval_above=3, url=url) as at:
        owner, admin = Officer(at.api.user("Hà")), Officer(at.api.user("Dung"))
        await owner.consents()
        await accept_invitation(admin, await create_invitation(owner, Role.ADMIN, "xa dai phuoc", "Chị Dung"))
        people = [Officer(at.api.user(name)) for name in ("Lan", "Minh")]
        for one in people:
            await finish_interview(one, "xa phu huu")
        campaign = await write_campaign(admin, DEADLINE, "7, 4, 0")
        await check_campaign(admin)
        await approve_campaign(admin, campaign)
        people += [Officer(at.api.user(name)) for name in LATER]
        for one in people[2:]:
            await finish_interview(one, "xa phu huu")

        at.at(date(2026, 12, 8), 8, 30)
        step = f"TB-{int(campaign[3:]) + 1:06}"
        asked = await hear_approval_request(owner, step)
        assert "9" in asked.text
        assert "Chị Dung" in asked.text
        await admin.user.hears_until(lambda shown: step in shown.text and "9" in shown.text, PATIENCE)
        assert not any(one.user.chat.unheard for one in people)
        mine = await admin.says(f"/thongbao {step}")
        assert admin.words("Approve") not in mine.labels
        assert admin.words("Change it") not in mine.labels
        assert admin.words(STATE_REASONS[StateReason.SECOND_PERSON]) in mine.text

        await approve_campaign(owner, step)

        for one in people:
            await hear_reminder(one)
        await at.ended(campaign, "7")
        assert not any(one.user.chat.unheard for one in people)
