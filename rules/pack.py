"""The rule pack: what the TOML files hold, checked and frozen. Texts are English message ids of the catalogues."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from rules.facts import Event, Facts, MergerRole, Subject
from rules.outcome import Citation, Level, Procedure, Statement

#: A value as it stands in a condition: a word, or true and false.
Value = bool | str


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else (value,)


Values = Annotated[tuple[Value, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
Condition = dict[str, Values]
FactName = Literal["subject", "events", "merger_role", "certificate", "information_matches", "token", "key_exposed"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Document(_Model):
    """A document the pack cites, and how far it can be relied on."""

    number: str  #: as citations name it
    cited_as: str  #: as a sentence names it, in Vietnamese
    proper_title: str  #: in Vietnamese, never translated
    issuer: str
    date: dt.date | None = None
    in_force_from: dt.date | None = None
    in_force_to: dt.date | None = None
    issuer_ended: dt.date | None = None  #: the day the issuing body ceased to exist
    issuer_status: str | None = None  #: message id: what became of the issuing body
    ended_notice: str | None = None  #: notice an answer carries that cites this document after ``issuer_ended``
    level: Level
    last_reviewed: dt.date
    note: str | None = None  #: message id: how the text is known


class Option(_Model):
    """An answer to a question."""

    value: str
    label: str  #: message id
    hint: str | None = None  #: message id
    synonyms: tuple[str, ...] = ()  #: what people type, without accents
    subjects: tuple[Subject, ...] = tuple(Subject)  #: offered to these kinds of subscriber
    events: tuple[Event, ...] = ()  #: offered only after one of these events; empty: always
    alone: bool = False  #: of several answers, the one that stands for none of the others
    sets: dict[str, str] = {}  #: parts of the certificate this answer fills in
    not_known: tuple[str, ...] = ()  #: parts of the certificate this answer leaves "asked and not known"

    def offered(self, facts: Facts) -> bool:
        """Whether the answer makes sense beside what is known."""
        if facts.subject is not None and facts.subject not in self.subjects:
            return False
        return not self.events or facts.events is None or bool(facts.events.intersection(self.events))


class Question(_Model):
    """A question, its answers, and why it is asked."""

    fact: FactName
    text: str  #: message id
    reason: str  #: message id
    citations: tuple[Citation, ...] = ()
    many: bool = False  #: several answers may hold at once
    options: tuple[Option, ...]

    @property
    def why(self) -> Statement:
        """Why it is asked, and what that rests on."""
        return Statement(self.reason, self.citations)

    def options_for(self, facts: Facts) -> tuple[Option, ...]:
        """The answers that make sense beside what is known."""
        return tuple(option for option in self.options if option.offered(facts))


class Step(_Model):
    """One step of a procedure."""

    text: str  #: message id
    citations: tuple[Citation, ...] = ()
    only: tuple[str, ...] = ()  #: variants of the procedure this step belongs to; empty: all
    beside: str | None = None  #: only in an answer that carries this notice

    @property
    def statement(self) -> Statement:
        return Statement(self.text, self.citations)


class ProcedureGuide(_Model):
    """How a procedure is carried out."""

    procedure: Procedure
    title: str  #: message id
    form: str | None = None
    forms: dict[str, str] = {}  #: form by variant, where it differs
    notices: tuple[str, ...] = ()
    steps: tuple[Step, ...]

    @property
    def variants(self) -> frozenset[str]:
        """Every variant a row may ask for."""
        return frozenset(self.forms).union(*(step.only for step in self.steps))


class NoticeText(_Model):
    """A notice as the pack words it."""

    id: str
    text: str  #: message id
    text_with_office: str | None = None  #: message id with {office}, where the operator has set the receiving office
    citations: tuple[Citation, ...] = ()


class AskedAction(_Model):
    """What a row asks for."""

    procedure: Procedure
    variants: tuple[str, ...] = ()


class Row(_Model):
    """One line of a decision table."""

    id: str
    when: Condition = {}
    result: str | None = None
    actions: tuple[AskedAction, ...] = ()
    notices: tuple[str, ...] = ()
    reason: str | None = None  #: message id
    citations: tuple[Citation, ...] = ()

    @property
    def statement(self) -> Statement:
        return Statement(self.reason or "", self.citations)


class Table(_Model):
    """A small decision table. Hit policy unique: where it applies, exactly one row matches."""

    name: str
    about: str  #: message id: the question the table answers
    hit_policy: Literal["unique"] = "unique"
    applies: Condition = {}
    inputs: tuple[str, ...] = ()
    gives: str | None = None  #: name of its result, an input of later tables
    rows: tuple[Row, ...]


class Case(_Model):
    """A worked example: the tests of the pack, as data."""

    name: str
    facts: dict[str, object]
    not_known: tuple[str, ...] = ()  #: parts of the certificate that were asked and are not known
    today: dt.date | None = None
    needs: tuple[str, ...] = ()
    actions: tuple[Procedure, ...] = ()
    notices: tuple[str, ...] = ()  #: at least these
    cites: tuple[Citation, ...] = ()  #: at least these, in the actions


class Settings(_Model):
    """The head of the pack."""

    name: str
    version: str
    title: str  #: message id
    effective_from: dt.date  #: from this day every cited document is in force
    decided_on: dt.date  #: the day worked examples are decided on
    near_expiry_days: int  #: the assistant's reminder window, not a legal threshold
    decree_from: dt.date  #: certificates issued before this day fall under the transition
    not_yet_in_force_notice: str
    order: tuple[Procedure, ...]


@dataclass(frozen=True, eq=False)
class Pack:
    """A loaded pack. Two loads are two packs: everything derived from one is cached by identity."""

    settings: Settings
    documents: dict[str, Document]
    questions: tuple[Question, ...]  #: in the order they are asked
    flags: dict[str, frozenset[Event]]
    defaults: dict[str, str]  #: the value of a result where no table gives one
    tables: tuple[Table, ...]
    procedures: dict[Procedure, ProcedureGuide]
    notices: dict[str, NoticeText]
    cases: tuple[Case, ...]

    @property
    def name(self) -> str:
        return self.settings.name

    @property
    def version(self) -> str:
        return self.settings.version

    @property
    def label(self) -> str:
        """Name and version, such as ``nhon_trach 1``."""
        return f"{self.name} {self.version}"

    @cached_property
    def rows(self) -> dict[str, Row]:
        """Every row of every table, by id."""
        return {row.id: row for table in self.tables for row in table.rows}


#: Which places a body can have in which merger.
ROLES: dict[Event, frozenset[MergerRole]] = {
    Event.MERGED_INTO_NEW: frozenset({MergerRole.DESIGNATED, MergerRole.OTHER, MergerRole.UNDECIDED}),
    Event.MERGED_INTO_EXISTING: frozenset({MergerRole.SURVIVING, MergerRole.ABSORBED}),
}
