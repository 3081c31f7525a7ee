"""The decision tables of a pack."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from rules.outcome import Citation, Procedure, Statement

#: A value in a condition: a word or a boolean.
Value = bool | str


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else (value,)


Values = Annotated[tuple[Value, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
Condition = dict[str, Values]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AskedAction(_Model):
    """An action that a row asks for."""

    procedure: Procedure
    variants: tuple[str, ...] = ()
    first: bool = False  #: this action comes first in the answer, whatever the pack's order


class Row(_Model):
    """One row of a decision table."""

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
    """A decision table with the hit policy "unique": where it applies, exactly one row matches."""

    name: str
    about: str  #: message id: the question the table answers
    hit_policy: Literal["unique"] = "unique"
    applies: Condition = {}
    inputs: tuple[str, ...] = ()
    gives: str | None = None  #: name of its result, an input of later tables
    rows: tuple[Row, ...]
