"""Turn files that were read, and the rows of a list, into the sources of a dossier."""

from collections.abc import Iterable, Iterator, Sequence

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
    return [*merged, *(Source(file=file, listed=row) for row in rows if row.line not in used)]
