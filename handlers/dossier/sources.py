"""What a dossier is made of: certificates as they were given, the rows of a list, and what is said of single ones."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict

from handlers.folding import fold
from handlers.model import Certificate, FileProblemKind, Reading
from rules.facts import Subject
from rules.language import load_language, read

_NOT_DIGIT = re.compile(r"[^0-9A-F]")


def serial_key(serial: str) -> str:
    """Return a serial number as it is compared: hexadecimal digits without separators and zeros in front."""
    return _NOT_DIGIT.sub("", serial.upper().removeprefix("0X")).lstrip("0")


class ListedCertificate(BaseModel):
    """A row of a list of certificates, as far as it was filled in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: int
    name: str = ""
    serial: str = ""
    not_after: date | None = None
    email: str = ""
    device_number: str = ""
    subject: Subject | None = None
    note: str = ""
    sayings: tuple[str, ...] = ()  #: what the row says of this one: its note, and the headings that are ticked
    unread: tuple[str, ...] = ()  #: cells that could not be used, such as a serial number that Excel has spoilt

    @cached_property
    def said(self) -> "Saying":
        """Return what the row says of this certificate alone."""
        return read_sayings(self.sayings)

    @property
    def facts(self) -> dict[str, Any]:
        """Return what the row says, as ``parse_facts`` takes it."""
        return {**({"subject": self.subject.value} if self.subject else {}), **self.said.facts}


@dataclass(frozen=True, slots=True)
class Saying:
    """What words say of one certificate."""

    facts: Mapping[str, Any]
    unread: tuple[str, ...] = ()  #: words that say nothing that is understood


def read_sayings(texts: Iterable[str]) -> Saying:
    """Read what is said of one certificate, such as "nghỉ hưu" or "mất token", as a sentence of a conversation.

    What is doubted, denied or only planned says nothing.
    """
    language, facts, unread = load_language("vi"), dict[str, Any](), list[str]()
    for text in filter(None, texts):
        found = read(text, language).facts
        told = {fact: found[fact] for fact in ("events", "token", "key_exposed", "issuer") if fact in found}
        if issuer := told.pop("issuer", None):
            told["certificate"] = {"issuer": issuer}
        if "events" in told:
            told["events"] = [*facts.get("events", ()), *told["events"]]
        facts |= told
        unread += [] if told else [text]
    return Saying(facts, tuple(unread))


@dataclass(frozen=True, slots=True)
class Source:
    """One certificate that was given, a row without one, or a file that could not be read."""

    file: str  #: its file, with the entry of an archive behind a slash
    certificate: Certificate | None = None
    trouble: FileProblemKind | None = None
    listed: ListedCertificate | None = None

    @property
    def serial(self) -> str:
        """Return its serial number, or an empty text."""
        if self.certificate:
            return self.certificate.serial
        return self.listed.serial if self.listed else ""

    @property
    def name(self) -> str:
        """Return the name of its subscriber, or an empty text."""
        if self.certificate:
            return self.certificate.name
        return self.listed.name if self.listed else ""


def sources_of_reading(file: str, reading: Reading) -> Iterator[Source]:
    """Yield every certificate of a file, each as often as it stands there, and every problem."""
    by_print = {certificate.fingerprint: certificate for certificate in reading.certificates}
    placed = {place.fingerprint for place in reading.places}
    yield from (Source(file, one) for print_, one in by_print.items() if print_ not in placed)
    yield from (Source(f"{file}/{place.where}", by_print[place.fingerprint]) for place in reading.places)
    for problem in reading.problems:
        yield Source(f"{file}/{problem.where}" if problem.where else file, trouble=problem.trouble)


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
        merged.append(Source(one.file, one.certificate, one.trouble, row) if row else one)
    return [*merged, *(Source(file, listed=row) for row in rows if row.line not in used)]
