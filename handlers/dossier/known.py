"""Change the certificates of a dossier at once: add those known of its unit, leave some out, take others' as ours."""

from collections.abc import AsyncIterator

from handlers.core import Context, HandlerResult, current_rights
from handlers.dossier.entries import OURS, Standout
from handlers.dossier.opened import MAIN, MOST_SOURCES, SHOWN, OpenDossier, save_dossier
from handlers.dossier.sources import merge_list
from handlers.folding import fold
from handlers.model import Act, Filter, ListedCertificate, RequestContent, Rights, serial_key
from locales import N_
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


async def accept_others(here: Context, found: OpenDossier) -> HandlerResult:
    """Speak of every certificate that names another unit, so that it counts as this unit's."""
    strange = [entry.serial for entry in found.entries if entry.standout is Standout.OTHER_UNIT and entry.serial]
    people = dict(found.record.people)
    people |= {serial: {**people.get(serial, {}), OURS: True} for serial in strange}
    return await save_dossier(here, found.record.model_copy(update={"people": people}))


async def drop_unreadable(here: Context, found: OpenDossier) -> HandlerResult:
    """Leave out the files that cannot be read, by name."""
    gone = [one.file for one in found.record.sources if one.trouble]
    kept = tuple(one for one in found.record.sources if not one.trouble)
    more = N_("{names} and {count} more")
    names = ", ".join(gone[:SHOWN])
    names = here.say.t(more, names=names, count=len(gone) - SHOWN) if len(gone) > SHOWN else names
    note = here.say(N_("Left out: {names}."), names=names)
    return await save_dossier(here, found.record.model_copy(update={"sources": kept}), MAIN, note)


async def read_known(here: Context, found: OpenDossier) -> list[ListedCertificate]:
    """Return the certificates known of the unit of a dossier, as many as one holds."""
    return await known_certificates(here, await current_rights(here), found.record.unit, MOST_SOURCES)


async def take_known(here: Context, found: OpenDossier) -> HandlerResult:
    """Add the certificates that are known already; whose data is taken over stands in the journal."""
    rights, known = await current_rights(here), await read_known(here, found)
    sources = tuple(merge_list(found.record.sources, known, here.say.t(N_("known already"))))[:MOST_SOURCES]
    added, record = len(sources) - len(found.record.sources), found.record
    if added:
        journal = here.world.admin.journal
        await journal.record(rights, "dossier_known", record.id, unit=record.unit, count=added)
    note = here.say(N_("Added: {count}."), count=added)
    return await save_dossier(here, record.model_copy(update={"sources": sources}), MAIN, note)
