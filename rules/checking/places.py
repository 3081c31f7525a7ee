"""Names the places of problems; files and names are as in the pack, in every language."""

from rules.texts import N_, Sentence, sentence

Place = Sentence | str


def table_at(name: str) -> Place:
    return sentence(N_("{file}: table {name}"), file="decisions.toml", name=name)


def row_at(name: str) -> Place:
    return sentence(N_("{file}: row {name}"), file="decisions.toml", name=name)


def step_at(procedure: str, number: int) -> Place:
    return sentence(N_("{file}: {name}, step {number}"), file="procedures.toml", name=procedure, number=number)


def option_at(fact: str, value: str) -> Place:
    return sentence(N_("{file}: {name}, option {value}"), file="questions.toml", name=fact, value=value)


def procedure_at(name: str) -> Place:
    return f"procedures.toml: {name}"


def notice_at(name: str) -> Place:
    return f"notices.toml: {name}"


def question_at(fact: str) -> Place:
    return f"questions.toml: {fact}"


def document_at(number: str) -> Place:
    return f"documents.toml: {number}"


def answer_at(ask: str, named: str | None) -> Place:
    return f"answers.toml: {ask} {named}" if named else f"answers.toml: {ask}"


def office_at(name: str) -> Place:
    return f"offices.toml: {name}"


def case_at(name: str) -> Place:
    return f"cases.toml: {name}"
