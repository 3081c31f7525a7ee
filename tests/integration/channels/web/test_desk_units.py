"""Units on the admin pages: the tree, what became of ended ones, and a list that is read, planned and applied."""

import re
from html import unescape

import httpx

from handlers.model import Succession, SuccessionKind, Unit, UnitDirectory
from tests.support.desk import Desk
from tests.support.people import OPERATOR, UNITS, admin_transaction, create_invitation
from tests.support.store import CHANNEL

LIST = """mã đơn vị;tên;mã đơn vị cấp trên;tên cũ;ngừng từ ngày;trở thành;hình thức;từ ngày;căn cứ
DN;Tỉnh Đồng Nai;;;;;;;
DN.NT;Phường Nhơn Trạch;DN;;;;;;
DN.DP;Xã Đại Phước;DN;;;;;;
DN.PD;Xã Phú Đông;DN;;01/7/2025;DN.DP;sáp nhập vào đơn vị có sẵn;01/7/2025;Nghị quyết 1662
DN.MOI;Xã <b>Mới</b>;DN;;;;;;
"""
_MARK = re.compile(r'name="mark" value="([^"]+)"')


async def sent(desk: Desk, client: httpx.AsyncClient, content: bytes, name: str = "đơn vị.csv") -> httpx.Response:
    form = {"form": await desk.token(client), "sheet": ""}
    return await client.post("/desk/units/import", data=form, files={"file": (name, content, "text/csv")})


async def units_now(desk: Desk) -> UnitDirectory:
    return await desk.store.units.read()


async def test_a_list_shows_what_was_and_would_be_and_changes_the_units_after_a_yes(desk: Desk) -> None:
    owner = await desk.signed_in("owner")
    kept = await sent(desk, owner, LIST.encode())
    assert kept.status_code == 303, kept.text
    plan = await owner.get(kept.headers["location"])
    page = unescape(re.sub(r"\s+", " ", plan.text))
    assert "<del>Xã Nhơn Trạch</del> → <ins>Phường Nhơn Trạch</ins>" in page
    assert "<ins>Xã Đại Phước, 01/7/2025</ins>" in page
    assert "Xã &lt;b&gt;Mới&lt;/b&gt;" in plan.text
    assert await units_now(desk) == UNITS
    mark = _MARK.search(plan.text)
    assert mark is not None
    done = await desk.post(owner, kept.headers["location"], mark=mark[1])
    assert done.headers["location"] == "/desk/units?done=imported&added=1&changed=2&closed=0"
    told = await owner.get(done.headers["location"])
    assert 'role="status"' in told.text
    now = await units_now(desk)
    assert now.name("DN.NT") == "Phường Nhơn Trạch"
    assert now.units["DN.NT"].former_names == ("Xã Nhơn Trạch",)
    assert [one.successor for one in now.successors("DN.PD")] == ["DN.DP"]
    assert (await desk.acts())[0] == "maintain_units"
    assert (await owner.get(kept.headers["location"])).status_code == 404


async def test_units_that_changed_since_the_plan_was_seen_are_left_alone(desk: Desk) -> None:
    owner = await desk.signed_in("owner")
    where = (await sent(desk, owner, LIST.encode())).headers["location"]
    seen = _MARK.search((await owner.get(where)).text)
    assert seen is not None
    other = UnitDirectory.of([*UNITS.units.values(), Unit("DN.MOI", "Xã Khác", "DN")])
    async with admin_transaction(desk.store) as at:
        await at.admin.units.save(OPERATOR, other, frozenset({"DN.MOI"}))
    late = await desk.post(owner, where, mark=seen[1])
    assert late.status_code == 409
    assert (await units_now(desk)).name("DN.NT") == "Xã Nhơn Trạch"
    assert "<del>Xã Khác</del>" in late.text
    again = _MARK.search(late.text)
    assert again is not None
    assert "done=imported" in (await desk.post(owner, where, mark=again[1])).headers["location"]


async def test_a_list_with_a_fault_is_not_kept_and_every_fault_is_named(desk: Desk) -> None:
    owner = await desk.signed_in("owner")
    wrong = "mã đơn vị;tên;mã đơn vị cấp trên\nDN;Tỉnh\n;Không mã\nX Y;Sai mã\nA;A;KHONG\n".encode()
    refused = await sent(desk, owner, wrong)
    assert refused.status_code == 400
    assert refused.text.count("<li>") >= 3
    for content, name in (
        (b"", "rong.csv"),
        (b"%PDF-1.7 nothing", "a.pdf"),
        (b"PK\x03\x04" + b"\x00" * 200, "hong.xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "cu.xls"),
        (b"\x00\xff\xfe\x00" * 50, "a.csv"),
    ):
        assert (await sent(desk, owner, content, name)).status_code == 400, name
    without = await owner.post("/desk/units/import", data={"form": await desk.token(owner)})
    assert without.status_code == 400
    large = b"m\xc3\xa3;t\xc3\xaan\n" + b"A;" + b"x" * (20 * 1024 * 1024)
    assert (await sent(desk, owner, large)).status_code == 413
    assert await units_now(desk) == UNITS


async def test_the_list_of_today_is_the_way_back(desk: Desk) -> None:
    owner = await desk.signed_in("owner")
    before = UnitDirectory.of(
        [*UNITS.units.values(), Unit("DN.X", "Xã X", "DN", aliases=("X; Y",)[:0], former_names=("Xã Cũ", "Xã Xưa"))],
        [Succession("DN.PD", "DN.DP", SuccessionKind.MERGED_INTO_EXISTING, UNITS.units["DN.PD"].closed_on, "NQ 1662")],  # type: ignore[arg-type]
    )
    async with admin_transaction(desk.store) as at:
        await at.admin.units.save(OPERATOR, before, frozenset(before.units))
    saved = await owner.get("/desk/units/list")
    assert saved.headers["content-disposition"].startswith('attachment; filename="don-vi-')
    same = await owner.get((await sent(desk, owner, saved.content)).headers["location"])
    assert 'name="mark"' not in same.text  # nothing differs, so there is nothing to say yes to
    where = (await sent(desk, owner, LIST.encode())).headers["location"]
    mark = _MARK.search((await owner.get(where)).text)
    assert mark is not None
    await desk.post(owner, where, mark=mark[1])
    back = (await sent(desk, owner, saved.content)).headers["location"]
    mark = _MARK.search((await owner.get(back)).text)
    assert mark is not None
    await desk.post(owner, back, mark=mark[1])
    assert (await units_now(desk)).name("DN.NT") == "Xã Nhơn Trạch"


async def test_a_list_that_waits_belongs_to_one_person_and_is_dropped_by_a_no(desk: Desk) -> None:
    owner, admin = await desk.signed_in("owner"), await desk.signed_in("admin")
    where = (await sent(desk, owner, LIST.encode())).headers["location"]
    assert (await sent(desk, admin, LIST.encode())).status_code == 403
    other = await create_invitation(desk.store, OPERATOR.grants[0].role.OWNER)
    async with admin_transaction(desk.store, desk.store.chats.at(CHANNEL, "owner 2")) as at:
        await at.expect(desk.store.chats.at(CHANNEL, "owner 2"))
        await at.admin.people.redeem(other.code)
    second = await desk.signed_in("owner 2")
    assert (await second.get(where)).status_code == 404
    dropped = await desk.post(owner, "/desk/units/import/drop")
    assert dropped.headers["location"] == "/desk/units?done=dropped"
    assert (await owner.get(where)).status_code == 404


async def test_the_tree_and_the_fates_end_at_ones_reach(desk: Desk) -> None:
    owner, admin = await desk.signed_in("owner"), await desk.signed_in("admin")
    tree = (await owner.get("/desk/units")).text
    assert "Xã Đại Phước" in tree
    assert "Văn phòng xã Nhơn Trạch" in (await admin.get("/desk/units")).text
    assert "Xã Đại Phước" not in (await admin.get("/desk/units")).text
    assert "Xã Phú Đông" in (await owner.get("/desk/units/ended")).text
    assert "Xã Phú Đông" not in (await owner.get("/desk/units/ended?q=khong-co")).text
    assert "Xã Phú Đông" not in (await admin.get("/desk/units/ended")).text
    for query in ("at=99999", "at=-1", "at=x", "q=%00", "unit=%00", "added=x&done=imported"):
        assert (await owner.get(f"/desk/units?{query}")).status_code in {200, 404}, query
        assert (await owner.get(f"/desk/units/ended?{query}")).status_code == 200, query
