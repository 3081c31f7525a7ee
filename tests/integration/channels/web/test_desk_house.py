"""The rule book, the journal, the roles and the health of the assistant on the admin pages."""

import re
import sqlite3
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from bot.services.upkeep import newest_backup
from bot.store import Upkeep, to_micros
from bot.store.zalo import ZaloTokens
from bot.web.desk import build_desk
from handlers.core import format_moment
from handlers.model import CHANNEL_LABELS, EMAIL, Act, Role
from rules.loading import load_pack
from tests.support.desk import NOW, Desk
from tests.support.people import create_invitation, grant_role
from tests.support.store import answer_next, open_chat


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


async def test_the_rule_book_is_searched_without_accents_and_says_how_many_passages_it_found(desk: Desk) -> None:
    focal = await desk.signed_in("focal")
    whole = await focal.get("/desk/rules")
    assert 'id="row-scope-public"' in whole.text
    found = await focal.get("/desk/rules", params={"q": "thu hoi TOKEN"})
    number = re.search(r"Tìm thấy ([\d.]+) đoạn", text_of(found.text))
    assert number is not None
    assert 0 < int(number[1]) < 200
    assert len(found.text) < len(whole.text) / 2
    assert "<th>" in found.text  # a row of a table keeps the heading of its table
    phrase = await focal.get("/desk/rules", params={"q": '"người đứng đầu"'})
    assert "Tìm thấy 0 đoạn" not in text_of(phrase.text)
    nothing = await focal.get("/desk/rules", params={"q": '"đầu đứng người"'})
    assert "Tìm thấy 0 đoạn" in text_of(nothing.text)
    for words in ("<b>x</b>", "|" * 50, "a" * 900, "\x00", "*", "# ##"):
        assert (await focal.get("/desk/rules", params={"q": words})).status_code == 200, words


async def test_the_rules_say_of_a_situation_what_is_to_be_done_and_by_which_rows(desk: Desk) -> None:
    focal = await desk.signed_in("focal")
    stated = {
        "subject": "organisation", "events": "merged_into_new", "merger_role": "other", "issuer": "government",
        "not_after": "2027-01-01", "token": "in_hand", "key_exposed": "false", "information_matches": "false",
    }  # fmt: skip
    said = text_of((await focal.get("/desk/rules/situation", params=stated)).text)
    assert "Thu hồi chứng thư chữ ký số (Mẫu 05)" in said
    assert "merger-other" in said
    assert "Các dòng quy tắc được áp dụng" in said
    half = text_of((await focal.get("/desk/rules/situation", params={"subject": "organisation"})).text)
    assert "Còn" in half
    assert "Đã có thay đổi gì?" in half
    for wrong in (
        {"subject": "nonsense"}, {"events": "<b>"}, {"issuer": "government", "not_after": "hôm qua"},
        {"merger_role": "surviving", "events": "merged_into_new"}, {"token": "x" * 9000}, {"key_exposed": "maybe"},
        {"issuer": "government", "not_after": "2020-01-01", "not_before": "2030-01-01"},
    ):  # fmt: skip
        answer = await focal.get("/desk/rules/situation", params=wrong)
        assert answer.status_code == 200, wrong
        assert 'role="status"' in answer.text, wrong


def test_a_layer_shows_each_entry_as_it_was_and_as_it_is() -> None:
    for name in ("nhon_trach", "ninh_binh", "dong_thap"):
        pack = load_pack(name)
        assert all(one.after or not one.before for one in pack.replaced), name
        assert any(one.after != one.before for one in pack.replaced), name


async def test_the_journal_is_narrowed_by_its_address_and_says_how_many_rows_there_are(desk: Desk) -> None:
    owner, admin = await desk.signed_in("owner"), await desk.signed_in("admin")
    code = desk.grants["admin"]
    by_admin = (await owner.get("/desk/journal", params={"who": code, "act": "sign_in"})).text
    assert f"admin, {code}" in by_admin
    assert "Số dòng: 1" in text_of(by_admin)
    assert "Số dòng: 1" in text_of((await owner.get("/desk/journal", params={"who": "admin", "act": "sign_in"})).text)
    about = text_of((await owner.get("/desk/journal", params={"about": code.lower()})).text)
    assert code in about
    today, before = NOW.date().isoformat(), (NOW - timedelta(days=2)).date().isoformat()
    assert "Số dòng: 0" not in text_of((await owner.get("/desk/journal", params={"from": today})).text)
    assert "Không có dòng nào khớp" in text_of((await owner.get("/desk/journal", params={"to": before})).text)
    within = (await owner.get("/desk/journal", params={"unit": "DN.DP"})).text
    assert desk.grants["far"] in within
    assert desk.grants["admin"] not in within.split("<tbody>")[1]
    assert desk.grants["far"] not in (await admin.get("/desk/journal", params={"unit": "DN.DP"})).text
    for query in (
        "act=x",
        "who=%00",
        "from=32/13/2026",
        "to=x",
        "unit=khong-co",
        "about=%25%27--",
        "before=x",
        "before=-1",
    ):
        assert (await owner.get(f"/desk/journal?{query}")).status_code == 200, query
    assert "không lọc theo phần đó" in (await owner.get("/desk/journal?act=x")).text


async def test_the_journal_is_turned_page_by_page_and_keeps_its_filter(desk: Desk) -> None:
    owner = await desk.signed_in("owner")
    for number in range(60):
        await create_invitation(desk.store, Role.FOCAL, "DN.NT", label=f"Người {number}")
    page = (await owner.get("/desk/journal?act=invite")).text
    older = re.search(r'href="(/desk/journal\?act=invite&amp;before=\d+)"', page)
    assert older is not None
    second = (await owner.get(unescape(older[1]))).text
    assert second.count("<tr>") >= 10
    assert 'href="/desk/journal?act=invite"' in second


async def test_people_are_found_by_name_role_and_unit_and_each_role_says_what_it_may_do(desk: Desk) -> None:
    owner = await desk.signed_in("owner")
    await grant_role(desk.store, "lan", Role.FOCAL, "DN.DP", label="Chị Lan, văn thư")
    found = (await owner.get("/desk/people", params={"q": "chi lan"})).text
    assert "Chị Lan, văn thư" in found
    assert desk.grants["admin"] not in found.split("<tbody>")[1]
    assert "Chị Lan" not in (await owner.get("/desk/people", params={"kind": "admin"})).text
    assert "Chị Lan" in (await owner.get("/desk/people", params={"q": "đại phước"})).text
    table = found.split("plain-table")[1]
    assert table.count("<tr>") == len(Act) + 1
    ended = await desk.post(owner, "/desk/people/end", holder=desk.grants["focal"], sure="1")
    back = (await owner.get(ended.headers["location"])).text
    assert '<option value="focal" selected>' in back
    assert 'value="DN.NT"' in back
    forged = (await owner.get("/desk/people?done=ended&code=<b>x</b>")).text
    assert "<b>x</b>" not in forged


@pytest.mark.parametrize("state", ["none", "connected", "consent_needed"])
async def test_health_tells_what_waits_what_failed_and_whether_a_token_needs_a_consent(desk: Desk, state: str) -> None:
    settings = desk.office.settings.model_copy(update={"zalo_oa_app_id": "123"})
    if state != "none":
        later = NOW + timedelta(hours=25)
        await desk.store.zalo.connect("123", ZaloTokens("access-secret", "refresh-secret", later, later))
    if state == "consent_needed":
        await desk.store.zalo.begin_refresh("123", 1, "me", NOW, NOW + timedelta(minutes=1))
        await desk.store.zalo.leave_refresh("123", 1, "me", consent_needed=True)
    site = build_desk(settings, desk.store, desk.clock, load_pack("national"), {"Zalo": lambda: True})
    route = next(route for route in site.routes() if route.path == "/desk/health")
    page = text_of(await served(desk, route))
    told = {"none": "chưa kết nối", "connected": "tự gia hạn", "consent_needed": "cần cấp quyền lại"}
    assert told[state] in page
    assert "secret" not in page
    assert "Không biết có bản nào" in page


@pytest.mark.parametrize(("accepted", "trouble"), [(True, None), (True, "Nothing."), (False, "Nothing.")])
async def test_health_tells_what_else_is_wrong_with_a_channel(desk: Desk, accepted: bool, trouble: str | None) -> None:
    """That our token is refused matters more."""
    site = build_desk(
        desk.office.settings, desk.store, desk.clock, load_pack("national"), {CHANNEL_LABELS[EMAIL]: lambda: accepted},
        troubles={CHANNEL_LABELS[EMAIL]: lambda: trouble},
    )  # fmt: skip
    page = await served(desk, next(route for route in site.routes() if route.path == "/desk/health"))
    told = re.search(r"<dt>thư điện tử</dt><dd( class=\"bad\")?>([^<]+)<", page)
    assert told
    works, refused = "hoạt động tốt", "nền tảng từ chối mã truy cập của trợ lý"
    assert bool(told[1]) == (told[2] != works)
    assert told[2] == (refused if not accepted else "Không có." if trouble else works)


async def test_health_tells_of_backups_and_of_messages_that_wait_since_they_were_made(desk: Desk) -> None:
    site = build_desk(desk.office.settings, desk.store, desk.clock, load_pack("national"), {})
    route = next(route for route in site.routes() if route.path == "/desk/health")
    await answer_next(desk.store, await open_chat(desk.store), "chào")
    await desk.store.upkeep.note(Upkeep.BACKUP, NOW, done=True)
    await desk.store.upkeep.note(Upkeep.BACKUP, NOW, done=False)
    page = text_of(await served(desk, route))
    assert "Lần gần nhất" in page
    assert "thất bại" in page
    assert "Không biết có bản nào" not in page
    assert "1970" not in page


async def test_health_tells_of_the_newest_copy_in_the_folder_as_doctor_does(desk: Desk, tmp_path: Path) -> None:
    settings = desk.office.settings.model_copy(update={"backup_dir": tmp_path})
    site = build_desk(settings, desk.store, desk.clock, load_pack("national"), {})
    route = next(route for route in site.routes() if route.path == "/desk/health")
    page = text_of(await served(desk, route))
    assert "Không biết có bản nào" in page
    assert "docs/" not in page
    (tmp_path / "troly-20260301T020000Z").mkdir()
    (tmp_path / "troly-20260302T020000Z").mkdir()
    await desk.store.upkeep.note(Upkeep.BACKUP, NOW - timedelta(days=900), done=True)
    page = text_of(await served(desk, route))
    assert "Không biết có bản nào" not in page
    newest = newest_backup(settings)
    assert newest is not None
    assert format_moment(newest) in page


async def served(desk: Desk, route: object) -> str:
    """The page of a route, for the owner."""
    owner = await desk.signed_in("owner")
    app = Starlette(routes=[route])  # type: ignore[list-item]
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=desk.office.address) as client:
        answer = await client.get("/desk/health", headers={"cookie": f"troly-desk={owner.cookies['troly-desk']}"})
    assert answer.status_code == 200
    return answer.text


async def test_health_shows_the_last_errors_and_names_nobody(desk: Desk) -> None:
    owner = await desk.signed_in("owner")
    assert "Lỗi gần nhất" not in (await owner.get("/desk/health")).text
    now, late = to_micros(NOW), to_micros(NOW - timedelta(minutes=9))
    columns = "origin, chat, channel, priority, state, attempts, queued_at, due_at, settled_at, reason"
    failed = f"INSERT INTO outbox ({columns}) VALUES ('x', ?, 'telegram', 0, 'failed', 5, ?, ?, ?, 'gave_up')"
    waiting = "INSERT INTO inbox (channel, update_id, chat, received_at) VALUES ('telegram', 'u', ?, ?)"
    with sqlite3.connect(desk.office.settings.data_dir / "troly.sqlite3") as database:
        (chat,) = database.execute("SELECT id FROM chats LIMIT 1").fetchone()
        database.execute(failed, (chat, now, now, now))
        database.execute(waiting, (chat, late))
    page = text_of((await owner.get("/desk/health")).text)
    assert "Lỗi gần nhất" in page
    assert "Telegram" in page
    assert "Tin đến cũ nhất đang chờ từ" in page
    assert chat not in page
