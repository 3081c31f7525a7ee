"""``troly decide``: facts in from standard input, the decision out."""

import json
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from bot.certificates.limits import MEBIBYTE
from bot.cli.language import Language, translator_of
from bot.cli.output import json_text
from bot.settings import load_settings
from handlers.wording import statement
from locales import N_, Translator
from rules import (
    Action,
    Citation,
    Decided,
    Facts,
    FactsError,
    Notice,
    Outcome,
    Pack,
    load_pack,
    office_notice,
    parse_facts,
)
from rules import (
    decide as _decide,
)
from rules.calendar import vietnamese_day
from rules.texts import SHOWN, sentence

#: Exit status for facts that cannot be used, as for any other wrong use of a command.
WRONG_FACTS = 2
#: Bytes of facts; many more than all that there are.
_LARGEST = MEBIBYTE


def decide(
    *,
    as_json: Annotated[bool, typer.Option("--json", help=N_("Print JSON."))] = False,
    today: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help=N_("Decide as of this day; without it, today in Viet Nam.")),
    ] = None,
    language: Language = None,
) -> None:
    """Decide about the facts (JSON) on standard input."""
    t = translator_of(language)
    day = today.date() if today else vietnamese_day(datetime.now(UTC))
    try:
        facts = read_facts(sys.stdin.buffer.read(_LARGEST + 1))
    except FactsError as error:
        typer.echo(f"troly decide: {error.say(t)}", err=True)
        raise typer.Exit(WRONG_FACTS) from None
    settings = load_settings()
    pack = load_pack(settings.pack)
    outcome = with_office(_decide(pack, facts, day), pack, settings.receiving_office, t)
    typer.echo(json_text(as_data(outcome, t), indent=2) if as_json else as_text(outcome, t))


def read_facts(content: bytes) -> Facts:
    """Facts from JSON.

    Raises:
        FactsError: the bytes are too many or not JSON, name a fact twice, or name a fact or a value nobody knows.
    """
    if len(content) > _LARGEST:
        raise FactsError(
            sentence(N_("standard input is larger than {limit} MB: facts are a few lines of JSON"), limit=1)
        )
    try:
        found = json.loads(content, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise FactsError(sentence(N_("standard input is not JSON ({detail})"), detail=error)) from None
    return parse_facts(found)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON lets a name stand twice; which of the two is meant, nobody knows."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise FactsError(sentence(N_("{fact}: stands twice; keep one"), fact=name[:SHOWN]))
        found[name] = value
    return found


def with_office(outcome: Outcome, pack: Pack, office: str | None, t: Translator) -> Outcome:
    """The outcome with the operator's receiving office named, in the translator's language, where it says to file."""
    if not isinstance(outcome, Decided) or office is None:
        return outcome
    told = office_notice(pack, office)
    told = replace(told, text=t(told.text, office=office))  # no message id any more, so it is told as it stands
    return replace(outcome, notices=tuple(told if one.id == told.id else one for one in outcome.notices))


def as_data(outcome: Outcome, t: Translator) -> dict[str, Any]:
    """The outcome as JSON-ready values, texts in the translator's language."""
    if not isinstance(outcome, Decided):
        return {"status": "needs", "needs": list(outcome.facts), "actions": [], "notices": []}
    return {
        "status": "decided",
        "needs": [],
        "actions": [_action(action, t) for action in outcome.actions],
        "notices": [_notice(notice, t) for notice in outcome.notices],
    }


def _action(action: Action, t: Translator) -> dict[str, Any]:
    return {
        "procedure": action.procedure.value,
        "form": action.form,
        "steps": [statement(step, t) for step in action.steps],
        "reasons": [statement(reason, t) for reason in action.reasons],
        "citations": [_citation(citation) for citation in action.citations],
    }


def _notice(notice: Notice, t: Translator) -> dict[str, Any]:
    return {
        "id": notice.id,
        "text": statement(notice, t),
        "citations": [_citation(citation) for citation in notice.citations],
    }


def _citation(citation: Citation) -> dict[str, Any]:
    return {name: value for name, value in asdict(citation).items() if name != "name"}


def as_text(outcome: Outcome, t: Translator) -> str:
    """The outcome for a person to read."""
    if not isinstance(outcome, Decided):
        return t(N_("Still to be answered: {facts}"), facts=", ".join(outcome.facts))
    actions = [_told(number, action, t) for number, action in enumerate(outcome.actions, start=1)]
    notices = [f"• {statement(notice, t)}" for notice in outcome.notices]
    return "\n\n".join([*actions, "\n".join([t(N_("Please note")), *notices])] if notices else actions)


def _told(number: int, action: Action, t: Translator) -> str:
    form = t(N_(" (form: Mẫu {form})"), form=action.form) if action.form else ""
    reasons = [f"   - {statement(reason, t)}" for reason in action.reasons]
    steps = [f"   {at}. {statement(step, t)}" for at, step in enumerate(action.steps, start=1)]
    return "\n".join([f"{number}. {t(action.title)}{form}", t(N_("   Why:")), *reasons, t(N_("   How:")), *steps])
