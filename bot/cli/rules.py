"""Prove a rule pack, and print it for a lawyer: ``troly rules``."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.output import Language, translator_for, write
from bot.settings import configured_language, load_settings
from handlers.citations import cite_all, format_statement
from handlers.core.text import format_day
from locales import N_, Translator, translator
from rules.checking import check as find_troubles
from rules.errors import PackError
from rules.facts import Subject
from rules.loading import load_pack
from rules.outcome import Statement
from rules.pack import Document, Pack, ProcedureGuide, ProcedureStep
from rules.questions import AnswerOption, Question
from rules.tables import Condition, Row, Table

#: Headings are marked here, because the extractor does not look into f-strings.
DOCUMENTS = N_("Documents")
QUESTIONS = N_("Questions, in the order they are asked")
TABLES = N_("Decision tables, read from top to bottom")
PROCEDURES = N_("Procedures")
NOTICES = N_("Notices")
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
    )
    return (
        "\n\n".join(line for part in (*parts, _render_notices(pack, t), _render_signature(pack, t)) for line in part)
        + "\n"
    )


def _render_head(pack: Pack, t: Translator) -> Iterator[str]:
    yield f"# {t(pack.settings.title)}"
    yield t(
        N_("Rule pack {pack}, effective from {day}."), pack=pack.label, day=format_day(pack.settings.effective_from)
    )
    yield t(
        N_(
            "Each statement names its source. Where nothing follows the source it was read in the text; a local rule, a"
            " report and a reading of this assistant are marked as such."
        )
    )


def _render_documents(pack: Pack, t: Translator) -> Iterator[str]:
    yield f"## {t(DOCUMENTS)}"
    columns = [N_("Number"), N_("Title"), N_("Issuer"), N_("Date"), N_("In force"), N_("Last reviewed"), N_("Remarks")]
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
        f"{at}. {format_statement(step.statement, t)}{_format_limits(step)}"
        for at, step in enumerate(guide.steps, start=1)
    )
    yield "\n".join(steps)


def _format_kind(variant: str, t: Translator) -> str:
    """Name the kind of subscriber of a form; any other variant keeps its name from the tables."""
    return t(KINDS[Subject(variant)]) if variant in set(Subject) else f"`{variant}`"


def _format_limits(step: ProcedureStep) -> str:
    limits = [*step.only, *(f"≠ {variant}" for variant in step.unless), *([step.beside] if step.beside else [])]
    return f" [`{', '.join(limits)}`]" if limits else ""


def _render_notices(pack: Pack, t: Translator) -> Iterator[str]:
    yield f"## {t(NOTICES)}"
    for notice in pack.notices.values():
        yield f"- `{notice.id}`: {format_statement(Statement(notice.text, notice.citations), t)}"
        if notice.text_with_office:
            yield f"- `{notice.id}`: {t(notice.text_with_office)} ({cite_all(notice.citations, t)})"


def _render_signature(pack: Pack, t: Translator) -> Iterator[str]:
    yield f"## {t(SIGNATURE)}"
    yield t(N_("I have compared rule pack {pack} with the documents it cites."), pack=pack.label)
    yield t(N_("Name, position: ……………………………………  Date: ……/……/………  Signature: ……………………"))


def _render_grid(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


app = typer.Typer(help=N_("Prove the rules, and print them for a lawyer."), no_args_is_help=True)


@app.command(help=N_("Prove the tables complete and unique, and report everything that is wrong."))
def check(
    folder: Annotated[
        Path | None, typer.Argument(help=N_("Folder of a pack; without it, the one that TROLY_PACK names."))
    ] = None,
) -> None:
    """Prove a pack; exit status 1 if anything is wrong."""
    t = translator(configured_language())
    try:
        pack = load_pack(folder or load_settings().pack)
    except PackError as error:
        typer.echo(error.say(t), err=True)
        raise typer.Exit(1) from None
    troubles = find_troubles(pack)
    for trouble in troubles:
        typer.echo(trouble.say(t))
    if troubles:
        typer.echo(t(N_("{pack}: {count} to put right"), pack=pack.label, count=len(troubles)))
        raise typer.Exit(1)
    typer.echo(_prove(pack, t))


def _prove(pack: Pack, t: Translator) -> str:
    sound = N_("{pack}: tables {tables}, rows {rows}, worked examples {cases}: complete, unique, cited")
    return t(sound, pack=pack.label, tables=len(pack.tables), rows=len(pack.rows), cases=len(pack.cases))


@app.command(help=N_("Print the whole table with its citations, as a document a lawyer can sign."))
def show(
    language: Language = None,
    out: Annotated[Path | None, typer.Option("--out", help=N_("File to write; without it, standard output."))] = None,
) -> None:
    """Print the rules as Markdown."""
    t = translator_for(language)
    write(render_rulebook(load_pack(load_settings().pack), t), out)
