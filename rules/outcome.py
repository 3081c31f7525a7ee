"""The parts of a decision. Texts are message ids of the catalogues, never in a rendered language."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from pydantic import ConfigDict


class Level(StrEnum):
    """The certainty of a statement; docs/rules.md explains the source of each level."""

    TEXT = "text"
    LOCAL = "local"
    REPORTED = "reported"
    INFERRED = "inferred"


class Procedure(StrEnum):
    """The procedures that an answer can name; their order is set by the pack."""

    CHANGE_INFORMATION = "change_information"
    REVOKE = "revoke"
    KEEP_USING = "keep_using"
    EXTEND = "extend"
    ISSUE_NEW = "issue_new"
    RESTORE_DEVICE = "restore_device"
    RETURN_DEVICE = "return_device"
    REPORT_LOSS = "report_loss"
    CHOOSE_CERTIFICATE = "choose_certificate"
    NOTHING_TO_DO = "nothing_to_do"
    OUT_OF_SCOPE = "out_of_scope"
    CHECK_WITH_OFFICE = "check_with_office"


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in a document, with the certainty of what is stated from it."""

    #: A misspelt key in a pack must be an error, not a lost clause.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    document: str  #: its number, such as 68/2024/NĐ-CP
    article: str | None = None
    clause: str | None = None
    point: str | None = None
    level: Level = Level.TEXT
    name: str = field(default="", compare=False)  #: the document's name in sentences, in Vietnamese


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence with its citations; practical advice that states no law has none."""

    text: str
    citations: tuple[Citation, ...] = ()


class Part(StrEnum):
    """The parts of a short answer, in the order in which it says them."""

    NOW = "now"  #: what to do this minute
    OWN = "own"  #: what the officer does
    BODY = "body"  #: what the managing body does
    SIGNS = "signs"
    PAPER = "paper"
    WHERE = "where"
    DEADLINE = "deadline"
    TOKEN = "token"  # noqa: S105 - the device
    CARE = "care"  #: what to be careful about


@dataclass(frozen=True, slots=True)
class Brief:
    """A few words for the short answer; they rest on the citations of the step or notice that they stand for."""

    part: Part
    text: str
    citations: tuple[Citation, ...] = ()
    stays: bool = False  #: never left out, however long the answer is


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: the procedure, its form, its steps in order, and the reasons for it."""

    procedure: Procedure
    title: str
    form: str | None  #: number of the form, such as "04"
    steps: tuple[Statement, ...]
    reasons: tuple[Statement, ...]
    citations: tuple[Citation, ...]  #: citations of the reasons, then of the steps, each once
    rows: tuple[str, ...] = ()  #: ids of the decision rows that asked for it
    briefs: tuple[Brief, ...] = ()  #: the same in a few words, in the order of the steps


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to read in addition to the actions."""

    id: str
    text: str
    citations: tuple[Citation, ...] = ()
    brief: Brief | None = None  #: what the short answer says of it, if it says anything


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision: every fact that matters is known."""

    actions: tuple[Action, ...]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Needs:
    """The facts that can still change the decision, in the pack's order."""

    facts: tuple[str, ...] = field(default=())


Outcome = Decided | Needs
