"""Rights over a part of the units, and what they see of the request list."""

from bot.store.store import Store
from handlers.model.request import RequestContent
from handlers.model.request_list import Filter
from handlers.model.rights import Grant, Rights, Role
from rules.facts import Subject
from tests.support.office import UNITS, office
from tests.support.storing import content

ADMIN = Rights.of([Grant("QT-000001", Role.ADMIN, "DN.NT")], UNITS)
OTHER = Rights.of([Grant("QT-000002", Role.ADMIN, "DN.DP")], UNITS)
FOCAL = Rights.of([Grant("QT-000003", Role.FOCAL, "DN.NT")], UNITS)
OFFICER = Rights.of([], UNITS)


def person(name: str = "Nguyễn Văn An", serial: str = "5402DD8A9E3FB18F", **changes: object) -> RequestContent:
    given = {"subject": Subject.INDIVIDUAL, "subscriber": name, "certificate_name": name.upper(), **changes}
    return content(serial).model_copy(update=given)


async def codes(store: Store, rights: Rights, wanted: Filter | None = None) -> list[str]:
    async with office(store) as at:
        page = await at.admin.desk.page(rights, wanted or Filter(), 100)
        assert await at.admin.desk.count(rights, wanted or Filter()) == len(page)
    return [filed.request.code for filed in page]
