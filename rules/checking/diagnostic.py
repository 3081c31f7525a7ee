"""The diagnostics that checks report."""

from collections.abc import Iterator
from dataclasses import dataclass

from rules.checking.places import Place, answer_at, case_at, notice_at, office_at, question_at, row_at, step_at
from rules.outcome import Citation
from rules.pack import Pack
from rules.texts import Sentence, Tell, sentence


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: its kind, its place, and what to do about it. ``str()`` is English."""

    code: str  #: such as "gap"; one broken pack in the tests for each
    where: Place  #: file and row, such as "decisions.toml: row token-lost"
    message: Sentence
    blocks_proof: bool = False  #: the tables cannot be tried before this is put right

    def say(self, t: Tell) -> str:
        """Return the line for a person; code, file and names are the same in every language."""
        return self._line.say(t)

    def __str__(self) -> str:
        return str(self._line)

    @property
    def _line(self) -> Sentence:
        return sentence("{where}: {message} [{code}]", where=self.where, message=self.message, code=self.code)


def iter_citations(pack: Pack) -> Iterator[tuple[Place, tuple[Citation, ...]]]:
    """Yield every place that has citations, with its citations."""
    for row in pack.rows.values():
        yield row_at(row.id), row.citations
    for guide in pack.procedures.values():
        for at, step in enumerate(guide.steps, start=1):
            yield step_at(guide.procedure, at), step.citations
    for notice in pack.notices.values():
        yield notice_at(notice.id), notice.citations
    for question in pack.questions:
        yield question_at(question.fact), question.citations
    for answer in pack.answers:
        yield answer_at(answer.ask, answer.named), answer.citations
    for office in pack.offices:
        yield office_at(office.id), office.citations
    for case in pack.cases:
        yield case_at(case.name), case.cites
