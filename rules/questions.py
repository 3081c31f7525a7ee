"""The questions of a pack and their options. Texts are English message ids of the catalogues."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from rules.facts import Event, Facts, Subject
from rules.outcome import Citation, Statement

FactName = Literal["subject", "events", "merger_role", "certificate", "information_matches", "token", "key_exposed"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AnswerOption(_Model):
    """An answer to a question."""

    value: str
    label: str  #: message id
    hint: str | None = None  #: message id
    synonyms: tuple[str, ...] = ()  #: texts that people type, without accents
    subjects: tuple[Subject, ...] = tuple(Subject)  #: offered to these kinds of subscriber
    events: tuple[Event, ...] = ()  #: offered only after one of these events; empty: always
    alone: bool = False  #: excludes all other answers, such as "nothing changed"
    sets: dict[str, str] = {}  #: parts of the certificate this answer fills in
    not_known: tuple[str, ...] = ()  #: parts of the certificate this answer leaves "asked and not known"

    def is_offered(self, facts: Facts) -> bool:
        """Return whether the answer is possible with the facts known so far."""
        if facts.subject is not None and facts.subject not in self.subjects:
            return False
        return not self.events or facts.events is None or bool(facts.events.intersection(self.events))


class Question(_Model):
    """A question with its answers and the reason why it is asked."""

    fact: FactName
    text: str  #: message id
    reason: str  #: message id
    #: Message id: the way on for people who are not sure, what to look for and whom to ask. Nothing of it is a value.
    unsure: str | None = None
    citations: tuple[Citation, ...] = ()
    many: bool = False  #: several answers may hold at once
    options: tuple[AnswerOption, ...]

    @property
    def why(self) -> Statement:
        """Return the reason why it is asked, with its citations."""
        return Statement(self.reason, self.citations)

    def options_for(self, facts: Facts) -> tuple[AnswerOption, ...]:
        """Return the answers that are possible with the facts known so far."""
        return tuple(option for option in self.options if option.is_offered(facts))
