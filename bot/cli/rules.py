"""Prove the rule packs, print one for a lawyer, and begin a new one: ``troly rules``."""

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.output import Language as ShownLanguage
from bot.cli.output import translator_for, write
from bot.settings import configured_language, load_settings
from handlers.citations import cite_all, format_statement
from handlers.core import LABELS, format_office
from handlers.core.text import format_day
from handlers.interview.unsure import UNSURE_LABEL as UNSURE
from locales import N_, Translator, translator
from rules.checking import check as find_troubles
from rules.errors import PackError, PackInvalid
from rules.facts import Subject
from rules.language import Language, load_language
from rules.language.checking import check_language
from rules.loading import load_pack, pack_names
from rules.offices import Office, OfficeStatus
from rules.outcome import Brief, Statement
from rules.pack import Document, Pack, ProcedureGuide, ProcedureStep
from rules.questions import AnswerOption, Question
from rules.tables import Condition, Row, Table
from rules.texts import sentence, shorten

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
        N_("Rule pack {pack}, effective from {day}."), pack=pack.label, day=format_day(pack.settings.effective_from)
    )
    if pack.settings.over:
        yield t(
            N_("It is a layer over {below}: what is not replaced here stands as it does there."),
            below=pack.settings.over,
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
            [t(N_("File")), t(N_("Entry")), t(N_("Before"))],
            ([one.file, one.name, t(one.before) if one.before else ""] for one in pack.replaced),
        )


def _render_signature(pack: Pack, t: Translator) -> Iterator[str]:
    yield f"## {t(SIGNATURE)}"
    yield t(N_("I have compared rule pack {pack} with the documents it cites."), pack=pack.label)
    yield t(N_("Name, position: ……………………………………  Date: ……/……/………  Signature: ……………………"))


def _render_grid(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


#: The names that a layer can have: they are names of folders and stand in settings.
_NAME = re.compile(r"[a-z][a-z0-9_]*")

app = typer.Typer(help=N_("Prove the rules, and print them for a lawyer."), no_args_is_help=True)


@app.command(help=N_("Prove the tables complete and unique, and report everything that is wrong."))
def check(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help=N_(
                "Name or folder of a pack; without it, every pack that comes along and the one that TROLY_PACK names."
            )
        ),
    ] = None,
) -> None:
    """Prove packs; exit status 1 if anything is wrong with one."""
    t = translator(configured_language())
    try:
        packs = [load_pack(name) for name in ([str(folder)] if folder else _every_pack())]
    except PackError as error:
        typer.echo(error.say(t), err=True)
        raise typer.Exit(1) from None
    language = load_language()
    # every pack is checked, also after one that is wrong
    proved = [*(_check_one(pack, t) for pack in packs), _check_reader(language, packs, t)]
    if not all(proved):
        raise typer.Exit(1)


def _every_pack() -> Iterator[str]:
    yield from pack_names()
    configured = load_settings().pack
    if configured not in pack_names():
        yield configured


def _check_reader(language: Language, packs: Sequence[Pack], t: Translator) -> bool:
    """Print what is wrong with the reader of sentences for these packs, or that it is proved; return whether it is."""
    troubles = [trouble.say(t) for trouble in check_language(language, *packs)]
    for trouble in troubles:
        typer.echo(trouble)
    if not troubles:
        typer.echo(_prove_language(language, t))
    return not troubles


def _prove_language(language: Language, t: Translator) -> str:
    sound = N_("language {name}: patterns {patterns}, examples {examples}: every example is read as it says")
    patterns = sum(len(rule.patterns) for rule in language.rules)
    examples = sum(len(rule.entry.examples) for rule in language.rules)
    return t(sound, name=language.name, patterns=patterns, examples=examples)


def _check_one(pack: Pack, t: Translator) -> bool:
    """Print what is wrong with a pack, or that it is proved; return whether it is."""
    troubles = find_troubles(pack)
    for trouble in troubles:
        typer.echo(trouble.say(t))
    if troubles:
        typer.echo(t(N_("{pack}: {count} to put right"), pack=pack.label, count=len(troubles)))
    else:
        typer.echo(_prove(pack, t))
    return not troubles


def _prove(pack: Pack, t: Translator) -> str:
    sound = N_("{pack}: tables {tables}, rows {rows}, worked examples {cases}: complete, unique, cited")
    proved = t(sound, pack=pack.label, tables=len(pack.tables), rows=len(pack.rows), cases=len(pack.cases))
    if pack.settings.over is None:
        return proved
    layer = N_("{proved} (a layer over {below}; replaces {count})")
    return t(layer, proved=proved, below=pack.settings.over, count=len(pack.replaced))


@app.command(help=N_("Print the whole table with its citations, as a document a lawyer can sign."))
def show(
    name: Annotated[
        str | None, typer.Argument(metavar="PACK", help=N_("Name or folder of a pack; without it, TROLY_PACK."))
    ] = None,
    language: ShownLanguage = None,
    out: Annotated[Path | None, typer.Option("--out", help=N_("File to write; without it, standard output."))] = None,
) -> None:
    """Print the rules as Markdown."""
    t = translator_for(language)
    settings = load_settings()
    pack = load_pack(name) if name else load_pack(settings.pack, settings.offices)
    write(render_rulebook(pack, t), out)


@app.command(help=N_("Begin a layer for a locality: a folder of commented files that passes the check."))
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help=N_("Name of the layer and of its folder."))],
    over: Annotated[str, typer.Option("--over", help=N_("The pack that it lies over."))] = "national",
    into: Annotated[Path, typer.Option("--in", help=N_("Where the folder is made."))] = Path(),
) -> None:
    """Write the skeleton of a layer."""
    t = translator(configured_language())
    folder = _write_skeleton(name, load_pack(over), into)
    typer.echo(t(N_("{folder} is made. Fill it in, then: troly rules check {folder}"), folder=folder))


def _write_skeleton(name: str, below: Pack, parent: Path) -> Path:
    """Write the commented files of a layer over a pack into a new folder, which is returned.

    Raises:
        PackInvalid: The name cannot be the name of a pack, or there is a file or folder of that name.
    """
    if not _NAME.fullmatch(name):
        wrong = N_("{name} cannot be the name of a pack; use small letters without accents, digits and _ only")
        raise PackInvalid(sentence(wrong, name=shorten(name)))
    folder = parent / name
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise PackInvalid(sentence(N_("{folder} is there already; choose another name"), folder=folder)) from None
    for source in (files("rules") / "skeleton").iterdir():
        text = source.read_text(encoding="utf-8").replace("@NAME@", name).replace("@BELOW@", below.label)
        (folder / source.name).write_text(text, encoding="utf-8")
    return folder
