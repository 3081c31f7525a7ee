"""Classify and decide every certificate of a dossier; what cannot be decided is asked once for all it concerns."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from handlers.core import certificate_facts
from handlers.model import Certificate, ListedCertificate, Recognition, Source, UnitToday, serial_key
from rules.deciding import decide
from rules.errors import FactsError
from rules.facts import Facts, Issuer, Subject
from rules.language.spelling import fold
from rules.offices import Office, OfficeDirectory
from rules.outcome import Decided, Procedure
from rules.pack import Pack
from rules.parsing import parse_facts

#: Beside the facts of one certificate: it is this unit's, though it names another one.
OURS = "ours"
#: Facts that are of one certificate only.
OF_ONE = ("subject", "certificate")


@dataclass(frozen=True)
class DossierContext:
    """Holds all by which a dossier is decided, and for whom."""

    pack: Pack
    today: date  #: the day in Viet Nam
    unit: UnitToday | None = None  #: the unit of today that files; without it nothing is compared
    office: str | None = None  #: one receiving office for everything, as the operator has set it
    chosen_offices: tuple[Office, ...] = ()  #: receiving offices that admins have set in the chat

    @property
    def offices(self) -> OfficeDirectory:
        """Return the receiving offices."""
        return OfficeDirectory.of(self.pack.offices, self.office, self.chosen_offices)


class Status(StrEnum):
    """The state of a certificate of a dossier."""

    DECIDED = "decided"
    NEEDS = "needs"  #: facts are missing
    PROBLEM = "problem"  #: a person must look at it; it stands in no form


class Standout(StrEnum):
    """The reason why a certificate stands out; an unreadable file stands out by its ``FileProblemKind``."""

    PUBLIC = "public"  #: of a public provider
    EXPIRED = "expired"
    DUPLICATE_SERIAL = "duplicate_serial"  #: given before, or its number stands on another certificate
    PERSON_TWICE = "person_twice"
    OTHER_UNIT = "other_unit"
    OTHER_NAME = "other_name"  #: a list has its number beside somebody else's name
    NO_CERTIFICATE = "no_certificate"
    FORGED = "forged"  #: the CA of that name did not sign it
    AUTHORITY = "authority"  #: of a CA
    CONTRADICTION = "contradiction"  #: what is said of it contradicts itself


#: These leave no decision that could be filed. One who holds two certificates, and an expired one, are decided.
_BARRING = frozenset(Standout) - {Standout.EXPIRED, Standout.PERSON_TWICE}


@dataclass(frozen=True, slots=True)
class Entry:
    """A certificate of the dossier and what became of it."""

    source: Source
    facts: Facts
    status: Status
    decided: Decided | None = None
    needs: tuple[str, ...] = ()
    standout: str | None = None  #: a ``Standout``, or the ``FileProblemKind`` of a file that cannot be read

    @property
    def file(self) -> str:
        return self.source.file

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def serial(self) -> str:
        return self.source.serial

    @property
    def certificate(self) -> Certificate | None:
        return self.source.certificate

    @property
    def subject(self) -> Subject | None:
        """Return the kind of subscriber, as it was told or as the name suggests."""
        return self.facts.subject

    @property
    def procedures(self) -> tuple[Procedure, ...]:
        """Return what is to be done, in the order of the pack."""
        return tuple(action.procedure for action in self.decided.actions) if self.decided else ()

    @property
    def not_after(self) -> date | None:
        """Return the last day of the certificate, where it is known."""
        return self.facts.certificate.not_after if self.facts.certificate else None


def decide_all(
    context: DossierContext,
    sources: Sequence[Source],
    common: Mapping[str, Any],
    people: Mapping[str, Mapping[str, Any]],
    answers: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> list[Entry]:
    """Decide every source by the pack; none is left out.

    Args:
        context: The rules, the day and the unit.
        sources: The certificates, rows and unreadable files, in their order.
        common: The facts that hold for all, as ``parse_facts`` takes them.
        people: The facts of single certificates by their serial number, and ``OURS``; they prevail over those of all.
        answers: The answers to questions that named certificates, by ``Source.key``; they prevail over the facts of
            all, and what a row or a person says of one prevails over them.

    Returns:
        An entry for each source, then one for each serial number of ``people`` that nothing was given for.
    """
    single = {serial_key(serial): facts for serial, facts in people.items()}
    entries = [
        _decide_one(
            context,
            source,
            {**common, **answers.get(source.key, {})},
            single.get(serial_key(source.serial)) if source.serial else None,
        )
        for source in sources
    ]
    given = {serial_key(source.serial) for source in sources if source.serial}
    lost = [serial for serial in people if serial_key(serial) not in given]
    return [*_mark_repeated(entries), *(_without_certificate(serial) for serial in lost)]


def _without_certificate(serial: str) -> Entry:
    source = Source(file="", listed=ListedCertificate(line=0, serial=serial))
    return Entry(source, Facts(), Status.PROBLEM, standout=Standout.NO_CERTIFICATE)


def _decide_one(
    context: DossierContext, source: Source, common: Mapping[str, Any], own: Mapping[str, Any] | None
) -> Entry:
    if source.trouble:
        return Entry(source, Facts(), Status.PROBLEM, standout=source.trouble)
    try:
        facts = parse_facts(_mapping_of(source, common, own or {}, context.unit))
    except FactsError:
        return Entry(source, Facts(), Status.PROBLEM, standout=Standout.CONTRADICTION)
    standout = _standout_of(context, source, facts, own)
    outcome = decide(context.pack, facts, context.today)
    if standout in _BARRING:
        found = outcome if standout is Standout.PUBLIC and isinstance(outcome, Decided) else None
        return Entry(source, facts, Status.PROBLEM, found, standout=standout)
    if isinstance(outcome, Decided):
        return Entry(source, facts, Status.DECIDED, outcome, standout=standout)
    return Entry(source, facts, Status.NEEDS, needs=outcome.facts, standout=standout)


def _mapping_of(
    source: Source, common: Mapping[str, Any], own: Mapping[str, Any], unit: UnitToday | None
) -> dict[str, Any]:
    """Return the facts of one certificate: what it says itself prevails, then what is said of it alone."""
    certificate, listed = source.certificate, source.listed
    guess = {"subject": certificate.subscriber.value} if certificate and certificate.subscriber else {}
    said = listed.facts if listed else {}
    told = {**guess, **common, **said, **own}
    told.pop(OURS, None)
    if "events" in said and "events" not in own:  # what a note tells of one comes to what happened to all
        told["events"] = sorted({*common.get("events", ()), *said["events"]} - {"nothing"})
    told["certificate"] = _certificate_of(source, told.get("certificate"))
    if certificate and unit:
        told = {**_by_unit(certificate, told, unit), **told}
    return {fact: value for fact, value in told.items() if value is not None}


def _certificate_of(source: Source, stated: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the fact ``certificate``: from the file, else from the row; what neither knows may be stated."""
    if source.certificate:
        read = certificate_facts(source.certificate)
        unknown = read["issuer"] == Issuer.UNKNOWN and stated and "issuer" in stated
        return {**read, "issuer": stated["issuer"]} if unknown and stated else read
    listed = source.listed
    if listed is None or not (listed.serial or listed.not_after):
        return dict(stated) if stated else None
    days = {"not_before": None, "not_after": listed.not_after.isoformat() if listed.not_after else None}
    return {**days, "issuer": Issuer.UNKNOWN.value, **(stated or {})}


def _by_unit(certificate: Certificate, told: Mapping[str, Any], unit: UnitToday) -> dict[str, Any]:
    """Return what the certificate tells against the unit of today; nothing where the words do not decide it."""
    found: dict[str, Any] = {}
    subject = Subject(told["subject"]) if told.get("subject") in set(Subject) else None
    if "events" not in told and (events := unit.events_for(certificate, subject)):
        found["events"] = [event.value for event in events]
    if unit.names_former(certificate):
        found["information_matches"] = False
    return found


def _is_taken(own: Mapping[str, Any] | None) -> bool:
    """Return whether somebody takes a certificate for this unit's.

    Naming it is enough, and so is what happened to it; an answer for it, such as where its token is, is not.
    """
    return own is not None and (not own or bool(own.get(OURS)) or "events" in own)


def _standout_of(
    context: DossierContext, source: Source, facts: Facts, own: Mapping[str, Any] | None
) -> Standout | None:
    """Return why a certificate stands out; one that somebody has taken for this unit's is no stranger's."""
    certificate = source.certificate
    if found := _standout_of_file(source, spoken_of=own is not None):
        return found
    if facts.certificate is None:
        return Standout.NO_CERTIFICATE
    if facts.certificate.issuer is Issuer.PUBLIC:
        return Standout.PUBLIC
    if certificate and context.unit and not _is_taken(own) and context.unit.is_of_other_unit(certificate):
        return Standout.OTHER_UNIT
    ends = facts.certificate.not_after
    return Standout.EXPIRED if ends is not None and ends < context.today else None


def _standout_of_file(source: Source, *, spoken_of: bool) -> Standout | None:
    """Return why a file stands out whatever happened: what it is, and what a list says beside its number."""
    certificate = source.certificate
    if certificate and certificate.authority:
        return Standout.AUTHORITY
    if certificate and certificate.recognition is Recognition.INVALID:
        return Standout.FORGED
    return Standout.OTHER_NAME if source.names_somebody_else and not spoken_of else None


def _mark_repeated(entries: list[Entry]) -> list[Entry]:
    """Mark a certificate that was given before, two that share a number, and a name that stands on two."""
    numbers = _numbers_of(entries)
    holders: dict[str, set[object]] = {}
    for entry, number in zip(entries, numbers, strict=True):
        one = entry.certificate
        holders.setdefault(number, set()).update({(fold(one.name), one.not_after)} if one else ())
    seen, marked = set[str](), list[Entry]()
    for entry, number in zip(entries, numbers, strict=True):
        repeated = bool(number) and (number in seen or len(holders[number]) > 1)
        marked.append(replace(entry, **_REPEATED) if repeated else entry)
        seen.add(number)
    names = Counter(fold(entry.name) for entry in marked if _is_person(entry))
    return [
        replace(entry, standout=Standout.PERSON_TWICE)
        if entry.standout is None and _is_person(entry) and names[fold(entry.name)] > 1
        else entry
        for entry in marked
    ]


_REPEATED: dict[str, Any] = {
    "status": Status.PROBLEM, "decided": None, "needs": (), "standout": Standout.DUPLICATE_SERIAL
}  # fmt: skip


def _numbers_of(entries: Sequence[Entry]) -> list[str]:
    """Return what names the certificate of each entry: its serial number, with the issuer where two share one."""
    issuers: dict[str, set[str]] = {}
    for entry in entries:
        if entry.certificate:
            issuers.setdefault(serial_key(entry.serial), set()).add(fold(entry.certificate.issuer_name))
    return [
        f"{serial} {fold(entry.certificate.issuer_name)}"
        if (serial := serial_key(entry.serial)) and entry.certificate and len(issuers[serial]) > 1
        else serial
        for entry in entries
    ]


def _is_person(entry: Entry) -> bool:
    return entry.subject is Subject.INDIVIDUAL and entry.status is not Status.PROBLEM and bool(entry.name)


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A fact that is missing, and the certificates that it is missing for."""

    fact: str
    entries: tuple[Entry, ...]


def open_questions(entries: Iterable[Entry], pack: Pack) -> list[OpenQuestion]:
    """Return one question for each missing fact, in the order of the pack, with all that it concerns."""
    waiting = [entry for entry in entries if entry.status is Status.NEEDS]
    found = (
        OpenQuestion(question.fact, tuple(entry for entry in waiting if question.fact in entry.needs))
        for question in pack.questions
    )
    return [one for one in found if one.entries]
