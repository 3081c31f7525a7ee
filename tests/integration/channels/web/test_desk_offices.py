"""Receiving offices on the admin pages: what counts for a unit; set, confirmed, changed and taken back."""

import re
from html import unescape

import httpx

from handlers.model import ChosenOffice
from rules.offices import OfficeStatus
from tests.support.desk import Desk
from tests.support.people import OPERATOR, admin_transaction

FIELDS = {
    "unit": "DN.NT", "name": "Văn phòng <b>HĐND</b> xã Nhơn Trạch", "telephone": "0251 3822 501", "address": "",
    "email": "", "hours": "giờ hành chính", "source": "hỏi qua điện thoại ngày 22/11/2026", "status": "assumed",
    "p_change_information": "1", "p_revoke": "1",
}  # fmt: skip


async def chosen(desk: Desk) -> tuple[ChosenOffice, ...]:
    async with admin_transaction(desk.store) as at:
        return await at.admin.offices.chosen(OPERATOR)


async def made(desk: Desk, client: httpx.AsyncClient, **fields: str) -> ChosenOffice:
    done = await desk.post(client, "/desk/offices/new", **(FIELDS | fields))
    assert "done=saved" in done.headers["location"], done.text
    return (await chosen(desk))[-1]


async def test_an_office_is_set_confirmed_changed_and_taken_back(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    assert "NT-0" not in (await admin.get("/desk/offices")).text
    office = await made(desk, admin)
    page = (await admin.get("/desk/offices?unit=DN.NT&done=saved")).text
    assert "Văn phòng &lt;b&gt;HĐND&lt;/b&gt; xã Nhơn Trạch" in page
    assert 'role="status"' in page
    path, revision = f"/desk/offices/{office.office.id}", {"revision": str(office.revision)}
    asked = await desk.post(admin, f"{path}/confirm", **revision)
    assert asked.status_code == 409  # what it was assumed by is no source for it
    assert 'id="wrong-source"' in asked.text
    assert re.search(r'value="confirmed" checked', asked.text)
    sure = FIELDS | {"status": "confirmed", "unit": "DN.NT"}
    assert (await desk.post(admin, path, **(sure | revision))).status_code == 409
    sure |= {"source": "hỏi tại quầy ngày 23/11/2026"}
    assert "done=saved" in (await desk.post(admin, path, **(sure | revision))).headers["location"]
    (confirmed,) = await chosen(desk)
    assert confirmed.office.status is OfficeStatus.CONFIRMED
    late = await desk.post(admin, path, **(FIELDS | revision | {"name": "Văn phòng khác"}))
    assert late.status_code == 409
    assert 'value="Văn phòng khác"' not in late.text  # it shows what counts now, at its revision
    assert f'name="revision" value="{confirmed.revision}"' in late.text
    again = await desk.post(admin, f"{path}/confirm", revision=str(confirmed.revision))
    assert "done=saved" in again.headers["location"]
    (confirmed,) = await chosen(desk)
    now = {"revision": str(confirmed.revision)}
    assert (
        "done=saved"
        in (await desk.post(admin, path, **(FIELDS | now | {"name": "Văn phòng khác"}))).headers["location"]
    )
    asked = await desk.post(admin, f"{path}/withdraw", revision="1")
    assert 'name="sure" value="1"' in asked.text
    last = str((await chosen(desk))[0].revision)
    assert "done=withdrawn" in (await desk.post(admin, f"{path}/withdraw", revision=last, sure="1")).headers["location"]
    assert await chosen(desk) == ()
    acts = [one for one in await desk.acts() if "office" in one]
    assert (len(acts), acts[0], acts[-1]) == (5, "withdraw_office", "set_office")


async def test_what_is_wrong_is_named_beside_its_field_and_nothing_is_saved(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    wrong = {"name": "", "telephone": "12", "email": "a@", "hours": "lúc rảnh", "source": "x" * 900}
    refused = await desk.post(admin, "/desk/offices/new", **(FIELDS | wrong))
    assert refused.status_code == 400
    for name in wrong:
        assert f'id="wrong-{name}"' in refused.text, name
    assert "lúc rảnh" in unescape(refused.text)
    nothing = {name: value for name, value in FIELDS.items() if not name.startswith("p_")}
    assert (await desk.post(admin, "/desk/offices/new", **nothing)).status_code == 400
    await made(desk, admin)
    taken = await desk.post(admin, "/desk/offices/new", **(FIELDS | {"name": "Văn phòng khác"}))
    assert taken.status_code == 409
    assert "NT-000001" in taken.text
    assert len(await chosen(desk)) == 1


async def test_nobody_sets_an_office_for_another_unit_or_for_everybody_without_the_right(desk: Desk) -> None:
    admin, far, owner = await desk.signed_in("admin"), await desk.signed_in("far"), await desk.signed_in("owner")
    office = await made(desk, admin)
    for unit in ("DN.DP", "DN", "không có"):
        assert (await desk.post(admin, "/desk/offices/new", **(FIELDS | {"unit": unit}))).status_code == 404, unit
        assert (await admin.get("/desk/offices", params={"unit": unit})).status_code == 404, unit
    path = f"/desk/offices/{office.office.id}"
    assert (await far.get(path)).status_code == 404
    for way in ("", "/confirm", "/withdraw"):
        refused = await desk.post(far, f"{path}{way}", sure="1", revision=str(office.revision), **FIELDS)
        assert refused.status_code == 404, way
    assert "HĐND" not in (await far.get("/desk/offices")).text
    for_all = await made(desk, owner, unit="", name="Sở Khoa học và Công nghệ", p_extend="1")
    assert for_all.unit is None
    above = (await admin.get("/desk/offices")).text
    assert "Sở Khoa học và Công nghệ" in above  # it counts here too
    assert f"/desk/offices/{for_all.office.id}" not in above
    assert (await admin.get(f"/desk/offices/{for_all.office.id}")).status_code == 404


async def test_what_only_counted_by_assumption_is_not_confirmed_by_it_for_another_unit(desk: Desk) -> None:
    owner, admin = await desk.signed_in("owner"), await desk.signed_in("admin")
    await made(desk, owner, unit="DN")
    refused = await desk.post(admin, "/desk/offices/new", **(FIELDS | {"status": "confirmed"}))
    assert refused.status_code == 409
    assert 'id="wrong-source"' in refused.text
    assert (await made(desk, admin, status="confirmed", source="hỏi tại quầy")).office.source == "hỏi tại quầy"


async def test_a_form_begins_with_what_counts_so_far(desk: Desk) -> None:
    owner, admin = await desk.signed_in("owner"), await desk.signed_in("admin")
    await made(desk, owner, unit="DN", name="Văn phòng UBND tỉnh")
    page = (await admin.get("/desk/offices")).text
    link = re.search(r'href="(/desk/offices/new\?[^"]*like=NT-[^"]*)"', page)
    assert link is not None
    form = unescape((await admin.get(unescape(link[1]))).text)
    assert 'value="Văn phòng UBND tỉnh"' in form
    assert re.search(r'name="p_revoke" value="1" checked', form)
    assert not re.search(r'name="p_extend" value="1" checked', form)
