"""Turn files, the rows of a list and certificates that are known already into the sources of a dossier."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence

from handlers.core import CertificatesListed, Context, FileRead, HandlerResult, current_rights
from handlers.dossier import OURS, Standout
from handlers.dossier.opened import MAIN, MOST_SOURCES, SHOWN, OpenDossier, save_dossier
from handlers.model import Act, Filter, ListedCertificate, Reading, RequestContent, Rights, Source, serial_key
from locales import N_
from rules.language.spelling import fold
from rules.outcome import Procedure


def sources_of_reading(file: str, reading: Reading) -> Iterator[Source]:
    """Yield every certificate of a file, each as often as it stands there, and every problem."""
    by_print = {certificate.fingerprint: certificate for certificate in reading.certificates}
    placed = {place.fingerprint for place in reading.places}
    yield from (Source(file=file, certificate=one) for print_, one in by_print.items() if print_ not in placed)
    yield from (
        Source(file=f"{file}/{place.where}", certificate=by_print[place.fingerprint]) for place in reading.places
    )
    for problem in reading.problems:
        yield Source(file=f"{file}/{problem.where}" if problem.where else file, trouble=problem.trouble)


def merge_list(given: Sequence[Source], listed: Iterable[ListedCertificate], file: str) -> list[Source]:
    """Join the rows of a list to the certificates that they name; the others become sources of their own.

    A row names a certificate by its serial number, or without one by a name that only one certificate has.
    """
    rows = list(listed)
    # Of two rows with one number the second stays a source of its own, so that it is seen.
    by_serial = {serial_key(row.serial): row for row in reversed(rows) if row.serial}
    names = [fold(one.name) for one in given if one.certificate]
    by_name = {fold(row.name): row for row in rows if not row.serial and names.count(fold(row.name)) == 1}
    merged, used = [], set[int]()
    for one in given:
        row = by_serial.get(serial_key(one.serial)) if one.certificate else None
        row = row or (by_name.get(fold(one.name)) if one.certificate else None)
        used |= {row.line} if row else set()
        merged.append(one.model_copy(update={"listed": row}) if row else one)
    left = [row for row in rows if row.line not in used]
    for at, one in enumerate(merged):  # a list that is given again: its rows take the places that they have
        again = next((row for row in left if one.certificate is None and _is_same_row(one.listed, row)), None)
        if again:
            merged[at] = Source(file=file, listed=again)
            left.remove(again)
    return [*merged, *(Source(file=file, listed=row) for row in left)]


def _is_same_row(before: ListedCertificate | None, row: ListedCertificate) -> bool:
    if before is None:
        return False
    if before.serial and row.serial:
        return serial_key(before.serial) == serial_key(row.serial)
    return bool(fold(row.name)) and fold(before.name) == fold(row.name)


def merge_reading(given: Sequence[Source], found: Sequence[Source], file: str) -> list[Source]:
    """Add what a file brought; what stands there already keeps its place.

    A certificate takes the place of its own file, of its row, or of the broken file of its name that it mends; of
    two files of one name with other certificates neither is lost.

    Args:
        given: What stands in the dossier.
        found: What the file brought.
        file: The name of the file.
    """
    mended = any(one.certificate for one in found)
    merged = [one for one in given if not (mended and one.trouble and one.file == file)]
    free = dict(enumerate(merged))  # one place each: what a file holds twice is told
    for source in found:
        at = _place_of(source, free)
        if at is None:
            merged.append(source)
        else:
            merged[at] = source.model_copy(update={"listed": free.pop(at).listed})
    return merged


def _place_of(source: Source, free: Mapping[int, Source]) -> int | None:
    """Return where a source stood before: the same file first, then the same certificate, then its row."""
    ranked = [(_likeness(source, one), -at) for at, one in free.items()]
    best, place = max(ranked, default=(0, 0))
    return -place if best else None


def _likeness(source: Source, one: Source) -> int:
    same_file = source.file == one.file
    if source.certificate is None:
        return 4 if same_file and one.trouble else 0
    if one.certificate:
        same = source.certificate.fingerprint == one.certificate.fingerprint
        return (3 + same_file) if same else 0
    if one.trouble:
        loose = "/" not in source.file and one.file.rpartition("/")[2] == source.file
        return 2 if same_file or loose else 0
    return 1 if source.serial and serial_key(source.serial) == serial_key(one.serial) else 0


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


def with_file(before: Sequence[Source], event: FileRead | CertificatesListed) -> tuple[Source, ...]:
    """Return the sources with what a file, or a list of certificates, adds to them."""
    name = event.name or "tep"
    if isinstance(event, CertificatesListed):
        return tuple(merge_list(before, event.rows, name))
    return tuple(merge_reading(before, list(sources_of_reading(name, event.reading)), name))
