"""Find the certificates of a unit that are known: from one's own requests, and by right from others' and interviews."""

from collections.abc import AsyncIterator

from handlers.core import Context
from handlers.folding import fold
from handlers.model import Act, Filter, ListedCertificate, RequestContent, Rights, serial_key
from rules.outcome import Procedure

#: Requests that are read at once.
_READ = 100


async def known_certificates(here: Context, rights: Rights, unit: str | None, most: int) -> list[ListedCertificate]:
    """Return the certificates known of a unit and of those below it, each once, at most ``most``.

    What others registered, or asked about, is known to whoever may see personal data of the unit.
    """
    if unit is None or not rights.may(Act.MAKE_DOSSIERS, unit):
        return []
    found: dict[str, ListedCertificate] = {}
    async for content in _contents(here, rights, unit, most):
        if not content.unreadable and content.procedure is not Procedure.ISSUE_NEW:
            found.setdefault(content.certificate_key, _to_listed(content, len(found) + 1))
    names = {fold(one.name) for one in found.values()}
    for one in await here.world.admin.dossiers.interviewed(rights, unit):
        if fold(one.name) not in names:
            names.add(fold(one.name))
            found[f"interview {len(found)}"] = one.model_copy(update={"line": len(found) + 1})
    return list(found.values())[:most]


async def _contents(here: Context, rights: Rights, unit: str, most: int) -> AsyncIterator[RequestContent]:
    """Yield the newest first; several requests may be about one certificate."""
    for request in await here.world.requests.mine():
        if here.world.units.is_within(request.content.unit_code or "", unit):
            yield request.content
    before: int | None = None
    for _ in range(2 * most // _READ if rights.may(Act.SEE_PERSONAL, unit) else 0):
        rows = await here.world.admin.desk.page(rights, Filter(unit=unit), _READ, before)
        for row in rows:
            yield row.request.content
        if len(rows) < _READ:
            return
        before = rows[-1].number


def _to_listed(content: RequestContent, line: int) -> ListedCertificate:
    return ListedCertificate(
        line=line,
        name=content.subscriber,
        serial=serial_key(content.serial or ""),
        not_after=content.not_after,
        email=content.email or "",
        subject=content.subject,
    )
