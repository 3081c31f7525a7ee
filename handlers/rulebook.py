"""Render the rules of a pack with every citation, for a lawyer to read and to sign."""

from collections.abc import Iterable, Iterator, Sequence

from handlers.core import LABELS, cite_all, format_day, format_office, format_pack, format_statement
from handlers.interview.screens import UNSURE_LABEL as UNSURE
from locales import N_, Translator
from rules.facts import Subject
from rules.offices import Office, OfficeStatus
from rules.outcome import Brief, Statement
from rules.pack import Document, Pack, ProcedureGuide, ProcedureStep
from rules.questions import AnswerOption, Question
from rules.tables import Condition, Row, Table

#: Headings are marked here, because the extractor does not look into f-strings.
DOCUMENTS = N_("Documents")
QUESTIONS = N_("Questions, in the order they are asked")
TABLES = N_("Decision tables, read from top to bottom")
PROCEDURES = N_("Procedures")
NOTICES = N_("Notices")
ANSWERS = N_("Answers to questions about procedure")
OFFICES = N_("Receiving offices")
REPLACED = N_("What this layer replaces in the pack below it")
SIGNATURE = N_("Reviewed and approved")
#: The kinds of subscriber in a lawyer's words.
KINDS = {
    Subject.INDIVIDUAL: N_("officer"),
    Subject.ORGANISATION: N_("organisation"),
    Subject.DEVICE: N_("device, service or software"),
}


def render_rulebook(pack: Pack, t: Translator) -> str:
    """Return documents, questions, tables, procedures and notices with every citation, and a place to sign."""
    parts = (
        _render_head(pack, t),
        _render_documents(pack, t),
        _render_questions(pack, t),
        _render_tables(pack, t),
        _render_procedures(pack, t),
        _render_notices(pack, t),
        _render_answers(pack, t),
        _render_offices(pack, t),
        _render_replaced(pack, t),
        _render_signature(pack, t),
    )
    return "\n\n".join(line for part in parts for line in part) + "\n"


def _render_head(pack: Pack, t: Translator) -> Iterator[str]:
    yield f"# {t(pack.settings.title)}"
    yield t(
        N_("Rule pack {pack}, effective from {day}."),
        pack=format_pack(pack, t),
        day=format_day(pack.settings.effective_from),
    )
    if pack.settings.over:
        yield t(
            N_("It is a layer over {below}: what is not replaced here stands as it does there."),
            below=format_pack(pack.below, t) if pack.below else pack.settings.over,
        )
    if area := pack.settings.area:
        places = ", ".join(area.places or area.provinces)
        yield t(N_("It is for bodies of {places} only; any other body has the rules below it."), places=places)
    yield t(
        N_(
            "Each statement names its source. Where nothing follows the source it was read in the text; a local rule, a"
            " report and a reading of this assistant are marked as such."
        )
    )


def _render_documents(pack: Pack, t: Translator) -> Iterator[str]:
    yield f"## {t(DOCUMENTS)}"
    columns = [
        N_("Document number"),
        N_("Title"),
        N_("Issuer"),
        N_("Date"),
        N_("In force"),
        N_("Last reviewed"),
        N_("Remarks"),
    ]
    yield _render_grid(
        [t(column) for column in columns], (_document_cells(document, t) for document in pack.documents.values())
    )


def _document_cells(document: Document, t: Translator) -> list[str]:
    dates = [document.date, document.in_force_from, document.in_force_to]
    issued, start, end = [format_day(value) if value else "" for value in dates]
    remarks = [t(text) for text in (document.issuer_status, document.note) if text]
    force = " – ".join(filter(None, (start, end)))
    reviewed = format_day(document.last_reviewed)
    return [document.number, document.proper_title, document.issuer, issued, force, reviewed, " ".join(remarks)]


def _render_questions(pack: Pack, t: Translator) -> Iterator[str]:
    yield f"## {t(QUESTIONS)}"
    for number, question in enumerate(pack.questions, start=1):
        yield f"{number}. **{t(question.text)}** (`{question.fact}`) {format_statement(question.why, t)}"
        yield _format_answers(question, t)
        yield f"   - {t(UNSURE)}: {t(question.unsure or '')}"


def _format_answers(question: Question, t: Translator) -> str:
    return "\n".join(
        f"   - `{option.value}`: {t(option.label)}{_format_offered_to(option, t)}" for option in question.options
    )


def _format_offered_to(option: AnswerOption, t: Translator) -> str:
    """Name the kinds of subscriber to whom an answer is offered, unless it is offered to all."""
    kinds = "" if set(option.subjects) == set(Subject) else ", ".join(t(KINDS[kind]) for kind in option.subjects)
    return f" ({kinds})" if kinds else ""


def _render_tables(pack: Pack, t: Translator) -> Iterator[str]:
    yield f"## {t(TABLES)}"
    yield t(N_("Where a table applies, exactly one row holds. A dash stands for every value."))
    yield _render_grid(
        [t(N_("Condition")), t(N_("True when any of these happened"))],
        ([f"`{name}`", ", ".join(f"`{event}`" for event in sorted(events))] for name, events in pack.flags.items()),
    )
    for table in pack.tables:
        yield f"### {t(table.about)}"
        yield _format_table_head(table, t)
        columns = [*table.inputs, N_("row"), N_("result"), N_("procedures"), N_("notices"), N_("reason")]
        yield _render_grid([t(column) for column in columns], (_row_cells(table, row, t) for row in table.rows))


def _format_table_head(table: Table, t: Translator) -> str:
    applies = _format_condition(table.applies) or t(N_("always"))
    return t(N_("Table `{name}`; applies: {applies}"), name=table.name, applies=applies)


def _format_condition(condition: Condition) -> str:
    return ", ".join(f"`{name}` = {_format_condition_values(condition, name)}" for name in condition)


def _format_condition_values(condition: Condition, name: str) -> str:
    return " | ".join(str(value).lower() for value in condition[name]) if name in condition else "–"


def _row_cells(table: Table, row: Row, t: Translator) -> list[str]:
    inputs = [_format_condition_values(row.when, name) for name in table.inputs]
    asked = [" ".join([f"`{action.procedure}`", *action.variants]) for action in row.actions]
    reason = format_statement(row.statement, t) if row.reason else ""
    return [*inputs, row.id, row.result or "", ", ".join(asked), ", ".join(row.notices), reason]


def _render_procedures(pack: Pack, t: Translator) -> Iterator[str]:
    yield f"## {t(PROCEDURES)}"
    for procedure in pack.settings.order:
        if procedure in pack.procedures:
            yield from _render_procedure(pack.procedures[procedure], t)


def _render_procedure(guide: ProcedureGuide, t: Translator) -> Iterator[str]:
    forms = (
        [guide.form]
        if guide.form
        else [f"{form} ({_format_kind(variant, t)})" for variant, form in guide.forms.items()]
    )
    said = t(N_(" (form: Mẫu {form})"), form=", ".join(forms)) if forms else ""
    yield f"### {t(guide.title)}{said} `{guide.procedure}`"
    steps = (
        f"{at}. {format_statement(step.statement, t)}{_format_limits(step)}{_format_brief(step.short, t)}"
        for at, step in enumerate(guide.steps, start=1)
    )
    yield "\n".join(steps)


def _format_kind(variant: str, t: Translator) -> str:
    """Name the kind of subscriber of a form; any other variant keeps its name from the tables."""
    return t(KINDS[Subject(variant)]) if variant in set(Subject) else f"`{variant}`"


def _format_brief(short: Brief | None, t: Translator) -> str:
    """Return what the short answer says of a step or notice."""
    return f" → *{t(LABELS[short.part])}: {t(short.text)}*" if short else ""


def _format_limits(step: ProcedureStep) -> str:
    limits = [*step.only, *(f"≠ {variant}" for variant in step.unless), *([step.beside] if step.beside else [])]
    return f" [`{', '.join(limits)}`]" if limits else ""


def _render_notices(pack: Pack, t: Translator) -> Iterator[str]:
    yield f"## {t(NOTICES)}"
    for notice in pack.notices.values():
        said = format_statement(Statement(notice.text, notice.citations), t)
        yield f"- `{notice.id}`: {said}{_format_brief(notice.short, t)}"
        if notice.text_with_office:
            yield f"- `{notice.id}`: {t(notice.text_with_office)} ({cite_all(notice.citations, t)})"


def _render_answers(pack: Pack, t: Translator) -> Iterator[str]:
    if pack.answers:
        yield f"## {t(ANSWERS)}"
    for answer in pack.answers:
        named = f" {answer.named}" if answer.named else ""
        yield f"- `{answer.ask}{named}`: {format_statement(answer.statement, t)}"


def _render_offices(pack: Pack, t: Translator) -> Iterator[str]:
    if pack.offices:
        yield f"## {t(OFFICES)}"
        columns = [N_("Office"), N_("Receives"), N_("For"), N_("Status"), N_("Source"), N_("Last checked")]
        yield _render_grid([t(column) for column in columns], (_office_cells(pack, one, t) for one in pack.offices))


def _office_cells(pack: Pack, office: Office, t: Translator) -> list[str]:
    status = N_("confirmed") if office.status is OfficeStatus.CONFIRMED else N_("assumed")
    received = ", ".join(t(pack.procedures[procedure].title) for procedure in office.procedures)
    checked = format_day(office.last_checked)
    return [format_office(office, t), received, ", ".join(office.units), t(status), office.source, checked]


def _render_replaced(pack: Pack, t: Translator) -> Iterator[str]:
    if pack.replaced:
        yield f"## {t(REPLACED)}"
        yield _render_grid(
            [t(N_("File")), t(N_("Entry")), t(N_("Before")), t(N_("Now"))],
            (
                [one.file, one.name, *(t(text) if text else "" for text in (one.before, one.after))]
                for one in pack.replaced
            ),
        )


def _render_signature(pack: Pack, t: Translator) -> Iterator[str]:
    yield f"## {t(SIGNATURE)}"
    yield t(N_("I have compared rule pack {pack} with the documents it cites."), pack=format_pack(pack, t))
    yield t(N_("Name, position: ……………………………………  Date: ……/……/………  Signature: ……………………"))


def _render_grid(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
