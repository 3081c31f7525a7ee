"""What one person approved for a few does not go to many: a second one is asked in their chat, and decides there."""

from datetime import date
from pathlib import Path

from handlers.broadcasts.text import STATE_REASONS
from handlers.model.broadcast import StateReason
from handlers.model.rights import Role
from tests.acceptance.admins import accepts, invited, troly
from tests.acceptance.campaigns import (
    approves,
    asked_to_approve,
    has_it_checked,
    learns_what_to_do,
    reminded,
    town,
    writes_campaign,
)
from tests.acceptance.officer import Officer
from tests.acceptance.test_campaign import DEADLINE, START

LATER = ("Hoa", "Tú", "Phúc", "An", "Nam", "Oanh", "Sơn")


async def test_a_campaign_that_one_person_approved_for_two_waits_for_a_second_person_before_it_goes_to_nine(
    tmp_path: Path, url: str | None
) -> None:
    await troly(tmp_path, "units", "import", "--sample", "nhon-trach", "--apply", url=url)
    await troly(tmp_path, "admins", "add", "telegram:700001", url=url)
    async with town(tmp_path, START, approval_above=3, url=url) as at:
        owner, admin = Officer(at.api.user("Hà")), Officer(at.api.user("Dung"))
        await owner.consents()
        await accepts(admin, await invited(owner, Role.ADMIN, "xa dai phuoc", "Chị Dung"))
        people = [Officer(at.api.user(name)) for name in ("Lan", "Minh")]
        for one in people:
            await learns_what_to_do(one, "xa phu huu")
        campaign = await writes_campaign(admin, DEADLINE, "7, 4, 0")
        await has_it_checked(admin)
        await approves(admin, campaign)
        people += [Officer(at.api.user(name)) for name in LATER]
        for one in people[2:]:
            await learns_what_to_do(one, "xa phu huu")

        at.at(date(2026, 12, 8), 8, 30)
        step = f"TB-{int(campaign[3:]) + 1:06}"
        asked = await asked_to_approve(owner, step)
        assert "9" in asked.text
        assert "Chị Dung" in asked.text
        await admin.user.hears_until(lambda shown: step in shown.text and "9" in shown.text, 15)
        assert not any(one.user.chat.unheard for one in people)
        mine = await admin.says(f"/thongbao {step}")
        assert admin.words("Approve") not in mine.labels
        assert admin.words("Change it") not in mine.labels
        assert admin.words(STATE_REASONS[StateReason.SECOND_PERSON]) in mine.text

        await approves(owner, step)

        for one in people:
            await reminded(one)
        await at.ended(campaign, "7")
        assert not any(one.user.chat.unheard for one in people)
