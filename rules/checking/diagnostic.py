"""What a check reports."""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.outcome import Citation
from rules.pack import Pack


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One trouble: its kind, where it is, what is wrong and what to do about it."""

    code: str  #: such as "gap"; one broken pack in the tests for each
    where: str  #: file and row, such as "decisions.toml: row token-lost"
    message: str
    blocks_proof: bool = False  #: the tables cannot be tried before this is put right

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.code}]"


def cited(pack: Pack) -> Iterator[tuple[str, tuple[Citation, ...]]]:
    """Every place that cites, with what it cites."""
    for row in pack.rows.values():
        yield f"decisions.toml: row {row.id}", row.citations
    for guide in pack.procedures.values():
        for at, step in enumerate(guide.steps, start=1):
            yield f"procedures.toml: {guide.procedure}, step {at}", step.citations
    for notice in pack.notices.values():
        yield f"notices.toml: {notice.id}", notice.citations
    for question in pack.questions:
        yield f"questions.toml: {question.fact}", question.citations
    for case in pack.cases:
        yield f"cases.toml: {case.name}", case.cites
