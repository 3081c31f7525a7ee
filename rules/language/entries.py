"""The entries of the language files, as their authors write them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

#: What the words of a scope do to the facts in their reach.
ScopeKind = Literal[
    "negation",
    "doubt",
    "hearsay",
    "plan",
    "hypothesis",
    "condition",
    "elsewhere",
    "question",
    "done",
    "own",
    "topic",
    "neutral",
    "idiom",
]
#: Which facts of its part of the sentence a scope reaches: close behind it, anywhere behind it, before it, or all.
Reach = Literal["near", "after", "before", "part"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    patterns: tuple[str, ...]
    #: Sentences that each pattern reads right; at least one for every pattern.
    examples: tuple[str, ...] = ()


class FactEntry(_Entry):
    """Patterns that state a fact."""

    fact: str
    value: str | bool  #: ``@unit`` and ``@day`` stand for the unit or day in the words themselves
    also: dict[str, str | bool | list[str]] = {}  #: facts that follow, unless others are stated
    across: bool = False  #: may begin in one part of a sentence and end in another
    personal: bool = False  #: happens to a person, whose certificate it then is
    gains: bool = False  #: names a post that somebody gets, which is no holder
    held: bool = False  #: said of a holder, a person or a body, that is named before
    suspected: bool = False  #: a suspicion counts as much as certainty
    negative: bool = False  #: says that something is not so; a further "not" only stresses it
    anyone: bool = False  #: counts of a relative too
    undoes: tuple[str, ...] = ()  #: values of the same fact that were so and are no longer ("found again": lost)
    unless: tuple[str, ...] = ()  #: patterns that must not stand in the same part of the sentence
    beside: tuple[str, ...] = ()  #: patterns of which one must stand in the same part of the sentence
    exclude: tuple[str, ...] = ()  #: sentences that must not give this fact

    @property
    def label(self) -> str:
        return f"{self.fact} = {str(self.value).lower() if isinstance(self.value, bool) else self.value}"


class AskEntry(_Entry):
    """Patterns of a question about the procedure."""

    ask: str
    across: bool = True  #: as for facts
    unless: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"asks {self.ask}"


class IntentEntry(_Entry):
    """Patterns of a wish that is neither a fact nor a question about the procedure."""

    intent: str
    whole: bool = False  #: counts only if nothing else is said but small words
    unless: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"intent {self.intent}"


class ScopeEntry(_Entry):
    """Words that change what the words in their reach mean."""

    name: str
    kind: ScopeKind
    reach: Reach = "after"
    beside: tuple[str, ...] = ()  #: counts only if one of these stands somewhere in the sentence
    unless: tuple[str, ...] = ()  #: counts not if one of these stands in its part of the sentence
    wish: bool = False  #: whose certificate is meant is said for certain though what is wished for is not
    spreads: bool = False  #: reaches the following parts of the sentence too, until a contrast
    over_stops: bool = False  #: spreads over full stops too, until somebody speaks of one's own case
    back: bool = False  #: reaches the parts before it in the sentence too ("đổi tên thì có dự thảo, ký thì chưa")
    facts: tuple[str, ...] = ()  #: concerns these facts only, or a value ("token = in_hand")

    @property
    def label(self) -> str:
        return self.name


class SplitEntry(_Entry):
    """Places at which a sentence falls into parts."""

    name: str
    joins: bool = False  #: the place is none at which a sentence is divided
    contrast: bool = False  #: what was in reach before is so no longer

    @property
    def label(self) -> str:
        return self.name
