"""``troly certificate``: what certificate files say, for a person or as JSON."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from bot.certificates import LIMITS, CertificateReader, Validity, in_date
from bot.cli.output import json_text
from bot.safe_console import SafeConsole
from bot.settings import load_settings
from handlers.certificate import Certificate, Problem, Reading, Recognition, Trouble
from handlers.matching_unit import matches_unit
from handlers.requests.words import SUBJECTS
from handlers.screens.certificate_words import key_words, unreadable_parts
from handlers.screens.file import TROUBLES
from locales import N_, Translator, translator
from rules.calendar import vietnamese

_SECRETS = {
    Trouble.PRIVATE_KEY: N_(
        "It holds a private key. It was not read; send only the certificate (.cer), never the key."
    ),
    Trouble.PKCS12: N_("It holds a private key (.p12, .pfx). It was not read; send only the certificate (.cer)."),
}
_VALIDITY: dict[Validity, str] = {
    "valid": N_("in date"),
    "expired": N_("expired"),
    "not_yet_valid": N_("not valid yet"),
}
_RECOGNITION = {
    Recognition.VERIFIED: N_("recognised, signatures verified up to an installed CA"),
    Recognition.BY_NAME_ONLY: N_("by name only, nothing verified (troly trust add FILE)"),
    Recognition.UNRECOGNISED: N_("not recognised"),
    Recognition.INVALID: N_("false: the CA of that name did not sign this certificate"),
}
_MATCHES = {True: N_("yes"), False: N_("no"), None: N_("cannot be told from the name")}
#: Problems of a file that are named one by one; JSON has them all.
_NAMED = 20
_TIME = "%d/%m/%Y %H:%M"


def certificate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=N_("Certificate files, of any kind."))],
    *,
    as_json: Annotated[bool, typer.Option("--json", help=N_("Print JSON; times are in UTC."))] = False,
    unit: Annotated[str, typer.Option("--unit", help=N_("Unit whose certificate it should be."))] = "",
) -> None:
    """Read certificate files; exit status 1 where any of them gives an error."""
    settings, now = load_settings(), datetime.now(UTC)
    readings = asyncio.run(_read_all(files, settings.data_dir / "trust"))
    if as_json:
        entries = [as_data(file, reading, unit, now) for file, reading in readings]
        typer.echo(json_text(entries, indent=2))
    else:
        _print(readings, unit, now, translator(settings.language))
    if any(reading.problems for _, reading in readings):
        raise typer.Exit(1)


async def _read_all(files: list[Path], trust: Path) -> list[tuple[Path, Reading]]:
    reader = CertificateReader(trust)
    try:
        return [(file, await _read(reader, file)) for file in files]
    finally:
        await reader.close()


async def _read(reader: CertificateReader, file: Path) -> Reading:
    try:
        with file.open("rb") as stream:
            data = stream.read(LIMITS.file + 1)
    except OSError:
        return Reading(problems=(Problem(trouble=Trouble.UNAVAILABLE),))
    return await reader.read(data, file.name)


def as_data(file: Path, reading: Reading, unit: str, now: datetime) -> dict[str, Any]:
    """One file as JSON-ready values: machine names, UTC; ``matches_unit`` is null where it cannot be told."""
    return {
        "file": str(file),
        "certificates": [
            {**one.model_dump(mode="json"), "in_date": in_date(one, now), "matches_unit": matches_unit(one, unit)}
            for one in reading.certificates
        ],
        "problems": [problem.model_dump(mode="json") for problem in reading.problems],
    }


def _print(readings: list[tuple[Path, Reading]], unit: str, now: datetime, t: Translator) -> None:
    console = SafeConsole(highlight=False, soft_wrap=True)
    for file, reading in readings:
        console.print(Text(str(file), style="bold"))
        for one in reading.certificates:
            console.print(_table(one, unit, now, t))
        for sentence in _problems(reading.problems, t):
            console.print(Text(f"  {sentence}", style="red"))


def _table(one: Certificate, unit: str, now: datetime, t: Translator) -> Table:
    """Values are ``Text``: what a stranger wrote is never markup."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in _rows(one, unit, now, t):
        table.add_row(Text(f"  {label}"), Text(value))
    return table


def _rows(one: Certificate, unit: str, now: datetime, t: Translator) -> list[tuple[str, str]]:
    rows = [
        (t(N_("Name")), one.name),
        (t(N_("Superior")), one.superior or ""),
        (t(N_("Units")), ", ".join(one.units)),
        (t(N_("Locality")), one.locality or ""),
        (t(N_("E-mail")), one.email or ""),
        (t(N_("Subscriber (a guess)")), t(SUBJECTS[one.subscriber]) if one.subscriber else ""),
        (t(N_("Serial number")), one.serial),
        (t(N_("Valid from")), f"{vietnamese(one.not_before):{_TIME}}" if one.not_before else ""),
        (t(N_("Valid to")), f"{vietnamese(one.not_after):{_TIME}} ({t(_VALIDITY[in_date(one, now)])})"),
        (t(N_("Issued by")), one.issuer_name),
        (t(N_("Issuer recognised")), t(_RECOGNITION[one.recognition])),
        (t(N_("Unit matches")), t(_MATCHES[matches_unit(one, unit)]) if unit else ""),
        (t(N_("Key")), key_words(t, one.key)),
        (t(N_("Signature algorithm")), one.signature_algorithm),
        (t(N_("Policies")), ", ".join(one.policies)),
        (t(N_("Could not be read")), unreadable_parts(t, one)),
        ("SHA-256", one.fingerprint),
    ]
    return [(label, value) for label, value in rows if value]


def _problems(problems: Sequence[Problem], t: Translator) -> list[str]:
    more = len(problems) - _NAMED
    rest = [str(t(N_("Other entries that could not be read: {number}."), number=more))] if more > 0 else []
    return [*(_problem(problem, t) for problem in problems[:_NAMED]), *rest]


def _problem(problem: Problem, t: Translator) -> str:
    if problem.trouble is Trouble.UNAVAILABLE:
        return t(N_("The file cannot be opened, or no process could be started to read it."))
    sentence = t(_SECRETS.get(problem.trouble) or TROUBLES[problem.trouble])
    return f"{problem.where}: {sentence}" if problem.where else sentence
