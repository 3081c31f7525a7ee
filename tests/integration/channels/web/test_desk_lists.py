"""Lists on the admin pages: narrowed, turned and marked; exported for download; read in again with changed states."""

import asyncio
import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from html import unescape

import httpx
import pytest

from bot.services.unit_of_work import open_admin_transaction
from bot.store.drivers import Query
from handlers.model import ExportForm, ExportOrder, Filter, RequestState, Role
from tests.support.desk import NEAR, NOW, SECRET, Desk
from tests.support.people import OPERATOR, grant_role, make_person_content
from tests.support.store import CHANNEL
from tests.support.stored_dialogue import register_request

_FILE = re.compile(r'href="(/desk/exports/XD-\d+/1)"')
_CODES = re.compile(r'<th scope="row"><a href="/desk/requests/(YC-\d+-\d+)')


async def file_many(desk: Desk, number: int) -> list[str]:
    """So many more requests in the near commune, the oldest first."""
    contents = [make_person_content(f"Lê Thêm {each}") for each in range(number)]
    return [(await register_request(desk.store, f"thêm {at}", one, "DN.NT")).code for at, one in enumerate(contents)]


async def exported(desk: Desk, client: httpx.AsyncClient, kind: str, query: str = "all=1") -> httpx.Response:
    """The file of an export, fetched from the page."""
    before = _FILE.search((await client.get("/desk/exports")).text)
    ordered = await desk.post(client, "/desk/exports", query=query, kind=kind, to="page")
    assert ordered.headers["location"] == "/desk/exports?done=ordered"
    async with asyncio.timeout(30):
        while True:
            found = _FILE.search((await client.get("/desk/exports")).text)
            if found and not (before and found[1] == before[1]):
                return await client.get(found[1])
            await asyncio.sleep(0.2)


def changed(sheet: bytes, states: dict[str, str], note: str = "") -> bytes:
    """A CSV list with other states, by code."""
    rows = list(csv.reader(io.StringIO(sheet.decode("utf-8-sig"))))
    code, state, reason = (rows[0].index(name) for name in ("Mã yêu cầu", "Trạng thái", "Ghi chú"))
    for row in rows[1:]:
        if row[code] in states:
            row[state], row[reason] = states[row[code]], note
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8-sig")


async def send_list(
    desk: Desk, client: httpx.AsyncClient, content: bytes, name: str = "danh-sach.csv"
) -> httpx.Response:
    fields = {"form": await desk.token(client)}
    return await client.post("/desk/import", data=fields, files={"file": (name, content, "text/csv")})


async def test_an_edited_list_shows_each_change_and_is_applied_as_it_was_seen(desk: Desk) -> None:
    client = await desk.signed_in("admin")
    (second,) = await file_many(desk, 1)
    sheet = (await exported(desk, client, "csv")).content
    assert SECRET not in sheet.decode("utf-8-sig")
    edited = changed(sheet, {desk.near: "đã tiếp nhận", second: "bị từ chối"}, "Chưa có quyết định")
    taken = await send_list(desk, client, edited)
    assert taken.status_code == 303
    shown = unescape((await client.get(taken.headers["location"])).text)
    for word in (desk.near, second, "đã ghi nhận", "đã tiếp nhận", "bị từ chối", "Chưa có quyết định"):
        assert word in shown, word
    assert await desk.state(desk.near) is RequestState.SUBMITTED
    fields = {name: re.search(rf'name="{name}" value="([^"]*)"', shown)[1] for name in ("list", "mark")}  # type: ignore[index]
    applied = await desk.post(client, "/desk/import/apply", **fields, apply="1")
    assert "done=imported" in applied.headers["location"]
    after = await client.get(applied.headers["location"])
    assert set(_CODES.findall(after.text)) == {desk.near, second}
    assert [await desk.state(code) for code in (desk.near, second)] == [RequestState.ACCEPTED, RequestState.REFUSED]
    assert (await desk.acts())[0] == "request.import"
    assert (await desk.post(client, "/desk/import/apply", **fields, apply="1")).status_code == 404


async def test_a_list_that_was_overtaken_or_is_wrong_changes_nothing_and_says_which_row(desk: Desk) -> None:
    client = await desk.signed_in("admin")
    sheet = (await exported(desk, client, "csv")).content
    taken = await send_list(desk, client, changed(sheet, {desk.near: "đã tiếp nhận"}))
    shown = (await client.get(taken.headers["location"])).text
    fields = {name: re.search(rf'name="{name}" value="([^"]*)"', shown)[1] for name in ("list", "mark")}  # type: ignore[index]
    await desk.post(client, f"/desk/requests/{desk.near}/move", to="accepted", revision="0", note="")
    late = await desk.post(client, "/desk/import/apply", **fields, apply="1")
    assert late.status_code == 409
    wrong = await send_list(desk, client, changed(sheet, {desk.near: "bị mất"}))
    told = unescape((await client.get(wrong.headers["location"])).text)
    assert "bị mất" in told
    assert 'name="apply" value="1"' not in told
    refused = await send_list(desk, client, b"%PDF-1.7 no list", "danh-sach.pdf")
    assert (refused.status_code, "PDF" in refused.text) == (400, True)
    assert (await send_list(desk, client, b"khong,phai\n1,2\n")).status_code == 400
    dropped = await desk.post(client, "/desk/import/apply", list=wrong.headers["location"].partition("=")[2], apply="0")
    assert dropped.headers["location"] == "/desk/import?done=nothing"
    assert await desk.state(desk.near) is RequestState.ACCEPTED


async def test_nobody_reads_a_list_in_without_the_right_or_beyond_their_reach(desk: Desk) -> None:
    owner, admin, focal = [await desk.signed_in(who) for who in ("owner", "admin", "focal")]
    sheet = (await exported(desk, owner, "csv")).content
    far = changed(sheet, {desk.far: "đã tiếp nhận"})
    assert (await send_list(desk, focal, far)).status_code == 403
    taken = await send_list(desk, admin, far)
    assert "không có yêu cầu này" in unescape((await admin.get(taken.headers["location"])).text)
    name = taken.headers["location"].partition("=")[2]
    assert (await owner.get(f"/desk/import?list={name}")).status_code == 404  # another's list
    assert (await desk.post(owner, "/desk/import/apply", list=name, apply="1")).status_code == 404
    assert await desk.state(desk.far) is RequestState.SUBMITTED


async def test_an_export_is_fetched_from_the_page_by_whoever_ordered_it_alone(desk: Desk) -> None:
    admin, owner = await desk.signed_in("admin"), await desk.signed_in("owner")
    file = await exported(desk, admin, "xlsx")
    assert file.content.startswith(b"PK\x03\x04")
    assert file.headers["content-disposition"].startswith('attachment; filename="danh-sach-yeu-cau.xlsx"')
    path = file.request.url.path
    assert (await admin.get(path)).content == file.content  # again, where the line broke
    assert (await owner.get(path)).status_code == 404
    assert (await desk.client().get(path)).status_code == 401
    assert (await desk.acts())[:2] == ["export", "export_start"]
    assert await sent(desk) == 0
    desk.clock.turn(timedelta(hours=7))
    assert (await admin.get(path)).status_code == 200
    desk.clock.turn(timedelta(hours=7))
    assert (await admin.get(path)).status_code == 404
    assert "không còn được giữ" in unescape((await admin.get("/desk/exports")).text)


async def sent(desk: Desk) -> int:
    """Messages that an export left for a chat."""
    (rows,) = await desk.store.driver.run(Query("shown_message", {"origin": "export:XD-000001:shown"}))
    return len(rows)


async def test_files_go_with_the_role_that_they_were_made_by(desk: Desk) -> None:
    admin, owner = await desk.signed_in("admin"), await desk.signed_in("owner")
    path = (await exported(desk, admin, "csv")).request.url.path
    await desk.post(owner, "/desk/people/end", holder=desk.grants["admin"], sure="1")
    await grant_role(desk.store, "admin", Role.ADMIN, "DN.DP", label="admin")
    again = await desk.signed_in("admin")
    assert (await again.get(path)).status_code == 404


async def test_an_export_for_the_page_can_be_called_off_and_keeps_no_other_waiting(desk: Desk) -> None:
    client = await desk.signed_in("admin")
    async with open_admin_transaction(desk.store, NOW, chat=desk.store.chats.at(CHANNEL, "admin").id) as at:
        order = ExportOrder(wanted=Filter(), form=ExportForm.CSV)
        made = await at.downloads.start(OPERATOR, order, 1)
        assert made is not None
        assert await at.downloads.start(OPERATOR, order, 1) is None
        assert await at.downloads.cancel(OPERATOR)
        assert not await at.downloads.cancel(OPERATOR)
        await at.commit()
    shown = (await client.get("/desk/exports")).text
    assert "<progress" not in shown
    assert "/desk/exports/XD" not in shown
    assert (await exported(desk, client, "csv")).status_code == 200


async def test_a_list_is_turned_both_ways_and_keeps_its_filter_and_columns(desk: Desk) -> None:
    client = await desk.signed_in("admin")
    codes = [desk.near, *await file_many(desk, 105)]
    page = (await client.get("/desk/requests?state=submitted&cols=name&cols=serial")).text
    assert _CODES.findall(page) == codes[:-51:-1]
    assert "106" in page
    second = unescape((await client.get(unescape(link(page, "next")))).text)
    assert _CODES.findall(second) == codes[-51:-101:-1]
    third = (await client.get(unescape(link(second, "next")))).text
    assert _CODES.findall(third) == codes[-101::-1]
    back = (await client.get(unescape(link(third, "prev")))).text
    assert _CODES.findall(back) == _CODES.findall(second)
    for text in (second, third, back):
        head = re.search(r"<thead>.*?</thead>", text, re.DOTALL)
        assert head is not None
        assert re.findall(r'<th scope="col">([^<]+)</th>', head[0]) == ["Mã", "Họ tên", "Số hiệu"] or "Số" in head[0]
        assert "Đơn vị" not in head[0]
    for strange in ("before=1.x", "before=" + "9." * 400, "cols=password", "cols=" + "." * 500, "code=YC-1.DROP"):
        assert (await client.get(f"/desk/requests?{strange}")).status_code == 200


def link(page: str, rel: str) -> str:
    found = re.search(rf'<a href="([^"]+)" rel="{rel}"', page)
    assert found is not None
    return found[1]


async def test_the_marked_ones_are_moved_or_exported_and_no_other(desk: Desk) -> None:
    client = await desk.signed_in("admin")
    codes = await file_many(desk, 3)
    marked = [("marked", "1"), ("code", codes[0]), ("code", codes[2])]
    seen = unescape((await client.get("/desk/requests/move", params=[*marked, ("next", "accepted")])).text)
    assert codes[1] not in seen
    mark, query = (re.search(rf'name="{name}" value="([^"]+)"', seen) for name in ("mark", "query"))
    assert mark is not None
    assert query is not None
    done = await desk.post(client, "/desk/requests/move", query=query[1], to="accepted", mark=mark[1], note="")
    assert "moved_all" in done.headers["location"]
    states = [await desk.state(code) for code in codes]
    assert states == [RequestState.ACCEPTED, RequestState.SUBMITTED, RequestState.ACCEPTED]
    file = await exported(desk, client, "csv", f"code={codes[1]}")
    assert codes[1] in file.text
    assert codes[0] not in file.text
    far = (await client.get("/desk/requests/move", params={"marked": "1", "code": desk.far})).text
    assert SECRET not in far
    for path in ("/desk/requests/move", "/desk/exports"):
        assert "none_marked" in (await client.get(f"{path}?marked=1")).headers["location"]


async def test_what_was_moved_together_shows_the_ways_it_still_has(desk: Desk) -> None:
    client = await desk.signed_in("admin")
    seen = (await client.get("/desk/requests/move?state=submitted&next=accepted")).text
    mark = re.search(r'name="mark" value="([^"]+)"', seen)
    assert mark is not None
    done = await desk.post(client, "/desk/requests/move", query="state=submitted", to="accepted", mark=mark[1], note="")
    shown = (await client.get(done.headers["location"])).text
    assert "next=sent_back" in shown
    assert NEAR in unescape(shown)


@pytest.mark.parametrize("length", ["1073741824", None])
async def test_a_gigabyte_is_refused_before_it_is_taken(desk: Desk, length: str | None) -> None:
    client, taken = await desk.signed_in("admin"), 0
    token = await desk.token(client)

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield b'--b\r\nContent-Disposition: form-data; name="form"\r\n\r\n' + token.encode() + b"\r\n"
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        while taken < 1 << 30:
            taken += 1 << 16
            yield b"x" * (1 << 16)

    headers = {"content-type": "multipart/form-data; boundary=b"} | ({"content-length": length} if length else {})
    try:
        answer = await client.post("/desk/import", content=endless(), headers=headers)
        assert answer.status_code == 413
    except httpx.HTTPError:
        pass  # cut off, whether or not the 413 was read
    assert taken < 64 << 20
    assert (await client.get("/desk/import")).status_code == 200


async def test_the_form_of_a_request_is_fetched_by_those_who_see_it_in_full(desk: Desk) -> None:
    admin, focal, far = [await desk.signed_in(who) for who in ("admin", "focal", "far")]
    path = f"/desk/requests/{desk.near}"
    shown = (await admin.get(path)).text
    which = re.search(r'name="which" value="(\d\d)"', shown)
    assert which is not None
    made = await desk.post(admin, f"{path}/form", which=which[1], **{"as": "docx"})
    assert made.content.startswith(b"PK\x03\x04")
    assert f"mau-{which[1]}" in made.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(made.content)) as document:
        text = re.sub(r"<[^>]+>", "", document.read("word/document.xml").decode())
    assert NEAR in unescape(text)
    assert (await desk.acts())[0] == "request.form"
    assert 'name="which"' not in (await focal.get(path)).text
    assert (await desk.post(focal, f"{path}/form", which=which[1])).status_code == 403
    assert (await desk.post(far, f"{path}/form", which=which[1])).status_code == 404
    assert (await desk.post(admin, f"{path}/form", which="99")).status_code == 404


async def test_one_goes_from_request_to_request_in_the_list_that_one_came_from(desk: Desk) -> None:
    client = await desk.signed_in("admin")
    codes = [desk.near, *await file_many(desk, 2)]
    page = unescape((await client.get("/desk/requests?state=submitted&cols=state.ends")).text)
    first = re.search(rf'href="(/desk/requests/{codes[2]}\?list=[^"]+)"', page)
    assert first is not None
    one = unescape((await client.get(first[1])).text)
    assert 'href="/desk/requests?state=submitted&cols=state.ends"' in one
    onward = link(one, "next")
    assert codes[1] in onward
    moved = await desk.post(
        client, f"/desk/requests/{codes[1]}/move", to="accepted", revision="0", list="state=submitted"
    )
    shown = unescape((await client.get(moved.headers["location"])).text)
    assert codes[0] in link(shown, "next")
    evil = (await client.get(f"/desk/requests/{codes[1]}", params={"list": "https://evil.example/"})).text
    assert "evil.example" not in evil


async def test_what_was_moved_by_mistake_is_taken_back_at_once_one_or_all(desk: Desk) -> None:
    client, owner = await desk.signed_in("admin"), await desk.signed_in("owner")
    (second,) = await file_many(desk, 1)
    seen = (await client.get("/desk/requests/move?state=submitted&next=accepted")).text
    mark = re.search(r'name="mark" value="([^"]+)"', seen)
    assert mark is not None
    done = await desk.post(client, "/desk/requests/move", query="state=submitted", to="accepted", mark=mark[1], note="")
    page = unescape((await client.get(done.headers["location"])).text)
    query = re.search(r'take-back">.*?name="query" value="([^"]+)"', page, re.DOTALL)
    assert query is not None
    assert "take-back" not in (await owner.get(done.headers["location"])).text  # another's move
    back = await desk.post(client, "/desk/requests/take-back", query=query[1])
    assert "done=taken_back" in back.headers["location"]
    assert set(_CODES.findall((await client.get(back.headers["location"])).text)) == {desk.near, second}
    assert [await desk.state(code) for code in (desk.near, second)] == [RequestState.SUBMITTED] * 2
    await desk.post(client, f"/desk/requests/{second}/move", to="accepted", revision="2", note="")
    assert "take-back" in (await client.get(f"/desk/requests/{second}")).text
    late = await desk.post(owner, "/desk/requests/take-back", query=f"code={second}")
    assert late.headers["location"].endswith("done=too_late")
    desk.clock.turn(timedelta(minutes=16))
    assert "take-back" not in (await client.get(f"/desk/requests/{second}")).text
    assert "nothing" in (await desk.post(client, "/desk/requests/take-back", query="all=1")).headers["location"]
    assert await desk.state(second) is RequestState.ACCEPTED


async def test_a_request_is_put_on_another_unit_within_reach_alone(desk: Desk) -> None:
    owner, admin = await desk.signed_in("owner"), await desk.signed_in("admin")
    path = f"/desk/requests/{desk.near}"
    for wrong in ("", "không có", "DN.DP"):
        assert (await desk.post(admin, f"{path}/place", unit=wrong)).status_code == 400
    placed = await desk.post(owner, f"{path}/place", unit="DN.DP")
    assert placed.headers["location"] == f"{path}?done=placed"
    assert "DN.DP" in (await owner.get(path)).text
    assert (await admin.get(path)).status_code == 404
    assert (await desk.acts())[0] == "request.place"
