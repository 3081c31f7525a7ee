"""Take out the Word templates of the official forms, and check changed ones: ``troly forms``."""

import errno
from pathlib import Path
from typing import Annotated

import typer

from bot.atomic_file import refuse_existing
from bot.errors import OutputError, to_reason, unreadable
from bot.forms import ALL_TEMPLATES, built_in_bytes, find_problems
from bot.pdf import find_converter
from bot.settings import configured_language, load_settings
from bot.streams import sanitize
from locales import N_, Translator, translator

app = typer.Typer(
    help=N_("Take out the Word templates of the official forms, and check changed ones."), no_args_is_help=True
)

_WRITTEN = N_(
    "{count} templates are in {folder}. Change them in Word or LibreOffice and keep the words in braces; then:"
    " troly forms check {folder}. Those in {own} are used in place of the program's."
)
_NO_FOLDER = N_("There is no folder {folder}; the program's own templates are used.")
_NO_TEMPLATES = N_(
    "There is no template (.docx) in {folder}: nothing was checked, and the program's own templates are used."
)
_OTHER_NAME = N_("{file}: a template of this name is not used; the names are {names}.")
_SOUND = N_("{file}: fine")
_WITH_PDF = N_("PDF: made with LibreOffice ({program}).")
_WITHOUT_PDF = N_(
    "PDF: not made, papers go out as DOCX alone. Install LibreOffice to have both (Debian or Ubuntu:"
    " apt-get install libreoffice-writer-nogui fonts-liberation)."
)


@app.command(help=N_("Write the templates into a folder, to change them in Word."))
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=N_("The folder; it is made if need be."))],
    force: Annotated[bool, typer.Option("--force", help=N_("Replace templates that are there already."))] = False,
) -> None:
    """Write every template; none if one of them is there already."""
    t = translator(configured_language())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ALL_TEMPLATES:
            refuse_existing(folder / name, force=force)
        for name in ALL_TEMPLATES:
            (folder / name).write_bytes(built_in_bytes(name))
    except (OSError, ValueError) as error:
        message = N_("{file} cannot be written ({reason}); choose another folder or file")
        raise OutputError(message, file=folder, reason=to_reason(error)) from None
    typer.echo(t(_WRITTEN, count=len(ALL_TEMPLATES), folder=folder, own=load_settings().form_templates))


@app.command(help=N_("Check the templates of a folder: name unknown and missing words, and files that are damaged."))
def check(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help=N_("The folder; without it, the one whose templates are used.")),
    ] = None,
) -> None:
    """Print what is wrong with each template; exit status 1 if anything is."""
    t = translator(configured_language())
    sound = _check_folder(folder or load_settings().form_templates, t, given=folder is not None)
    program = find_converter()
    typer.echo(t(_WITH_PDF, program=program) if program else t(_WITHOUT_PDF))
    if not sound:
        raise typer.Exit(1)


def _check_folder(folder: Path, t: Translator, *, given: bool) -> bool:
    if not folder.is_dir():
        if given:
            raise unreadable(folder, OSError(errno.ENOTDIR if folder.exists() else errno.ENOENT, ""))
        typer.echo(t(_NO_FOLDER, folder=folder))
        return True
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".docx" and path.name[:2] != "~$")
    if not found:
        typer.echo(t(_NO_TEMPLATES, folder=folder))
    wrong = sum(not _check_one(path, t) for path in found)  # every template is checked, also after one that is wrong
    return not wrong


def _check_one(path: Path, t: Translator) -> bool:
    if path.name not in ALL_TEMPLATES:
        typer.echo(t(_OTHER_NAME, file=sanitize(path.name), names=", ".join(ALL_TEMPLATES)))
        return False
    try:
        problems = find_problems(path.read_bytes(), path.name)
    except OSError as error:
        raise unreadable(path, error) from None
    for problem in problems:
        typer.echo(sanitize(problem.say(t)))
    if not problems:
        typer.echo(t(_SOUND, file=path.name))
    return not problems
