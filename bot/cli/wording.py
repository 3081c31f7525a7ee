"""Puts what the framework of the command line says (usage lines, errors, help) into the reader's language.

Typer says all of it in English, and pydantic, which reads the values for it, too. Their sentences are message ids of
ours: an error is compared with ``_SENTENCES``, and what its placeholders stand for is put into the translated one.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import typer
from pydantic import ValidationError
from typer import core
from typer._click.exceptions import ClickException, NoArgsIsHelpError, UsageError
from typer._click.formatting import HelpFormatter
from typer.core import TyperArgument, TyperOption

from bot.errors import explain_value
from locales import N_, Translator

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
