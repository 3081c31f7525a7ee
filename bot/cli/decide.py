"""Decide from the facts on standard input: ``troly decide``."""

import json
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from bot.cli.output import Language, json_text, translator_for
from bot.settings import load_settings
from handlers.citations import FILING_NOTICE, filing_notice, format_statement
from locales import N_, Translator
from rules.calendar import to_vietnam_day
from rules.deciding import decide as _decide
from rules.errors import FactsError
from rules.facts import Facts
from rules.loading import load_pack
from rules.offices import OfficeDirectory
from rules.outcome import Action, Citation, Decided, Notice, Outcome
from rules.pack import Pack
from rules.parsing import parse_facts
from rules.texts import SHOWN, place_of, sentence

#: The exit status for unusable facts, as for any other wrong use of a command.
WRONG_FACTS = 2
#: The most bytes of facts, far more than all facts together need.
_LARGEST = 1024 * 1024


def decide(
    *,
    as_json: Annotated[bool, typer.Option("--json", help=N_("Print JSON."))] = False,
    today: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help=N_("Decide as of this day; without it, today in Viet Nam.")),
    ] = None,
    language: Language = None,
) -> None:
    """Decide from the facts (JSON) on standard input and print the outcome."""
    t = translator_for(language)
    day = today.date() if today else to_vietnam_day(datetime.now(UTC))
    try:
        facts = read_facts(sys.stdin.buffer.read(_LARGEST + 1))
    except FactsError as error:
        typer.echo(f"troly decide: {error.say(t)}", err=True)
        raise typer.Exit(WRONG_FACTS) from None
    settings = load_settings()
    pack = load_pack(settings.pack, settings.offices)
    outcome = with_receiving_office(_decide(pack, facts, day), pack, settings.receiving_office, t)
    typer.echo(json_text(outcome_data(outcome, t), indent=2) if as_json else format_outcome(outcome, t))


def read_facts(content: bytes) -> Facts:
    """Parse facts from JSON.

    Raises:
        FactsError: the bytes are too many or not JSON, or a fact is duplicated, unknown, or has an unknown value.
    """
    if len(content) > _LARGEST:
        raise FactsError(
            sentence(N_("standard input is larger than {limit} MB: facts are a few lines of JSON"), limit=1)
        )
    return parse_facts(parse_json(content, N_("standard input is not JSON ({detail})")))


def parse_json(content: bytes, not_json: str) -> Any:
    """Parse JSON in which no name stands twice.

    Args:
        content: The bytes.
        not_json: Message id of the error for anything else, with ``{detail}``.

    Raises:
        FactsError: it is not JSON, or a name stands twice.
    """
    try:
        return json.loads(content, object_pairs_hook=_reject_duplicates)
    except (ValueError, RecursionError) as error:
        raise FactsError(sentence(not_json, detail=place_of(error))) from None


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object, and refuse a name that appears twice, because its value would be ambiguous."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise FactsError(sentence(N_("{fact}: stands twice; keep one"), fact=name[:SHOWN]))
        found[name] = value
    return found


def with_receiving_office(outcome: Outcome, pack: Pack, office: str | None, t: Translator) -> Outcome:
    """Name the receiving offices in a decided outcome, where it says to file.

    Args:
        outcome: The outcome of the rules.
        pack: The rule pack, with its receiving offices and the text of the notice.
        office: One office for everything, as the operator has set it, or ``None``.
        t: The translator for the notice.
    """
    if not isinstance(outcome, Decided):
        return outcome
    offices = OfficeDirectory.of(pack.offices, office)
    return replace(
        outcome,
        notices=tuple(
            filing_notice(pack, outcome, t, offices=offices) if notice.id == FILING_NOTICE else notice
            for notice in outcome.notices
        ),
    )


def outcome_data(outcome: Outcome, t: Translator) -> dict[str, Any]:
    """Return the outcome as JSON-ready values, with texts in the translator's language."""
    if not isinstance(outcome, Decided):
        return {"status": "needs", "needs": list(outcome.facts), "actions": [], "notices": []}
    return {
        "status": "decided",
        "needs": [],
        "actions": [_action_data(action, t) for action in outcome.actions],
        "notices": [_notice_data(notice, t) for notice in outcome.notices],
    }


def _action_data(action: Action, t: Translator) -> dict[str, Any]:
    return {
        "procedure": action.procedure.value,
        "form": action.form,
        "steps": [format_statement(step, t) for step in action.steps],
        "reasons": [format_statement(reason, t) for reason in action.reasons],
        "citations": [_citation_data(citation) for citation in action.citations],
    }


def _notice_data(notice: Notice, t: Translator) -> dict[str, Any]:
    return {
        "id": notice.id,
        "text": format_statement(notice, t),
        "citations": [_citation_data(citation) for citation in notice.citations],
    }


def _citation_data(citation: Citation) -> dict[str, Any]:
    return {name: value for name, value in asdict(citation).items() if name != "name"}


def format_outcome(outcome: Outcome, t: Translator) -> str:
    """Format the outcome for a person."""
    if not isinstance(outcome, Decided):
        return t(N_("Still to be answered: {facts}"), facts=", ".join(outcome.facts))
    actions = [_format_action(number, action, t) for number, action in enumerate(outcome.actions, start=1)]
    notices = [f"• {format_statement(notice, t)}" for notice in outcome.notices]
    return "\n\n".join([*actions, "\n".join([t(N_("Please note")), *notices])] if notices else actions)


def _format_action(number: int, action: Action, t: Translator) -> str:
    form = t(N_(" (form: Mẫu {form})"), form=action.form) if action.form else ""
    reasons = [f"   - {format_statement(reason, t)}" for reason in action.reasons]
    steps = [f"   {at}. {format_statement(step, t)}" for at, step in enumerate(action.steps, start=1)]
    return "\n".join([f"{number}. {t(action.title)}{form}", t(N_("   Why:")), *reasons, t(N_("   How:")), *steps])
