"""The rule pack: the checked and frozen content of the TOML files. Texts are English message ids of the catalogues."""

import datetime as dt
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from rules.area import Area, Location, Whereabouts, locate
from rules.facts import Event
from rules.offices import Office
from rules.outcome import Brief, Citation, Level, Part, Procedure, Statement
from rules.questions import Question
from rules.tables import Row, Table


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Document(_Model):
    """A document that the pack cites, with its reliability."""

    number: str  #: the number used in citations
    cited_as: str  #: the name used in sentences, in Vietnamese
    proper_title: str  #: in Vietnamese, never translated
    short: str | None = None  #: the name in the list of sources of a short answer; ``number`` where it has none
    issuer: str
    date: dt.date | None = None
    in_force_from: dt.date | None = None
    in_force_to: dt.date | None = None
    issuer_ended: dt.date | None = None  #: the day the issuing body ceased to exist
    issuer_status: str | None = None  #: message id: the present status of the issuing body
    ended_notice: str | None = None  #: notice for answers that cite this document after ``issuer_ended``
    level: Level
    last_reviewed: dt.date
    note: str | None = None  #: message id: the source of the text

    @property
    def counts_from(self) -> dt.date | None:
        """Return the first day from which the document counts: its day of effect, else its date."""
        return self.in_force_from or self.date


class ProcedureStep(_Model):
    """One step of a procedure."""

    id: str | None = None  #: where a layer replaces it or puts another step before it; unique within the procedure
    text: str  #: message id
    citations: tuple[Citation, ...] = ()
    only: tuple[str, ...] = ()  #: variants of the procedure this step belongs to; empty: all
    unless: tuple[str, ...] = ()  #: variants beside which this step is left out
    beside: str | None = None  #: only in an answer that carries this notice
    brief: str | None = None  #: message id: the step in a few words, for the short answer
    part: Part | None = None  #: the part of the short answer in which ``brief`` stands

    @property
    def statement(self) -> Statement:
        return Statement(self.text, self.citations)

    @property
    def short(self) -> Brief | None:
        """Return the step in a few words, or ``None`` if the short answer passes over it."""
        return Brief(self.part, self.brief, self.citations) if self.part and self.brief else None

    def applies(self, variants: AbstractSet[str], noticed: AbstractSet[str]) -> bool:
        """Return whether this step belongs to an action with these variants, in an answer with these notices."""
        wanted = not self.only or not variants.isdisjoint(self.only)
        return wanted and variants.isdisjoint(self.unless) and (self.beside is None or self.beside in noticed)


class ProcedureGuide(_Model):
    """The instructions for a procedure."""

    procedure: Procedure
    title: str  #: message id
    form: str | None = None
    forms: dict[str, str] = {}  #: form by variant, where it differs
    notices: tuple[str, ...] = ()
    steps: tuple[ProcedureStep, ...]

    @property
    def variants(self) -> frozenset[str]:
        """Return every variant that a row can ask for."""
        return frozenset(self.forms).union(*(step.only + step.unless for step in self.steps))


class NoticeText(_Model):
    """A notice in the words of the pack."""

    id: str
    text: str  #: message id
    text_with_office: str | None = None  #: message id with {office}, where the operator has set the receiving office
    citations: tuple[Citation, ...] = ()
    brief: str | None = None  #: message id: the notice in a few words, for the short answer
    #: Its brief is never left out of the short answer: it says what text speaks against what the answer rests on.
    brief_stays: bool = False
    brief_unless: tuple[str, ...] = ()  #: notices beside which the short answer passes over it
    part: Part | None = None  #: the part of the short answer in which ``brief`` stands

    @property
    def short(self) -> Brief | None:
        """Return the notice in a few words, or ``None`` if the short answer passes over it."""
        if not self.part or not self.brief:
            return None
        return Brief(self.part, self.brief, self.citations, self.brief_stays)


class QuestionAnswer(_Model):
    """The pack's answer to a question about procedure, at any moment of a conversation."""

    ask: str  #: what is asked about, such as ``renewal``
    named: str | None = None  #: the form, number or term that the question names; ``other``: any that is not listed
    words: tuple[str, ...] = ()  #: what people type for what is named, without accents
    text: str  #: message id
    citations: tuple[Citation, ...] = ()

    @property
    def statement(self) -> Statement:
        return Statement(self.text, self.citations)


@dataclass(frozen=True, slots=True)
class Replacement:
    """An entry of the pack below that a layer has replaced."""

    file: str  #: such as ``decisions.toml``
    name: str  #: such as ``row merger-designated``
    before: str  #: message id of its text before; empty where it had none
    after: str = ""  #: message id of its text now; the same where only its conditions or steps are others


class Case(_Model):
    """A worked example; the cases are the pack's tests, as data."""

    name: str
    facts: dict[str, object]
    not_known: tuple[str, ...] = ()  #: parts of the certificate that were asked and are not known
    today: dt.date | None = None
    needs: tuple[str, ...] = ()
    actions: tuple[Procedure, ...] = ()
    notices: tuple[str, ...] = ()  #: at least these
    cites: tuple[Citation, ...] = ()  #: at least these, in the actions


class PackSettings(_Model):
    """The settings at the head of a pack."""

    name: str
    version: str
    title: str  #: message id
    area: Area | None = None  #: of a layer: the bodies it is for; without it, everybody
    over: str | None = None  #: of a layer: name and version of the pack it was checked over, such as ``national 1``
    effective_from: dt.date  #: from this day every cited document is in force
    decided_on: dt.date  #: the day worked examples are decided on
    near_expiry_days: int  #: the assistant's reminder window, not a legal threshold
    decree_from: dt.date  #: certificates issued before this day fall under the transition
    not_yet_in_force_notice: str
    order: tuple[Procedure, ...]


@dataclass(frozen=True, eq=False)
class Pack:
    """A loaded pack. It is compared by identity, so that everything derived from it can be cached."""

    settings: PackSettings
    documents: dict[str, Document]
    questions: tuple[Question, ...]  #: in the order they are asked
    flags: dict[str, frozenset[Event]]
    defaults: dict[str, str]  #: the value of a result where no table gives one
    tables: tuple[Table, ...]
    procedures: dict[Procedure, ProcedureGuide]
    notices: dict[str, NoticeText]
    cases: tuple[Case, ...]
    answers: tuple[QuestionAnswer, ...] = ()
    offices: tuple[Office, ...] = ()  #: the receiving offices; a later one prevails over an earlier one
    replaced: tuple[Replacement, ...] = ()  #: what this layer replaced in the pack below
    below: "Pack | None" = None  #: of a layer: the pack that it lies over, with the operator's offices

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def version(self) -> str:
        return self.settings.version

    @property
    def label(self) -> str:
        """Return name and version, such as ``nhon_trach 3``."""
        return f"{self.name} {self.version}"

    @cached_property
    def rows(self) -> dict[str, Row]:
        """Return every row of every table by its id."""
        return {row.id: row for table in self.tables for row in table.rows}

    def covering(self, location: Location) -> "Pack":
        """Return the pack that holds for a body there: this one, or the one below where the body lies outside its area.

        What a layer says of receiving offices holds in its whole province.
        """
        if self.settings.area is None or self.below is None:
            return self
        where = locate(self.settings.area, location)
        if where is Whereabouts.NEARBY:
            return self._nearby or self
        return self.below.covering(location) if where is Whereabouts.ELSEWHERE else self

    @cached_property
    def _nearby(self) -> "Pack | None":
        if self.below is None:
            return None
        known = self.below.documents
        offices = (one for one in self.offices if all(citation.document in known for citation in one.citations))
        return replace(self.below, offices=tuple(offices))
