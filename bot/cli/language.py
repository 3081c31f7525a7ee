"""The language a command speaks: as asked, else as the operator set it."""

from typing import Annotated

import typer

from bot.settings import configured_language
from locales import LANGUAGES, N_, Translator, translator

#: ``--lang`` of every command that has one.
Language = Annotated[
    str | None, typer.Option("--lang", help=N_("Language of the texts: vi or en; without it, TROLY_LANGUAGE."))
]


def language_of(asked: str | None) -> str:
    """The language of ``--lang``.

    Raises:
        typer.BadParameter: the language is not one of the catalogues; said in the language of the command line.
    """
    if asked is None:
        return configured_language()
    if asked in LANGUAGES:
        return asked
    t = translator(configured_language())
    unknown = N_("{language} is not spoken here; choose one of: {languages}")
    raise typer.BadParameter(t(unknown, language=asked, languages=", ".join(LANGUAGES)), param_hint="--lang")


def translator_of(asked: str | None) -> Translator:
    """The translator of ``--lang``; raises as ``language_of`` does."""
    return translator(language_of(asked))
