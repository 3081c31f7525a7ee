"""Broadcasts on the admin pages: written, looked at, tried, checked, approved by two, sent, stopped and reported."""

import asyncio
import re
import sqlite3
from dataclasses import replace
from datetime import timedelta
from html import unescape
from io import BytesIO

import httpx
import pytest
from openpyxl import load_workbook

from bot.store.sealing import sealed_columns
from handlers.model import (
    Audience,
    Broadcast,
    BroadcastState,
    CampaignPlan,
    ChannelCosts,
    CheckReport,
    InterviewStatus,
    Role,
)
from rules.outcome import Procedure
from tests.support.broadcasts import GREETING_DRAFT, create_draft, load_broadcast
from tests.support.desk import NEAR, NOW, SECRET, Desk
from tests.support.people import OPERATOR, admin_transaction, grant_role
from tests.support.store import CHANNEL
from tests.support.stored_dialogue import StoredTurns

FIELDS = {
    "kind": "single", "title": "Nhắc đổi thông tin", "vi": "Chào {ho_ten|anh/chị}, hạn là *{han|cuối tháng}*.",
    "en": "", "unit": "DN.NT", "role": "", "owed": "", "state": "", "within": "", "silent": "", "channel": "",
    "b_now": "1", "b_done": "1", "deadline": "2026-12-15", "starts": "",
}  # fmt: skip
_REVISION = re.compile(r'name="revision" value="(\d+)"')


def text_of(answer: httpx.Response) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", answer.text))


@pytest.fixture(autouse=True)
async def officer(desk: Desk) -> None:
    """An officer of Xã Nhơn Trạch, and one of Xã Đại Phước, with something to do."""
    await save_interview(desk, "cán bộ 1", "DN.NT", NEAR)
    await save_interview(desk, "cán bộ 2", "DN.DP", SECRET)


async def save_interview(desk: Desk, address: str, unit: str, name: str) -> None:
    async with StoredTurns(desk.store, address)() as turn:
        status = InterviewStatus(interview=1, unit=unit, subscriber=name, owed=(Procedure.REVOKE,))
        await turn.register.save_status(status)


async def written(desk: Desk, client: httpx.AsyncClient, **fields: str) -> str:
    made = await desk.post(client, "/desk/broadcasts/new", **(FIELDS | fields))
    assert made.status_code == 303, text_of(made)
    return made.headers["location"].split("/")[-1].split("?")[0]


async def acted(desk: Desk, client: httpx.AsyncClient, code: str, act: str, **fields: str) -> httpx.Response:
    page = (await client.get(f"/desk/broadcasts/{code}")).text
    seen = _REVISION.search(page)
    given = {"revision": seen[1] if seen else "", "act": act, "sure": "1", **fields}
    return await desk.post(client, f"/desk/broadcasts/{code}/move", **given)


async def stands(desk: Desk, code: str, *states: BroadcastState) -> Broadcast:
    """Wait until the broadcast stands at one of these states, checked by what goes on by itself."""
    for _ in range(200):
        found = await load_broadcast(desk.store, code)
        if found.state in states and not found.checking:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(found)


async def test_a_broadcast_is_written_checked_approved_sent_paused_and_called_off(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    code = await written(desk, admin)
    page = await admin.get(f"/desk/broadcasts/{code}?done=saved")
    assert "Hiện gửi được:  1 /1 người" in text_of(page)
    assert NEAR in text_of(page)  # as its recipient reads it
    checked = await desk.post(admin, f"/desk/broadcasts/{code}/check")
    assert "done=check" in checked.headers["location"]
    await stands(desk, code, BroadcastState.CHECKED)
    asked = await acted(desk, admin, code, "approve", sure="")
    assert asked.headers["location"] == f"/desk/broadcasts/{code}?ask=approve"
    assert 'name="sure" value="1"' in (await admin.get(asked.headers["location"])).text
    assert "done=approve" in (await acted(desk, admin, code, "approve")).headers["location"]
    await stands(desk, code, BroadcastState.SCHEDULED)
    assert "done=start" in (await acted(desk, admin, code, "start")).headers["location"]
    assert "done=pause" in (await acted(desk, admin, code, "pause")).headers["location"]
    assert (await load_broadcast(desk.store, code)).state is BroadcastState.PAUSED
    resumed = await acted(desk, admin, code, "resume")
    assert "<progress" in (await admin.get(resumed.headers["location"])).text
    await acted(desk, admin, code, "pause")
    assert "done=cancel" in (await acted(desk, admin, code, "cancel")).headers["location"]
    assert (await load_broadcast(desk.store, code)).state is BroadcastState.CANCELLED
    acts = await desk.acts()
    assert [one for one in acts if one.startswith("broadcast_")][::-1] == [
        "broadcast_new", "broadcast_check", "broadcast_approve", "broadcast_start", "broadcast_pause",
        "broadcast_resume", "broadcast_pause", "broadcast_cancel",
    ]  # fmt: skip


async def test_what_it_costs_stands_on_the_page_and_in_the_question_before_an_approval(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    code = await written(desk, admin)
    await desk.post(admin, f"/desk/broadcasts/{code}/check")
    await stands(desk, code, BroadcastState.CHECKED)
    costs = ChannelCosts(channel="zalo", paid=2, message_dong=55, unreached=1, left=100)
    report = CheckReport(at=NOW, costs=(costs,)).model_dump_json()
    sealed = desk.store.keyring.seal(report, sealed_columns.broadcast_findings(code))
    with sqlite3.connect(desk.office.settings.data_dir / "troly.sqlite3") as database:
        database.execute("UPDATE broadcasts SET findings = ? WHERE id = ?", (sealed, code))
    for address in (f"/desk/broadcasts/{code}", f"/desk/broadcasts/{code}?ask=approve"):
        page = await admin.get(address)
        shown = page.text.count("Tháng này chỉ còn được chi 100 đ")
        assert shown == (2 if "ask" in address else 1)
        assert "tính phí, mỗi tin 55 đ: 2" in text_of(page)
        assert "không gửi được, vì không nhắn tin quá 7 ngày: 1" in text_of(page)


async def test_what_is_wrong_in_the_form_is_named_and_nothing_that_was_typed_is_lost(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    wrong = {
        "title": "", "vi": "Chào {ho_tn}, *hạn", "deadline": "2026-02-31", "unit": "DN.DP", "starts": "hôm qua",
    }  # fmt: skip
    refused = await desk.post(admin, "/desk/broadcasts/new", **(FIELDS | wrong))
    assert refused.status_code == 400
    for name in wrong:
        assert f'id="wrong-{name}"' in refused.text, name
    assert "{ho_tn} → {ho_ten}" in unescape(refused.text)
    assert "Chào {ho_tn}, *hạn" in unescape(refused.text)
    plan = {"kind": "campaign", "steps": "bảy ngày", "at": "25:99"}
    refused = await desk.post(admin, "/desk/broadcasts/new", **(FIELDS | plan))
    assert refused.status_code == 400
    assert 'id="wrong-steps"' in refused.text
    assert 'id="wrong-at"' in refused.text
    over = await desk.post(admin, "/desk/broadcasts/new", **(FIELDS | {"deadline": "2026-01-01"}))
    assert 'id="wrong-deadline"' in over.text
    none = await desk.post(admin, "/desk/broadcasts/new", **(FIELDS | {"kind": "campaign", "deadline": ""}))
    assert 'id="wrong-deadline"' in none.text
    long = await desk.post(admin, "/desk/broadcasts/new", **(FIELDS | {"vi": "chào " * 900}))
    assert 'id="wrong-vi"' in long.text
    assert "broadcast_new" not in await desk.acts()


async def test_a_new_campaign_begins_as_in_the_chat_with_those_who_have_something_to_register(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    for page in ("/desk/broadcasts/new", "/desk/broadcasts/new?kind=campaign"):
        assert '<option value="usual" selected>' in (await admin.get(page)).text
    campaign = {"kind": "campaign", "deadline": "2099-12-31", "owed": "usual"}
    assert (await load_broadcast(desk.store, await written(desk, admin, **campaign))).draft.audience.to_do
    assert not (await load_broadcast(desk.store, await written(desk, admin, owed="usual"))).draft.audience.to_do


async def test_a_preview_follows_the_form_and_stores_nothing(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    await save_interview(desk, "cán bộ 5", "DN.NT", "Lê <b>Năm</b>")
    shown = await desk.post(admin, "/desk/broadcasts/preview", **FIELDS)
    assert shown.status_code == 200
    assert f"Chào {NEAR}, hạn là <b>15/12/2026</b>." in unescape(shown.text)
    assert "Chào Lê &lt;b&gt;Năm&lt;/b&gt;" in shown.text
    everywhere = await desk.post(admin, "/desk/broadcasts/preview", **(FIELDS | {"unit": "DN.DP"}))
    assert 'id="wrong-unit"' in everywhere.text
    assert SECRET not in text_of(everywhere)
    ready = await desk.post(admin, "/desk/broadcasts/preview", **(FIELDS | {"vi": "", "act": "ready_to_do"}))
    assert "{ho_ten|" in unescape(ready.text)
    kept = await desk.post(admin, "/desk/broadcasts/preview", **(FIELDS | {"act": "ready_to_do"}))
    assert "hạn là *{han|cuối tháng}*." in unescape(kept.text)
    async with admin_transaction(desk.store) as at:
        assert await at.admin.broadcasts.latest(OPERATOR, 5) == ()


async def test_a_change_says_what_it_changed_and_keeps_what_the_form_cannot_say(desk: Desk) -> None:
    listed = Audience(unit="DN.NT", owed=(Procedure.REVOKE, Procedure.EXTEND), expires_within=45, chats=("a", "b"))
    made = await create_draft(desk.store, GREETING_DRAFT.model_copy(update={"audience": listed}))
    admin = await desk.signed_in("admin")
    path = f"/desk/broadcasts/{made.id}/edit"
    form = (await admin.get(path)).text
    assert form.count('value="kept" selected') == 2
    kept = {
        "owed": "kept",
        "within": "kept",
        "title": "Hạn mới",
        "vi": GREETING_DRAFT.text.vi,
        "deadline": "",
        "b_later": "1",
    }
    fields = FIELDS | kept | {"en": GREETING_DRAFT.text.en, "revision": str(made.revision), "code": made.id}
    changed = await desk.post(admin, path, **fields)
    assert "parts=title" in changed.headers["location"]
    assert "Hạn mới" in (await admin.get(changed.headers["location"])).text
    now = await load_broadcast(desk.store, made.id)
    assert (now.draft.title, now.draft.audience) == ("Hạn mới", listed)
    overtaken = await desk.post(admin, path, **(fields | {"title": "Khác"}))
    assert "done=overtaken" in overtaken.headers["location"]
    same = await desk.post(admin, path, **(fields | {"revision": str(now.revision)}))
    assert "done=same" in same.headers["location"]
    assert (await load_broadcast(desk.store, made.id)).draft.title == "Hạn mới"


async def test_beyond_so_many_recipients_a_second_person_has_to_approve(desk: Desk) -> None:
    object.__setattr__(desk.store, "policy", replace(desk.store.policy, approval_above=0))
    await grant_role(desk.store, "admin 2", Role.ADMIN, "DN.NT", label="Anh Hai")
    admin, other = await desk.signed_in("admin"), await desk.signed_in("admin 2")
    code = await written(desk, admin)
    await desk.post(admin, f"/desk/broadcasts/{code}/check")
    await stands(desk, code, BroadcastState.CHECKED)
    page = await admin.get(f"/desk/broadcasts/{code}")
    assert 'value="approve"' not in page.text
    assert "Anh Hai" in page.text
    refused = await acted(desk, admin, code, "approve")
    assert "done=second_person" in refused.headers["location"]
    assert 'value="approve"' in (await other.get(f"/desk/broadcasts/{code}")).text
    assert "done=approve" in (await acted(desk, other, code, "approve")).headers["location"]


async def test_a_page_that_somebody_else_has_overtaken_moves_nothing_but_always_stops(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    code = await written(desk, admin)
    await desk.post(admin, f"/desk/broadcasts/{code}/check")
    await stands(desk, code, BroadcastState.CHECKED)
    for revision in ("7", "", "x", "9" * 30):
        refused = await acted(desk, admin, code, "approve", revision=revision)
        assert "done=overtaken" in refused.headers["location"], revision
    assert "not_allowed" in (await acted(desk, admin, code, "fly")).headers["location"]
    await acted(desk, admin, code, "approve")
    await stands(desk, code, BroadcastState.SCHEDULED)
    await acted(desk, admin, code, "start")
    assert "done=pause" in (await acted(desk, admin, code, "pause", revision="0")).headers["location"]


async def test_an_address_does_not_make_a_page_say_what_is_not_so(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    code = await written(desk, admin)
    for done in ("approve", "start", "pause", "cancel", "<b>"):
        assert 'role="status"' not in (await admin.get(f"/desk/broadcasts/{code}?done={done}")).text, done


async def test_a_campaign_shows_its_plan_and_what_became_of_each_day(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    code = await written(desk, admin, kind="campaign", steps="7, 1, 0", at="09:15", late="skip", deadline="2026-11-30")
    made = await load_broadcast(desk.store, code)
    assert made.draft.plan == CampaignPlan(
        deadline=made.draft.deadline or NOW.date(), steps=(7, 1, 0), at=made.draft.plan.at if made.draft.plan else None,
        late="skip",
    )  # fmt: skip
    await desk.post(admin, f"/desk/broadcasts/{code}/check")
    await stands(desk, code, BroadcastState.CHECKED)
    await acted(desk, admin, code, "approve")
    await stands(desk, code, BroadcastState.RUNNING)
    desk.clock.turn(timedelta(minutes=20))
    for _ in range(100):
        page = await admin.get(f"/desk/broadcasts/{code}")
        if "TB-000002" in page.text:
            break
        await asyncio.sleep(0.05)
    assert "TB-000002" in page.text
    assert "23/11/2026" in page.text
    step = await admin.get("/desk/broadcasts/TB-000002")
    assert f'href="/desk/broadcasts/{code}"' in step.text


async def test_a_test_goes_to_the_conversation_of_the_person_alone(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    code = await written(desk, admin)
    sent = await desk.post(admin, f"/desk/broadcasts/{code}/test")
    assert "done=to_me" in sent.headers["location"]
    with sqlite3.connect(desk.office.settings.data_dir / "troly.sqlite3") as database:
        rows = database.execute("SELECT chat FROM outbox WHERE origin LIKE 'try:%'").fetchall()
    assert rows == [(desk.store.chats.at(CHANNEL, "admin").id,)]


async def test_a_report_has_a_line_for_each_recipient_and_a_row_in_the_journal(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    code = await written(desk, admin)
    await desk.post(admin, f"/desk/broadcasts/{code}/check")
    await stands(desk, code, BroadcastState.CHECKED)
    await acted(desk, admin, code, "approve")
    await stands(desk, code, BroadcastState.SCHEDULED)
    report = await desk.post(admin, f"/desk/broadcasts/{code}/report")
    assert report.headers["content-disposition"].startswith(f'attachment; filename="{code}-')
    book = load_workbook(BytesIO(report.content), read_only=True)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert NEAR in rows[1]
    assert (await desk.acts())[0] == "broadcast_report"
    focal = await desk.signed_in("focal")
    masked = await desk.post(focal, f"/desk/broadcasts/{code}/report")
    assert NEAR not in str(list(load_workbook(BytesIO(masked.content)).worksheets[0].iter_rows(values_only=True)))
    page = (await focal.get(f"/desk/broadcasts/{code}")).text
    assert NEAR not in unescape(page)
    assert 'value="start"' not in page


async def test_what_belongs_to_another_unit_is_not_there(desk: Desk) -> None:
    admin, far = await desk.signed_in("admin"), await desk.signed_in("far")
    code = await written(desk, admin)
    for path in (f"/desk/broadcasts/{code}", f"/desk/broadcasts/{code}/edit"):
        assert (await far.get(path)).status_code == 404
    for way in ("move", "report", "edit"):
        refused = await desk.post(far, f"/desk/broadcasts/{code}/{way}", act="cancel", sure="1", **FIELDS)
        assert refused.status_code == 404, way
    for way in ("check", "test"):
        refused = await desk.post(far, f"/desk/broadcasts/{code}/{way}")
        assert refused.headers["location"].split("done=")[1] in {"unknown", "not_to_me"}
    taken = await desk.post(admin, f"/desk/broadcasts/{code}/edit", **(FIELDS | {"unit": "DN.DP", "revision": "0"}))
    assert taken.status_code == 400
    assert (await load_broadcast(desk.store, code)).state is BroadcastState.DRAFT


async def with_file(
    desk: Desk, client: httpx.AsyncClient, code: str, what: str, file: tuple[str, bytes] | None, **fields: str
) -> httpx.Response:
    """Choose a file for a draft on its page."""
    seen = _REVISION.search((await client.get(f"/desk/broadcasts/{code}")).text)
    assert seen is not None
    data = {"form": await desk.token(client), "revision": seen[1], **fields}
    files = {"file": (file[0], file[1])} if file else None
    return await client.post(f"/desk/broadcasts/{code}/{what}", data=data, files=files, follow_redirects=True)


async def test_a_broadcast_goes_to_the_people_of_a_list_and_a_wrong_line_is_named(desk: Desk) -> None:
    owner = await desk.signed_in("owner")
    code = await written(desk, owner, unit="", owed="")
    sheet = f"Danh sách;\nMã;Họ tên\n{desk.near};An\nYC-2026-999999;Ai\n<b>x</b>;B\n".encode()
    wrong = await with_file(desk, owner, code, "people", ("ds.csv", sheet))
    assert wrong.status_code == 400
    told = text_of(wrong)
    assert "ds.csv: 2 dòng chưa dùng được. Chưa có gì thay đổi" in told
    assert "dòng 4: YC-2026-999999" in told
    assert "dòng 5: <b>x</b>" in told
    assert "<b>x</b>" not in wrong.text
    assert (await load_broadcast(desk.store, code)).draft.audience.chats is None
    named = await with_file(desk, owner, code, "people", ("ds.csv", f"Mã\n{desk.near}\n".encode()))
    assert "chỉ gửi cho 1 người trong danh sách" in text_of(named)
    assert (await load_broadcast(desk.store, code)).draft.audience.chats == (
        desk.store.chats.at(CHANNEL, "cán bộ 1").id,
    )
    edited = await desk.post(
        owner, f"/desk/broadcasts/{code}/edit", **(FIELDS | {"unit": "", "revision": "1", "title": "Khác hẳn"})
    )
    assert edited.status_code == 303
    assert (await load_broadcast(desk.store, code)).draft.audience.chats is not None  # the form keeps it
    taken = await with_file(desk, owner, code, "people", None, remove="1")
    assert "Đã bỏ danh sách" in text_of(taken)
    assert (await load_broadcast(desk.store, code)).draft.audience.chats is None
    assert "chỉ gửi cho" not in text_of(
        await owner.get(f"/desk/broadcasts/{code}?done=people")
    )  # an address proves nothing


async def test_a_list_names_nobody_beyond_ones_reach(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    code = await written(desk, admin)
    answer = await with_file(desk, admin, code, "people", ("ds.csv", f"Mã\n{desk.far}\n".encode()))
    assert (answer.status_code, SECRET in answer.text) == (400, False)
    assert "dòng 2" in text_of(answer)


async def test_a_file_goes_along_is_seen_by_whoever_approves_and_is_refused_if_it_is_none(desk: Desk) -> None:
    owner, admin, far = [await desk.signed_in(who) for who in ("owner", "admin", "far")]
    code = await written(desk, admin)
    for name, content in (("a.exe", b"MZ"), ("a.pdf", b"MZ"), ("", b"")):
        answer = await with_file(desk, admin, code, "document", (name, content) if name else None)
        assert answer.status_code == 400
    taken = await with_file(desk, admin, code, "document", ("Hướng dẫn.pdf", b"%PDF-1.7 mau"))
    assert "Đã gửi kèm tệp" in text_of(taken)
    seen = await owner.get(f"/desk/broadcasts/{code}/document")
    assert (seen.status_code, seen.content) == (200, b"%PDF-1.7 mau")
    assert "attachment" in seen.headers["content-disposition"]
    assert (await far.get(f"/desk/broadcasts/{code}/document")).status_code == 404
    tried = await desk.post(admin, f"/desk/broadcasts/{code}/test")
    assert tried.headers["location"].endswith("done=to_me")
    gone = await with_file(desk, admin, code, "document", None, remove="1")
    assert "Đã bỏ tệp" in text_of(gone)
    assert (await owner.get(f"/desk/broadcasts/{code}/document")).status_code == 404


async def test_a_file_for_a_draft_that_somebody_changed_meanwhile_changes_nothing(desk: Desk) -> None:
    owner = await desk.signed_in("owner")
    code = await written(desk, owner)
    data = {"form": await desk.token(owner), "revision": "7"}
    answer = await owner.post(
        f"/desk/broadcasts/{code}/document", data=data, files={"file": ("a.pdf", b"%PDF-1")}, follow_redirects=True
    )
    assert (await load_broadcast(desk.store, code)).draft.document is None
    assert (answer.status_code, "Đã gửi kèm" in answer.text) == (200, False)
