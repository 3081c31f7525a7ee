"""Find the requests that a dossier registers, and how it differs from the dossier before."""

from collections.abc import Iterator, Mapping, Sequence

from handlers.core import format_statement, registrable_actions
from handlers.dossier import DossierContext, Entry, Status
from handlers.dossier.papers import Paper
from handlers.dossier.texts import format_label, format_procedures
from handlers.model import RequestContent
from handlers.requests.form import PROCEDURES_WITH_NEWS
from locales import N_, Translator
from rules.facts import Event, Subject
from rules.outcome import Action


def request_contents(
    context: DossierContext, entries: Sequence[Entry], papers: Sequence[Paper], t: Translator, channel: str
) -> list[RequestContent]:
    """Return a content for each procedure that can be registered; none without a unit.

    What another body files is left out: that body registers it.
    """
    if context.unit is None:
        return []
    elsewhere = {id(entry) for paper in papers if paper.by_receiving_body for entry in paper.entries}
    return [
        _content(context, entry, action, t, channel)
        for entry in entries
        if entry.status is Status.DECIDED and entry.decided and id(entry) not in elsewhere and entry.subject
        for action in registrable_actions(entry.decided)
    ]


def _content(context: DossierContext, entry: Entry, action: Action, t: Translator, channel: str) -> RequestContent:
    certificate, unit = entry.certificate, context.unit
    news = _news(context, entry) if action.procedure in PROCEDURES_WITH_NEWS else {}
    said = _on_certificate(entry)
    return RequestContent(
        subject=entry.subject or Subject.ORGANISATION,
        subscriber=entry.name,
        unit=unit.unit.body if unit else "",
        unit_code=unit.code if unit else None,
        certificate_name=certificate.name if certificate else None,
        serial=entry.serial or None,
        signed_serial=certificate.signed_serial if certificate else None,
        not_after=entry.not_after,
        procedure=action.procedure,
        form=action.form,
        events=tuple(sorted(entry.facts.events or ())),
        news=news,
        old={name: said[name] for name in news if name in said},
        email=certificate.email if certificate else None,
        province=certificate.locality if certificate else None,
        decision=_decision_text(entry, t),
        pack=context.pack.label,
        channel=channel,
    )


def _news(context: DossierContext, entry: Entry) -> dict[str, str]:
    """Return the new information that the unit itself tells."""
    unit, events = context.unit, entry.facts.events or frozenset()
    if unit is None:
        return {}
    if entry.subject is Subject.INDIVIDUAL:
        return {"new_unit": unit.unit.body}
    if entry.subject is not Subject.ORGANISATION or entry.certificate is None:
        return {}
    own = unit.is_the_unit(entry.certificate)
    named = {"new_name": unit.unit.body} if own and events & {Event.MERGED_INTO_NEW, Event.RENAMED} else {}
    above = unit.superior if own else unit.unit.body
    return {**named, **({"new_superior": above} if Event.SUPERIOR_CHANGED in events and above else {})}


def _on_certificate(entry: Entry) -> dict[str, str]:
    one = entry.certificate
    body = next(iter(one.units), one.superior) if one else None
    said = {"new_name": one.name, "new_superior": one.superior, "new_unit": body} if one else {}
    return {name: value for name, value in said.items() if value}


def _decision_text(entry: Entry, t: Translator) -> str:
    actions = entry.decided.actions if entry.decided else ()
    parts = (
        "\n".join([t(action.title), *(format_statement(one, t) for one in (*action.reasons, *action.steps))])
        for action in actions
    )
    return "\n\n".join(parts)


def snapshot(entries: Sequence[Entry]) -> dict[str, tuple[str, ...]]:
    """Return what is to be done for each certificate, by number or else by name and file."""
    return {_key(entry): (entry.status.value, *map(str, entry.procedures)) for entry in entries}


def _key(entry: Entry) -> str:
    known = entry.serial and entry.status is not Status.PROBLEM  # a number given twice is told apart by its file
    return entry.serial if known else " ".join(filter(None, (entry.serial, entry.name, entry.file)))


def format_changes(
    context: DossierContext, before: Mapping[str, Sequence[str]], entries: Sequence[Entry], t: Translator
) -> Iterator[str]:
    """Yield a line for each certificate that is new, gone, or has other procedures than in the dossier before."""
    if not before:
        return
    pack = context.pack
    for entry in entries:
        was, now = before.get(_key(entry)), (entry.status.value, *map(str, entry.procedures))
        if was is None:
            yield t(N_("{name}: new in this dossier"), name=format_label(entry))
        elif tuple(was) != now:
            told = format_procedures(entry, pack, t) if entry.status is Status.DECIDED else t(N_("in no form now"))
            yield t(N_("{name}: now {procedures}"), name=format_label(entry), procedures=told)
    gone = [key for key in before if key not in {_key(entry) for entry in entries}]
    if gone:
        yield t(N_("No longer in it: {names}"), names=", ".join(gone))
