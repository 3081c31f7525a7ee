"""Read certificate files and manage CA files: ``troly certificate`` and ``troly trust``."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from bot.certificates import LIMITS, TrustError, trust
from bot.certificates.reader import CertificateReader
from bot.certificates.record import Validity, validity_at
from bot.certificates.trust import KNOWN_AUTHORITIES
from bot.cli.output import json_text
from bot.console import SafeConsole
from bot.errors import InputError, read_beginning, refusal_of, to_reason
from bot.settings import load_settings
from handlers.interview.screens.certificate import format_key, format_unreadable_parts
from handlers.model import FILE_PROBLEMS, Certificate, FileProblem, FileProblemKind, Reading, Recognition, matches_unit
from handlers.requests import SUBJECT_LABELS
from locales import N_, Translator, translator
from rules.calendar import to_vietnam_time

_SECRETS = {
    FileProblemKind.PRIVATE_KEY: N_(
        "It holds a private key. It was not read; send only the certificate (.cer), never the key."
    ),
    FileProblemKind.PKCS12: N_(
        "It holds a private key (.p12, .pfx). It was not read; send only the certificate (.cer)."
    ),
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
#: The most problems of a file that are listed; JSON has all of them.
_MOST_PROBLEMS = 20
_TIME = "%d/%m/%Y %H:%M"

app = typer.Typer(no_args_is_help=True)


def certificate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help=N_("Certificate files, of any kind."))],
    *,
    as_json: Annotated[bool, typer.Option("--json", help=N_("Print JSON; times are in UTC."))] = False,
    unit: Annotated[str, typer.Option("--unit", help=N_("Unit whose certificate it should be."))] = "",
) -> None:
    """Read certificate files; exit status 1 if any of them has a problem."""
    settings, now = load_settings(), datetime.now(UTC)
    readings = asyncio.run(_read_files(files, settings.data_dir / "trust"))
    if as_json:
        entries = [certificate_data(one.file, one.reading, unit, now) for one in readings]
        typer.echo(json_text(entries, indent=2))
    else:
        _print_readings(readings, unit, now, translator(settings.language))
    if any(one.reading.problems for one in readings):
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _FileReading:
    """A file as it was typed, and what was read of it."""

    file: Path
    reading: Reading
    refusal: InputError | None = None  #: the reason why nothing of it was read


async def _read_files(files: list[Path], trust: Path) -> list[_FileReading]:
    reader = CertificateReader(trust)
    try:
        return [await _read_file(reader, file) for file in files]
    finally:
        await reader.close()


async def _read_file(reader: CertificateReader, file: Path) -> _FileReading:
    try:
        data = read_beginning(file, LIMITS.file)
    except InputError as error:
        return _refused(file, FileProblemKind.UNAVAILABLE, error)
    if (refusal := refusal_of(file, data, LIMITS.file)) is not None:
        return _refused(file, FileProblemKind.TOO_LARGE if data else FileProblemKind.EMPTY, refusal)
    return _FileReading(file, await reader.read(data, file.name))


def _refused(file: Path, trouble: FileProblemKind, refusal: InputError) -> _FileReading:
    return _FileReading(file, Reading(problems=(FileProblem(trouble=trouble),)), refusal)


def certificate_data(file: Path, reading: Reading, unit: str, now: datetime) -> dict[str, Any]:
    """Return one file as JSON-ready values: machine names, times in UTC; ``matches_unit`` is null if unknown."""
    return {
        "file": str(file),
        "certificates": [
            {**one.model_dump(mode="json"), "in_date": validity_at(one, now), "matches_unit": matches_unit(one, unit)}
            for one in reading.certificates
        ],
        "problems": [problem.model_dump(mode="json") for problem in reading.problems],
    }


def _print_readings(readings: list[_FileReading], unit: str, now: datetime, t: Translator) -> None:
    console = SafeConsole(highlight=False, soft_wrap=True)
    for one in readings:
        console.print(Text(str(one.file), style="bold"))
        for found in one.reading.certificates:
            console.print(_certificate_table(found, unit, now, t))
        for sentence in [one.refusal.say(t)] if one.refusal else _format_problems(one.reading.problems, t):
            console.print(Text(f"  {sentence}", style="red"))


def _certificate_table(one: Certificate, unit: str, now: datetime, t: Translator) -> Table:
    """Build a table of ``Text`` values, so that a stranger's text is never markup."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in _certificate_rows(one, unit, now, t):
        table.add_row(Text(f"  {label}"), Text(value))
    return table


def _certificate_rows(one: Certificate, unit: str, now: datetime, t: Translator) -> list[tuple[str, str]]:
    rows = [
        (t(N_("Name")), one.name),
        (t(N_("Superior")), one.superior or ""),
        (t(N_("Units")), ", ".join(one.units)),
        (t(N_("Locality")), one.locality or ""),
        (t(N_("E-mail")), one.email or ""),
        (t(N_("Subscriber (a guess)")), t(SUBJECT_LABELS[one.subscriber]) if one.subscriber else ""),
        (t(N_("Serial number")), one.serial),
        (t(N_("Valid from")), f"{to_vietnam_time(one.not_before):{_TIME}}" if one.not_before else ""),
        (t(N_("Valid to")), f"{to_vietnam_time(one.not_after):{_TIME}} ({t(_VALIDITY[validity_at(one, now)])})"),
        (t(N_("Issued by")), one.issuer_name),
        (t(N_("Issuer recognised")), t(_RECOGNITION[one.recognition])),
        (t(N_("Unit matches")), t(_MATCHES[matches_unit(one, unit)]) if unit else ""),
        (t(N_("Key")), format_key(t, one.key)),
        (t(N_("Signature algorithm")), one.signature_algorithm),
        (t(N_("Policies")), ", ".join(one.policies)),
        (t(N_("Could not be read")), format_unreadable_parts(t, one)),
        ("SHA-256", one.fingerprint),
    ]
    return [(label, value) for label, value in rows if value]


def _format_problems(problems: Sequence[FileProblem], t: Translator) -> list[str]:
    more = len(problems) - _MOST_PROBLEMS
    rest = [str(t(N_("Other entries that could not be read: {number}."), number=more))] if more > 0 else []
    return [*(_format_problem(problem, t) for problem in problems[:_MOST_PROBLEMS]), *rest]


def _format_problem(problem: FileProblem, t: Translator) -> str:
    if problem.trouble is FileProblemKind.UNAVAILABLE:
        return t(N_("No process could be started to read the file. Please try again in a moment."))
    sentence = t(_SECRETS.get(problem.trouble) or FILE_PROBLEMS[problem.trouble])
    return f"{problem.where}: {sentence}" if problem.where else sentence


@app.command(help=N_("Install CA files; each is checked against the fingerprints this program knows."))
def add(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help=N_("CA certificates, PEM or DER."))],
    fingerprint: Annotated[
        str | None,
        typer.Option(help=N_("SHA-256 of one CA file that this program does not know; take it from the CA's owner.")),
    ] = None,
) -> None:
    """Install the valid files; exit status 1 if a file is refused."""
    t, folder = _configured_translator(), _trust_folder()
    if fingerprint is not None and len(files) > 1:
        raise typer.BadParameter(t(N_("a fingerprint is given for one file at a time")))
    refused = [file for file in files if not _install_file(file, folder, fingerprint, t)]
    if refused:
        raise typer.Exit(1)


@app.command("list", help=N_("Show the installed CA files."))
def list_() -> None:
    """Print a line for each CA: fingerprint, end of validity, subject, and whether this program knows it."""
    t = _configured_translator()
    store = trust.TrustStore.load(_trust_folder())
    for authority in store.authorities:
        print_ = trust.fingerprint_of(authority)
        known = (
            KNOWN_AUTHORITIES[print_].generation if print_ in KNOWN_AUTHORITIES else t(N_("added by its fingerprint"))
        )
        typer.echo(f"{print_}  {authority.not_valid_after_utc:%d/%m/%Y}  {trust.authority_name(authority)} ({known})")
    if not store.authorities:
        typer.echo(t(N_("No CA file is installed: issuers are recognised by name only.")))


@app.command(help=N_("Remove an installed CA file."))
def remove(
    fingerprint: Annotated[str, typer.Argument(metavar="SHA256", help=N_("SHA-256 of the CA file, or how it begins."))],
) -> None:
    """Remove one CA file."""
    typer.echo(
        _configured_translator()(N_("Removed: {fingerprint}"), fingerprint=trust.remove(fingerprint, _trust_folder()))
    )


def _install_file(file: Path, folder: Path, fingerprint: str | None, t: Translator) -> bool:
    try:
        authority = trust.install(file, folder, declared=fingerprint)
    except (TrustError, InputError) as error:
        typer.echo(error.say(t), err=True)
        return False
    except OSError as error:
        typer.echo(t(N_("{file}: {reason}"), file=file.name, reason=t(to_reason(error))), err=True)
        return False
    typer.echo(t(N_("Installed: {name}"), name=trust.authority_name(authority)))
    return True


def _trust_folder() -> Path:
    return load_settings().data_dir / "trust"


def _configured_translator() -> Translator:
    return translator(load_settings().language)
