"""Turn files that were read, and the rows of a list, into the sources of a dossier."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from handlers.folding import fold
from handlers.model import ListedCertificate, Reading, Source, serial_key


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
