"""``troly trust``: the CA files that signatures are verified against."""

from pathlib import Path
from typing import Annotated

import typer

from bot.certificates import trust
from bot.certificates.errors import TrustError
from bot.certificates.pins import PINS
from bot.reasons import reason_of
from bot.settings import load_settings
from locales import N_, Translator, translator

app = typer.Typer(no_args_is_help=True)


@app.command(help=N_("Install CA files; each is checked against the fingerprints this program knows."))
def add(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=N_("CA certificates, PEM or DER."))],
    fingerprint: Annotated[
        str | None,
        typer.Option(help=N_("SHA-256 of one CA file that this program does not know; take it from the CA's owner.")),
    ] = None,
) -> None:
    """Install what can be; exit status 1 where a file is refused."""
    t, folder = _translator(), _folder()
    if fingerprint is not None and len(files) > 1:
        raise typer.BadParameter(t(N_("a fingerprint is given for one file at a time")))
    refused = [file for file in files if not _added(file, folder, fingerprint, t)]
    if refused:
        raise typer.Exit(1)


@app.command("list", help=N_("Show the installed CA files."))
def list_() -> None:
    """One line a CA: fingerprint, end of validity, subject, whether this program knows it."""
    t = _translator()
    store = trust.TrustStore.load(_folder())
    for authority in store.authorities:
        print_ = trust.fingerprint(authority)
        known = PINS[print_].generation if print_ in PINS else t(N_("added by its fingerprint"))
        typer.echo(f"{print_}  {authority.not_valid_after_utc:%d/%m/%Y}  {trust.title(authority)} ({known})")
    if not store.authorities:
        typer.echo(t(N_("No CA file is installed: issuers are recognised by name only.")))


@app.command(help=N_("Remove an installed CA file."))
def remove(
    fingerprint: Annotated[str, typer.Argument(help=N_("SHA-256 of the CA file, or how it begins."))],
) -> None:
    """Remove one CA file."""
    typer.echo(_translator()(N_("Removed: {fingerprint}"), fingerprint=trust.remove(fingerprint, _folder())))


def _added(file: Path, folder: Path, fingerprint: str | None, t: Translator) -> bool:
    try:
        authority = trust.install(file, folder, declared=fingerprint)
    except TrustError as error:
        typer.echo(error.say(t), err=True)
        return False
    except OSError as error:
        typer.echo(t(N_("{file}: {reason}"), file=file.name, reason=t(reason_of(error))), err=True)
        return False
    typer.echo(t(N_("Installed: {name}"), name=trust.title(authority)))
    return True


def _folder() -> Path:
    return load_settings().data_dir / "trust"


def _translator() -> Translator:
    return translator(load_settings().language)
