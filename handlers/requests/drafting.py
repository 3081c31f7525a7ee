"""From a draft to the contents of requests, and from a request back to a draft."""

from handlers import interview
from handlers.decision import decision, in_plain_words, registrable
from handlers.requests.filling import NEWS_FOR
from handlers.requests.model import AMENDABLE, Content, Request
from handlers.screen import Here
from handlers.session import Draft
from rules.facts import Subject
from rules.outcome import Action


def contents(here: Here) -> list[Content]:
    """One content for each procedure of the decision that can be registered; none while the draft lacks a field."""
    draft, decided = here.session.draft or Draft(), decision(here)
    if decided is None or not {"subscriber", "unit"} <= set(draft.fields):
        return []
    return [_content(here, draft, action) for action in registrable(decided)]


def outdated(here: Here) -> bool:
    """Whether the answer is no longer the one this draft was begun with: a certificate may expire over night."""
    draft, decided = here.session.draft or Draft(), decision(here)
    return decided is None or in_plain_words(here, decided) != draft.answer


def _content(here: Here, draft: Draft, action: Action) -> Content:
    facts, certificate, fields = interview.facts_of(here.session), here.session.certificate, draft.fields
    return Content(
        subject=facts.subject or Subject.ORGANISATION,
        subscriber=fields["subscriber"],
        unit=fields["unit"],
        unit_code=draft.unit_code,
        certificate_name=certificate.name if certificate else None,
        serial=fields.get("serial") or None,
        signed_serial=certificate.signed_serial if certificate and fields.get("serial") == certificate.serial else None,
        not_after=facts.certificate.not_after if facts.certificate else None,
        procedure=action.procedure,
        form=action.form,
        events=tuple(sorted(facts.events or ())),
        news=_news(fields) if action.procedure in NEWS_FOR else {},
        decision=draft.answer,
        pack=here.world.pack.label,
        channel=here.world.channel,
    )


def _news(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name.startswith("new_")}


def amended(content: Content, draft: Draft) -> Content:
    """A content with the draft's fields; another serial number is not the one that was read."""
    fields = draft.fields
    serial = fields.get("serial") or None
    body = {"unit": fields["unit"], "unit_code": draft.unit_code}
    changes = {"subscriber": fields["subscriber"], **body, "serial": serial, "news": _news(fields)}
    was_read = content.certificate_name is not None
    other = (
        {"certificate_name": None, "not_after": None, "signed_serial": None}
        if was_read and serial != content.serial
        else {}
    )
    return content.model_copy(update={**changes, **other})


def draft_of(request: Request) -> Draft | None:
    """A draft to amend a request with; ``None`` where its state no longer allows it."""
    if request.state not in AMENDABLE:
        return None
    content = request.content
    fields = {"subscriber": content.subscriber, "unit": content.unit, "serial": content.serial or "", **content.news}
    return Draft(fields=fields, unit_code=content.unit_code, code=request.code)
