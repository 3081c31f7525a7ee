"""Read sentences as the conversation does, and explain what was read: ``troly understand``."""

import json
import sys
from collections.abc import Iterator
from typing import Annotated, BinaryIO

import typer

from bot.cli.output import Language as ShownLanguage
from bot.cli.output import translator_for
from bot.streams import sanitize
from locales import N_, Translator
from rules.language import Finding, Reading, load_language, read
from rules.language.spelling import LONGEST_LINE

#: Bytes of a line that are kept: enough for every character that is read.
_LONGEST = LONGEST_LINE * 4


def understand(
    sentences: Annotated[
        list[str] | None, typer.Argument(help=N_("Sentences; without them, standard input is read, one a line."))
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
