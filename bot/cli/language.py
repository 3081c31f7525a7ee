"""The language a command was asked to speak."""

import typer

from bot.settings import configured_language
from locales import LANGUAGES, N_, Translator, translator


def translator_of(language: str) -> Translator:
    """The translator of ``--lang``.

    Raises:
        typer.BadParameter: the language is not one of the catalogues; said in the language of the command line.
    """
    if language in LANGUAGES:
        return translator(language)
    t = translator(configured_language())
    unknown = N_("{language} is not spoken here; choose one of: {languages}")
    raise typer.BadParameter(t(unknown, language=language, languages=", ".join(LANGUAGES)), param_hint="--lang")
