"""Run the command line, ``troly``.

A command's module is imported only when the command is called, so that a start stays quick.
"""

import gc
import os
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from typer import core
from typer._click.exceptions import ClickException, NoArgsIsHelpError, UsageError
from typer._click.formatting import HelpFormatter
from typer.core import TyperArgument, TyperOption

from bot.atomic_file import remove_leftovers
from bot.errors import TrolyError, explain_value
from bot.settings import configured_data_dir, configured_language
from bot.streams import StreamError, guarded_streams, sanitize
from locales import LANGUAGES, N_, CatalogueError, Translator, translator
from rules.errors import RulesError

#: The framework's sentences, a fuller one before one that it begins with; ``{reason}`` is a sentence of its own.
_SENTENCES = (
    N_("Invalid value for {name}: {reason}"),
    N_("Invalid value: {reason}"),
    N_("Missing option {name}. Choose from: {choices}"),
    N_("Missing option {name}."),
    N_("Missing argument {name}. Choose from: {choices}"),
    N_("Missing argument {name}."),
    N_("Missing command."),
    N_("No such option: {name} (Possible options: {choices})"),
    N_("No such option: {name}"),
    N_("No such command {name}. Did you mean {choices}?"),
    N_("No such command {name}."),
    N_("Got unexpected extra argument(s) ({arguments})"),
    N_("Option {name} requires an argument."),
    N_("Option {name} requires {count} arguments."),
    N_("Option {name} does not take a value."),
    N_("Argument {name} takes {count} values."),
    N_("File {name} does not exist."),
    N_("Directory {name} does not exist."),
    N_("Path {name} does not exist."),
    N_("File {name} is a directory."),
    N_("Directory {name} is a file."),
    N_("Could not open file {name}: {reason}"),
    N_("Value {name} is not a valid {kind}."),
    N_("Value must be an iterable."),
    N_("{name} is not one of {choices}."),
    N_("{name} does not match the formats {formats}."),
)
#: Words of help pages and usage lines that the framework looks up in ``gettext``, or has as attributes.
WORDS = (
    N_("Arguments"),
    N_("Options"),
    N_("Commands"),
    N_("required"),
    N_("default: {default}"),
    N_("env var: {var}"),
    N_("(dynamic)"),
    N_("Aborted!"),
)
_OPTIONS, _COMMAND = N_("[OPTIONS]"), N_("COMMAND [ARGS]...")
_SHOW_HELP = N_("Show this message and exit.")
_USAGE = N_("Usage: ")


def translate_command(command: Any, t: Translator) -> None:
    """Translate usage line and help texts of a command, those of inner commands included."""
    vars(core)["_"] = t  # the only place from which Typer takes the heads of its help pages
    _translate(command, t, _contexts_in(t))


def _translate(command: Any, t: Translator, context: type[typer.Context]) -> None:
    command.context_class = context
    command.options_metavar = t(_OPTIONS)
    if hasattr(command, "subcommand_metavar"):
        command.subcommand_metavar = t(_COMMAND)
    for parameter in (*command.params, command.get_help_option(context(command))):
        if isinstance(parameter, TyperOption | TyperArgument) and parameter.help:
            parameter.help = t(parameter.help)
    for inner in getattr(command, "commands", {}).values():
        inner.help = t(inner.help) if inner.help else None
        _translate(inner, t, context)


def _contexts_in(t: Translator) -> type[typer.Context]:
    """Return contexts whose usage lines begin in a language."""

    class Formatter(HelpFormatter):
        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            super().write_usage(prog, args, t(_USAGE) if prefix is None else prefix)

    class Context(typer.Context):
        formatter_class = Formatter

    return Context


def say_error(error: ClickException, t: Translator) -> str:
    """Return what is wrong with a command line, in lines: the usage, where to read more, and the error."""
    if isinstance(error, NoArgsIsHelpError):
        return error.format_message()
    return "\n".join([*_say_usage(error, t), t(N_("Error: {reason}"), reason=_say_reason(error, t))])


def _say_usage(error: ClickException, t: Translator) -> Iterator[str]:
    context = error.ctx if isinstance(error, UsageError) else None
    if context is None:
        return
    yield context.get_usage()
    yield t(N_("“{command} --help” tells more."), command=context.command_path)
    yield ""


def _say_reason(error: ClickException, t: Translator) -> str:
    """Return the error; what pydantic found in a value is told by its kind, whatever its English is."""
    said = error.format_message().rstrip()
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        told, values = explain_value(cause)
        told = t(told, **{name: translate_sentence(value, t) for name, value in values.items()})
        said = said.removesuffix(error.message) + told
    return translate_sentence(said, t)


def translate_sentence(said: str, t: Translator) -> str:
    """Translate a sentence of the framework; one that is not known, or of our own, stays as it is."""
    plain = " ".join(said.split())
    for sentence in _SENTENCES:
        if found := _shape(sentence).fullmatch(plain):
            values = found.groupdict()
            if "reason" in values:
                values["reason"] = translate_sentence(values["reason"], t)
            return t(sentence, **values)
    return said


@cache
def _shape(sentence: str) -> re.Pattern[str]:
    """Return what a sentence looks like with anything in its places; quotes around a name do not count."""
    pieces = re.split(r"\{(\w+)\}", sentence)
    return re.compile("".join(_pieces(pieces)), re.DOTALL)


def _pieces(pieces: Sequence[str]) -> Iterator[str]:
    for at, piece in enumerate(pieces):
        if at % 2 == 0:
            yield re.escape(piece)
        else:
            yield rf"'?(?P<{piece}>.+?)'?" if piece == "name" else f"(?P<{piece}>.+)"


__all__ = ["COMMANDS", "main"]

ABOUT = N_("Trợ lý Chứng thư: what to do with a government certificate after a reorganisation.")
#: name -> (module:attribute, help). The attribute is a function, or a ``typer.Typer`` with commands of its own.
COMMANDS = {
    "run": ("bot.cli.run:run", N_("Start the assistant; with no channel configured, the chat in the terminal.")),
    "worker": (
        "bot.cli.run:worker",
        N_("Help troly run from another process: answer and send what it receives. Needs PostgreSQL."),
    ),
    "chat": (
        "bot.cli.run:chat",
        N_("Talk to the assistant in the terminal; piped text is a script, one line a message."),
    ),
    "decide": ("bot.cli.decide:decide", N_("Decide from facts on standard input.")),
    "dossier": (
        "bot.cli.dossier:app",
        N_("Make the papers of a whole unit: decide many certificates at once and fill the forms."),
    ),
    "rules": ("bot.cli.rules:app", N_("Check and show the rule packs, and begin a new one.")),
    "offices": ("bot.cli.rules:offices_app", N_("List the receiving offices, and what of them is to be checked.")),
    "understand": ("bot.cli.rules:understand", N_("Read sentences as the conversation does, and explain why.")),
    "certificate": ("bot.cli.certificate:certificate", N_("Read certificate files.")),
    "trust": ("bot.cli.certificate:app", N_("Install the CA files that signatures are verified against.")),
    "units": ("bot.cli.units:app", N_("Import, show and find the units that people belong to.")),
    "migrate": ("bot.cli.maintenance:migrate", N_("Bring the database up to date.")),
    "backup": ("bot.cli.backup:app", N_("Make, verify and put back backups of the database.")),
    "move": ("bot.cli.backup:move", N_("Move all rows to another database, and compare every row.")),
    "doctor": (
        "bot.cli.doctor:doctor",
        N_("Check settings, database, disk, channels and backups, and say what to do."),
    ),
    "keys": ("bot.cli.maintenance:app", N_("List and rotate the keys that seal personal data.")),
    "requests": ("bot.cli.requests:app", N_("List, show and move requests.")),
    "restored": (
        "bot.cli.maintenance:restored",
        N_("Say that the database was put back from a copy: pause broadcasts, go on with other codes."),
    ),
    "retention": ("bot.cli.maintenance:retention", N_("Delete what is past its time.")),
    "admins": ("bot.cli.admins:app", N_("Give and end roles, and see who has which.")),
    "rights": ("bot.cli.admins:rights", N_("Print which role may do what, and how far.")),
    "stats": ("bot.cli.stats:stats", N_("Show how many certificates of which unit have still to be looked after.")),
    "audit": ("bot.cli.audit:app", N_("Show the journal, and prove that it is whole.")),
    "export": ("bot.cli.export:app", N_("Write requests to files: spreadsheets, official lists, data.")),
    "forms": ("bot.cli.forms:app", N_("Take out the templates of the official forms, and check changed ones.")),
    "broadcast": (
        "bot.cli.broadcast:app",
        N_("Remind many: write, check, approve and follow broadcasts and campaigns, and report what became of them."),
    ),
    "zalo": ("bot.cli.zalo:app", N_("Connect the office's Zalo account, and see what of it is missing.")),
    "email": ("bot.cli.email:app", N_("Try the mail server, and import addresses of staff.")),
    "demo": ("bot.cli.demo:demo", N_("Fill an empty data folder with a made-up province, to try everything on.")),
    "screens": ("bot.cli.demo:screens", N_("Write one page with every screen and a diagram of the flow.")),
}


#: They go on importing until they serve.
_SERVICES = frozenset({"run", "worker"})


def main(arguments: list[str] | None = None) -> None:
    """Run a command; every expected error prints one clear line and has its own exit status."""
    try:
        t = {language: translator(language) for language in LANGUAGES}[configured_language()]
    except CatalogueError as error:
        _exit_with(str(error), 2)
    try:
        with guarded_streams():
            _run_command(sys.argv[1:] if arguments is None else arguments, t)
    except BrokenPipeError:
        sys.exit(1)
    except StreamError as error:
        _exit_with(error.say(t), error.exit_code)


def _run_command(given: list[str], t: Translator) -> None:
    os.umask(0o077)  # only the owner may read a file, from its first byte on
    if (data_dir := configured_data_dir()) is not None:
        remove_leftovers(data_dir)
    try:
        command = _build_command(given, t)
        if not (gc.isenabled() or _SERVICES.intersection(given[:1])):
            gc.freeze()  # what is there stays as long as the process
            gc.enable()
        _mask_logs()
        code = command(given, prog_name="troly", standalone_mode=False)
    except ClickException as error:
        print(sanitize(say_error(error, t)), file=sys.stderr)  # noqa: T201 - as in _exit_with
        sys.exit(error.exit_code)
    except typer.Abort:
        _exit_with(t(N_("Aborted!")), 1)
    except StreamError:
        raise  # reported once the streams are restored
    except TrolyError as error:
        _exit_with(error.say(t), error.exit_code)
    except RulesError as error:
        _exit_with(error.say(t), 2)
    else:
        sys.exit(code if isinstance(code, int) else 0)


def _mask_logs() -> None:
    """Mask from the first line on, whatever the command; one whose modules write no log starts without its library."""
    if "structlog" in sys.modules:
        from bot.logs import configure_logging  # noqa: PLC0415 - as above

        configure_logging(level="WARNING")


def _build_command(given: list[str], t: Translator) -> Any:
    """Build the command line: only the given command, or all of them if none is given."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None, help=t(ABOUT))
    app.callback()(_without_command)
    for name in given[:1] if given and given[0] in COMMANDS else COMMANDS:
        _register(app, name, t)
    command = typer.main.get_command(app)
    translate_command(command, t)
    return command


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - no other command needs it here

        typer.echo(version("troly-chung-thu"))
        raise typer.Exit


def _without_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help=N_("Print the version and exit."))
    ] = False,
) -> None:
    """Take the options of the program itself."""


def _register(app: typer.Typer, name: str, t: Translator) -> None:
    target, about = COMMANDS[name]
    module, _, attribute = target.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=name, help=t(about))
    else:
        app.command(name, help=t(about))(found)


def _exit_with(sentence: str, code: int) -> NoReturn:
    if "bot.logs" in sys.modules:
        from bot.logs import is_json, print_notice  # noqa: PLC0415 - as above

        if is_json():
            print_notice(sentence)
            sys.exit(code)
    print(sanitize(f"troly: {sentence}"), file=sys.stderr)  # noqa: T201 - the command line's own error line
    sys.exit(code)
