"""A dossier of a whole unit as data: the certificates that were given, and what is said of all and of single ones."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict
from rapidfuzz import fuzz

from handlers.model.certificate import Certificate, FileProblemKind
from handlers.model.unit import matches_unit
from rules.facts import Subject
from rules.language import Language, load_language, read
from rules.language.spelling import fold

#: What words may say of one certificate.
_SAID = ("events", "token", "key_exposed", "issuer")
_NOT_DIGIT = re.compile(r"[^0-9A-F]")
#: Similarity, in percent, from which a name with a typing slip counts as the same.
_SAME_NAME = 85.0
#: How a note on one person begins who went elsewhere, without accents.
_MOVED = re.compile(
    r"(?:da |moi |duoc )*(?:chuyen|dieu (?:dong|chuyen)|luan chuyen|thuyen chuyen)(?: cong tac)? (?:ve|sang|qua|den)\b"
)
#: English words of lists, as they are said in Vietnamese.
_IN_ENGLISH = {
    "retired": "đã nghỉ hưu", "resigned": "đã thôi việc", "left": "đã thôi việc", "deceased": "đã từ trần",
    "moved": "đã chuyển công tác", "transferred": "đã chuyển công tác", "lost token": "mất token",
    "token lost": "mất token", "lost": "mất token", "damaged": "hỏng token", "token damaged": "hỏng token",
    "damaged token": "hỏng token", "locked": "token bị khóa", "token locked": "token bị khóa",
    "locked token": "token bị khóa", "key exposed": "bị lộ khóa", "no certificate": "chưa có chứng thư",
    "no certificate yet": "chưa có chứng thư",
}  # fmt: skip


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
    """The facts that words state of one certificate."""

    facts: Mapping[str, Any]
    unread: tuple[str, ...] = ()  #: words that say nothing that is understood


def read_sayings(texts: Iterable[str]) -> Saying:
    """Read what is said of one certificate, such as "nghỉ hưu" or "mất token", as a sentence of a conversation.

    What is doubted, denied or only planned says nothing.
    """
    language, facts, unread = load_language("vi"), dict[str, Any](), list[str]()
    for text in filter(None, texts):
        told = _facts_said(_IN_ENGLISH.get(fold(text), text), language)
        if not told and _MOVED.match(fold(text)):  # a note leaves out whom the row is of
            told = _facts_said(f"em {text}", language)
        if issuer := told.pop("issuer", None):
            told["certificate"] = {"issuer": issuer}
        if "events" in told:
            told["events"] = [*facts.get("events", ()), *told["events"]]
        facts |= told
        unread += [] if told else [text]
    return Saying(facts, tuple(unread))


def _facts_said(text: str, language: Language) -> dict[str, Any]:
    found = read(text, language).facts
    return {fact: found[fact] for fact in _SAID if fact in found}


class Source(BaseModel):
    """One certificate that was given, a row without one, or a file that could not be read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

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
    def key(self) -> str:
        """Return what an answer for this one is kept under: its serial number, else its name, else its file."""
        return serial_key(self.serial) or f"={fold(self.name) or self.file}"

    @property
    def names_somebody_else(self) -> bool:
        """Return whether a row with its number has a name that is surely another one, so that one of them is wrong."""
        one, row = self.certificate, self.listed
        if one is None or row is None or not row.name or not one.name:
            return False
        known, written = set(fold(one.name).split()), set(fold(row.name).split())
        if known <= written or written <= known or fuzz.ratio(fold(one.name), fold(row.name)) >= _SAME_NAME:
            return False
        return one.subscriber is not Subject.ORGANISATION or matches_unit(one, row.name) is False

    @property
    def name(self) -> str:
        """Return the name of its subscriber, or an empty text."""
        if self.certificate:
            return self.certificate.name
        return self.listed.name if self.listed else ""


class DossierRecord(BaseModel):
    """A dossier as it is kept, so that it can be opened again, changed for one person and made again."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = ""  #: HS-000012; empty until it is kept
    unit: str | None = None  #: code of the unit that files
    revision: int = 0
    common: dict[str, Any] = {}  #: the facts that hold for all, as ``parse_facts`` takes them
    people: dict[str, dict[str, Any]] = {}  #: facts of single certificates, by serial number
    #: what was answered for those that a question named, by ``Source.key``; it never holds for others
    answers: dict[str, dict[str, Any]] = {}
    sources: tuple[Source, ...] = ()
    version: int = 0  #: how often it was made
    made: dict[str, tuple[str, ...]] = {}  #: what was to be done when it was made last, by name and number
    requests: tuple[str, ...] = ()  #: codes of the requests that were registered for it
