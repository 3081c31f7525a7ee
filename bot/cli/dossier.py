"""Make the dossier of a whole unit: ``troly dossier`` and ``troly dossier template``."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from typer.core import TyperGroup

from bot.atomic_file import notes_folder, open_atomic_file, refuse_existing, refuse_filled, write_folder
from bot.certificates import MEBIBYTE
from bot.cli.decide import parse_json
from bot.cli.output import Language, json_text, translator_for
from bot.concurrency import EXIT_CODES, raise_on_sigterm, run_until_signal
from bot.console import SafeConsole
from bot.dossier.list_reader import NO_LIST
from bot.dossier.making import Dossier, DossierOrder, make_dossier
from bot.dossier.overview import write_list_template
from bot.dossier.reading import expand_files, read_files, read_list
from bot.errors import InputError, read_input
from bot.exports import LIST_LIMITS
from bot.services.opening import open_store_from_settings
from bot.settings import Settings, load_settings
from handlers.dossier import OF_ONE, OURS, DossierContext, Entry, Status
from handlers.dossier.sources import merge_list
from handlers.dossier.texts import format_counts, format_open_questions, format_standouts
from handlers.model import ListedCertificate, Source, UnitToday, locate_unit, serial_key
from locales import N_, Translator
from rules.calendar import to_vietnam_day
from rules.errors import FactsError
from rules.loading import load_pack
from rules.offices import Office
from rules.parsing import parse_facts
from rules.texts import SHOWN, sentence

#: Exit status: some certificates are not decided; the input cannot be used.
NOT_ALL_DECIDED, WRONG_INPUT = 3, 2
_MOST_FACTS = 4 * MEBIBYTE
_PEOPLE = "people"
_TABLES = (".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".ods")
_NO_SIGNED_TABLE = N_(
    "Among the files is a spreadsheet without a signature. If it is a list of certificates, give it with --list."
)
#: A serial number as people write it: with colons, blanks or dots between its digits, and 0x before them.
_SERIAL = re.compile(r"\s*-?(?:0[xX])?[0-9A-Fa-f](?:[\s:.-]*[0-9A-Fa-f]){0,63}\s*")
_WRITE_LIST = N_(
    "No row among the first {rows} has the headings of a list of certificates. Known headings: {known}."
    " troly dossier template FILE writes such a list."
)


class _DossierGroup(TyperGroup):
    """Run ``make`` where no command is named: ``troly dossier --facts ... FILE...``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in {"--help", "-h"}:
            args = ["make", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=_DossierGroup, no_args_is_help=True, add_completion=False)


@dataclass(frozen=True, slots=True)
class GivenFacts:
    """The facts of a dossier: those that hold for all, and those of single certificates by serial number."""

    common: Mapping[str, Any]
    people: Mapping[str, Mapping[str, Any]]


Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE", help=N_("Certificate files of any kind, archives, or folders of them.")),
]
FactsFile = Annotated[
    Path, typer.Option("--facts", metavar="FACTS.json", help=N_("What holds for all, and “people” by serial number."))
]
OutFolder = Annotated[
    Path, typer.Option("--out", metavar="DIR", help=N_("The folder to write; it must be new or empty."))
]
UnitCode = Annotated[str, typer.Option("--unit", metavar="CODE", help=N_("The unit of today that files them."))]
ListFile = Annotated[
    Path | None, typer.Option("--list", metavar="FILE", help=N_("A list of certificates, XLSX or CSV."))
]
AsPdf = Annotated[bool, typer.Option("--pdf", help=N_("Make each file as PDF too, where LibreOffice is."))]
Today = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help=N_("Decide as of this day; without it, today in Viet Nam.")),
]
AsJson = Annotated[bool, typer.Option("--json", help=N_("Print JSON."))]


@app.command(help=N_("Decide all certificates and write the filled forms, an overview and the next steps to a folder."))
def make(
    files: Files = None,
    *,
    facts: FactsFile,
    out: OutFolder,
    unit: UnitCode = "",
    list_: ListFile = None,
    pdf: AsPdf = False,
    today: Today = None,
    as_json: AsJson = False,
    language: Language = None,
) -> None:
    """Make a dossier; exit status 3 if not all certificates are decided, 2 for input that cannot be used."""
    t, settings = translator_for(language), load_settings()
    day = today.date() if today else to_vietnam_day(datetime.now(UTC))
    try:
        given = read_dossier_facts(read_input(facts, _MOST_FACTS))
        asked = _Input(given, _meant_files(files, list_), list_, unit, day, t, pdf)
        refuse_filled(out)
        with raise_on_sigterm():
            made = _make(settings, asked)
            contents = {file.name: file.content for file in (*made.files, made.archive)}
            write_folder(out, contents, notes_folder(settings.data_dir))
    except (InputError, FactsError) as error:
        typer.echo(f"troly dossier: {error.say(t)}", err=True)
        raise typer.Exit(WRONG_INPUT) from None
    except KeyboardInterrupt as ended:
        typer.echo(t(N_("Cancelled; nothing was written.")), err=True)
        raise typer.Exit(EXIT_CODES[type(ended)]) from None
    if as_json:
        typer.echo(json_text(dossier_data(made), indent=2))
    else:
        _print(made, out, t, settings)
    if any(entry.status is not Status.DECIDED for entry in made.entries):
        raise typer.Exit(NOT_ALL_DECIDED)


@app.command(help=N_("Write an empty list of certificates, to fill in and give with --list."))
def template(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help=N_("The file to write."))],
    *,
    force: Annotated[bool, typer.Option("--force", help=N_("Replace a file that is there."))] = False,
) -> None:
    """Write the empty list."""
    refuse_existing(file, force=force)
    with open_atomic_file(file, notes_folder(load_settings().data_dir)) as place:
        place.draft.write_bytes(write_list_template())
        place.publish()


def _meant_files(files: list[Path] | None, list_: Path | None) -> list[Path]:
    if not files and list_ is None:
        raise InputError(N_("Give certificate files, or a list of certificates with --list."))
    return expand_files(files or ())


def read_dossier_facts(content: bytes) -> GivenFacts:
    """Parse the facts of a dossier from JSON.

    Raises:
        FactsError: they are not JSON, a fact is unknown or of one certificate only, or a value is not allowed.
    """
    if len(content) > _MOST_FACTS:
        raise FactsError(sentence(N_("the file of facts is larger than {limit} MB"), limit=_MOST_FACTS // MEBIBYTE))
    found = parse_json(content, N_("the file of facts is not JSON ({detail})"))
    if not isinstance(found, dict):
        parse_facts(found)
    people = {} if found.get(_PEOPLE) is None else found[_PEOPLE]
    found.pop(_PEOPLE, None)
    for name in OF_ONE:
        if name in found:
            of_one = N_("{fact}: is of one certificate; give it under “people”, by serial number")
            raise FactsError(sentence(of_one, fact=name))
    parse_facts(found)
    if not isinstance(people, dict):
        raise FactsError(sentence(N_("people: give an object with a serial number for each certificate")))
    _check_serials(people)
    for serial, single in people.items():
        _check_single(serial, single)
    return GivenFacts(_without_unknown(found), {serial: _without_unknown(single) for serial, single in people.items()})


def _check_serials(people: Iterable[str]) -> None:
    """Refuse what is no serial number, and one that stands there twice: neither may count for another."""
    seen: dict[str, str] = {}
    for serial in people:
        key = serial_key(serial)
        if not key or not _SERIAL.fullmatch(serial):
            wrong = N_("people, {serial}: is no serial number; write it as the certificate has it, such as {example}")
            raise FactsError(sentence(wrong, serial=serial[:SHOWN], example="75580955FC81D6A7"))
        if key in seen:
            twice = N_("people, {serial}: is the same serial number as {other}; give its facts once")
            raise FactsError(sentence(twice, serial=serial[:SHOWN], other=seen[key][:SHOWN]))
        seen[key] = serial


def _check_single(serial: str, single: Any) -> None:
    ours = isinstance(single, dict) and single.get(OURS) is True
    try:
        parse_facts({name: value for name, value in single.items() if name != OURS} if ours else single)
    except FactsError as error:
        told = N_("people, {serial}: {problem}")
        raise FactsError(*(sentence(told, serial=serial[:SHOWN], problem=one) for one in error.sentences)) from None


def _without_unknown(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is null: it was not asked yet."""
    return {fact: value for fact, value in facts.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Input:
    """The facts and files that the command was given."""

    facts: GivenFacts
    files: list[Path]
    list: Path | None
    unit: str
    day: date
    t: Translator
    pdf: bool


def _make(settings: Settings, given: _Input) -> Dossier:
    rows = run_until_signal(_read_rows(given.list)) if given.list else ()
    unit, offices = run_until_signal(_read_unit(settings, given.unit, given.day)) if given.unit else (None, ())
    pack, t = load_pack(settings.pack, settings.offices), given.t
    pack = pack.covering(locate_unit(unit.units, unit.code)) if unit else pack
    with _progress() as bar:
        reading = bar.add_task(t(N_("Reading certificates")), total=len(given.files))
        trust = settings.data_dir / "trust"
        read = read_files(given.files, trust, lambda done: bar.update(reading, completed=done))
        sources: list[Source] = run_until_signal(read)
        if given.list:
            sources = merge_list(sources, rows, str(given.list))
        if not sources:
            raise InputError(
                N_("There is no certificate in what was given: no file in the folders, and no row in a list.")
            )
        making = bar.add_task(t(N_("Filling forms")), total=None)
        order = DossierOrder(
            context=DossierContext(pack, given.day, unit, settings.receiving_office, offices),
            sources=sources,
            common=given.facts.common,
            people=given.facts.people,
            t=t,
            templates=settings.form_templates,
            pdf=given.pdf,
        )
        return make_dossier(order, lambda done, total: bar.update(making, completed=done, total=total))


async def _read_rows(file: Path) -> tuple[ListedCertificate, ...]:
    found = await read_list(read_input(file, LIST_LIMITS.file))
    if found.trouble == NO_LIST:
        raise InputError(_WRITE_LIST, rows=found.values["rows"], known=found.values["known"])
    if found.trouble:
        raise InputError(found.trouble, **found.values)
    return found.rows


async def _read_unit(settings: Settings, code: str, day: date) -> tuple[UnitToday, tuple[Office, ...]]:
    """Return the unit, and the receiving offices that admins have set."""
    async with open_store_from_settings(settings) as opened:
        units, offices = await opened.store.units.read(), await opened.store.offices.read()
    found = units.get(code.strip()) or units.get(code.strip().upper())
    if found is None:
        raise InputError(N_("No unit has the code {code}."), code=code)
    return UnitToday(units, found.code, day), offices


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show what is done on a terminal, and nothing elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = SafeConsole(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        yield bar


def dossier_data(made: Dossier) -> dict[str, Any]:
    """Return a dossier as JSON-ready values."""
    return {
        "certificates": [_entry_data(entry) for entry in made.entries],
        "documents": [
            {
                "file": file.name,
                "form": file.paper.content.form.value,
                "rows": [entry.serial or None for entry in file.paper.entries],
            }
            for file in made.files
            if file.paper
        ],
    }


def _entry_data(entry: Entry) -> dict[str, Any]:
    return {
        "file": entry.file or None,
        "serial": entry.serial or None,
        "name": entry.name or None,
        "subject": entry.subject.value if entry.subject else None,
        "status": entry.status.value,
        "procedures": [procedure.value for procedure in entry.procedures],
        "needs": list(entry.needs),
        "problem": str(entry.standout) if entry.standout else None,
    }


def _print(made: Dossier, out: Path, t: Translator, settings: Settings) -> None:
    pack = load_pack(settings.pack, settings.offices)
    for line in format_counts(made.entries, made.papers, pack, t):
        typer.echo(line)
    for heading, lines in (
        (N_("To be answered first"), list(format_open_questions(made.entries, pack, t))),
        (N_("To be looked at"), list(format_standouts(made.entries, t))),
    ):
        if lines:
            typer.echo(f"\n{t(heading)}")
        for line in lines:
            typer.echo(f"  - {line}")
    if any(entry.file.lower().endswith(_TABLES) and entry.source.trouble for entry in made.entries):
        typer.echo("\n" + t(_NO_SIGNED_TABLE))
    typer.echo("\n" + t(N_("Written to {folder}:"), folder=out))
    for file in (*made.files, made.archive):
        typer.echo(f"  {file.name}")
