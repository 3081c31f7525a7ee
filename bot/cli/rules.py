"""Check and show rule packs, list their receiving offices, explain how a sentence is read.

``troly rules``, ``troly offices``, ``troly understand``.
"""

import asyncio
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from bot.cli.output import Language as ShownLanguage
from bot.cli.output import translator_for, write
from bot.settings import DATABASE_FILE, configured_language, load_settings
from bot.streams import sanitize
from handlers.core import format_day, format_office
from handlers.rulebook import render_rulebook
from locales import N_, Translator, translator
from rules.calendar import to_vietnam_day
from rules.checking import check as find_troubles
from rules.errors import PackError, PackInvalid
from rules.language import Finding, Language, Reading, load_language, read
from rules.language.checking import check_language
from rules.language.spelling import LONGEST_LINE
from rules.loading import load_pack, pack_names
from rules.offices import Office, OfficeStatus
from rules.pack import Pack
from rules.texts import sentence, shorten

#: The names that a layer can have: they are names of folders and stand in settings.
_NAME = re.compile(r"[a-z][a-z0-9_]*")

app = typer.Typer(help=N_("Prove the rules, and print them for a lawyer."), no_args_is_help=True)


@app.command(help=N_("Prove the tables complete and unique, and report everything that is wrong."))
def check(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="PACK",
            help=N_(
                "Name or folder of a pack; without it, every pack that comes along and the one that TROLY_PACK names."
            ),
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
        OutputError: The folder cannot be made or written.
    """
    if not _NAME.fullmatch(name):
        wrong = N_("{name} cannot be the name of a pack; use small letters without accents, digits and _ only")
        raise PackInvalid(sentence(wrong, name=shorten(name)))
    folder = parent / name
    if folder.exists():
        raise PackInvalid(sentence(N_("{folder} is there already; choose another name"), folder=folder))
    for source in (files("rules") / "skeleton").iterdir():
        text = source.read_text(encoding="utf-8").replace("@NAME@", name).replace("@BELOW@", below.label)
        write(text, folder / source.name)
    return folder


offices_app = typer.Typer(
    help=N_("List the offices that receive dossiers, and what of them is to be checked."), no_args_is_help=True
)


@offices_app.command(
    "list", help=N_("List every receiving office: of the pack, of TROLY_OFFICES, and set in the chat.")
)
def list_offices(language: ShownLanguage = None) -> None:
    """Print one paragraph for each office."""
    t = translator_for(language)
    pack = _configured_pack()
    _print_offices((*pack.offices, *_chosen_offices()), pack, t)


@offices_app.command(
    "check", help=N_("List the offices that are only assumed, or were checked more than half a year ago.")
)
def check_offices(
    today: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help=N_("Check as of this day; without it, today in Viet Nam.")),
    ] = None,
    language: ShownLanguage = None,
) -> None:
    """Print what is to be checked; exit status 1 if there is any."""
    t = translator_for(language)
    day: date = today.date() if today else to_vietnam_day(datetime.now(UTC))
    pack = _configured_pack()
    due = [office for office in (*pack.offices, *_chosen_offices()) if office.is_due(day)]
    _print_offices(due, pack, t)
    if due:
        typer.echo(
            t(
                N_("To be checked: {count}. Ask the office, then note it with /noinhan or in TROLY_OFFICES."),
                count=len(due),
            )
        )
        raise typer.Exit(1)
    typer.echo(t(N_("Every receiving office is confirmed and was checked within half a year.")))


def _configured_pack() -> Pack:
    settings = load_settings()
    return load_pack(settings.pack, settings.offices)


def _chosen_offices() -> tuple[Office, ...]:
    """Return what admins have set in the chat; where there is no database yet, none is made."""
    settings = load_settings()
    if settings.database_url is None and not (settings.data_dir / DATABASE_FILE).exists():
        return ()
    from bot.services.opening import open_store_from_settings  # noqa: PLC0415 - loaded where there is something to read

    async def read() -> tuple[Office, ...]:
        async with open_store_from_settings(settings) as opened:
            return await opened.store.offices.read()

    return asyncio.run(read())


def _print_offices(offices: Iterable[Office], pack: Pack, t: Translator) -> None:
    for office in offices:
        typer.echo(format_office_lines(office, pack, t) + "\n")


def format_office_lines(office: Office, pack: Pack, t: Translator) -> str:
    """Return an office with what it receives, for whom, and how far that is sure."""
    status = N_("confirmed") if office.status is OfficeStatus.CONFIRMED else N_("assumed")
    received = [t(pack.procedures[procedure].title) for procedure in office.procedures]
    lines = [
        f"{office.id}: {format_office(office, t)}",
        t(N_("receives: {procedures}"), procedures=", ".join(received) or t(N_("everything"))),
        t(N_("for: {units}"), units=", ".join(office.units) or t(N_("everybody"))),
        t(
            N_("{status}; checked on {day}; source: {source}"),
            status=t(status),
            day=format_day(office.last_checked),
            source=office.source,
        ),
    ]
    return "\n   ".join(lines)


#: Bytes of a line that are kept: enough for every character that is read.
_LONGEST = LONGEST_LINE * 4


def understand(
    sentences: Annotated[
        list[str] | None,
        typer.Argument(metavar="SENTENCE", help=N_("Sentences; without them, standard input is read, one a line.")),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help=N_("Print one JSON object for each line."))] = False,
    why: Annotated[bool, typer.Option("--why", help=N_("Say which words and which pattern gave each fact."))] = False,
    language: ShownLanguage = None,
) -> None:
    """Read sentences and print the facts, the intent and the questions found in them."""
    known, t = load_language(), translator_for(language)
    for line in sentences or _lines(sys.stdin.buffer):
        reading = read(line, known)
        if as_json:
            sys.stdout.write(json.dumps(reading.to_data(), ensure_ascii=False) + "\n")
        else:
            typer.echo(sanitize("\n".join(_explain(line, reading, t) if why else _summary(reading, t))))
    sys.stdout.flush()


def _lines(source: BinaryIO) -> Iterator[str]:
    """Yield every line, however long and in whatever encoding; what does not fit is left out."""
    while line := source.readline(_LONGEST):
        beginning = line
        while line and not line.endswith(b"\n"):
            line = source.readline(_LONGEST)
        yield beginning.decode("utf-8", errors="replace").rstrip("\r\n")


def _summary(reading: Reading, t: Translator) -> Iterator[str]:
    yield t(N_("Facts: {facts}"), facts=json.dumps(reading.facts, ensure_ascii=False))
    yield t(N_("Intent: {intent}"), intent=reading.intent)
    yield t(N_("Asks: {asks}"), asks=", ".join(reading.asks) or "–")


def _explain(line: str, reading: Reading, t: Translator) -> Iterator[str]:
    yield line[:LONGEST_LINE]
    yield from _summary(reading, t)
    for number, part in enumerate(reading.parts):
        yield t(N_("Part {number}: “{words}”"), number=number + 1, words=part)
        for finding in reading.findings:
            if finding.part == number:
                yield _format_finding(finding, t)


def _format_finding(finding: Finding, t: Translator) -> str:
    said = t(
        N_("  {what}: “{words}”, by {place}: {pattern}"),
        what=finding.label,
        words=finding.words,
        place=finding.rule.place,
        pattern=finding.pattern.text,
    )
    if finding.withheld is None:
        return said
    if not finding.because:
        return t(N_("{said}\n    withheld: {reason}"), said=said, reason=finding.withheld)
    withheld = N_("{said}\n    withheld: {reason}, because of “{words}”")
    return t(withheld, said=said, reason=finding.withheld, words=finding.because)
