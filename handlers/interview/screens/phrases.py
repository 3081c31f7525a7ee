"""Says an answer as a phrase of a sentence ("the token is lost"), for lines that say back what was understood."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from markupsafe import Markup

from handlers.core.text import MarkupTranslator, format_day
from handlers.interview.screens.certificate import ISSUERS
from handlers.requests import EVENT_LABELS, SUBJECT_LABELS
from locales import N_
from rules.facts import Event, Issuer, MergerRole, Subject, Token

#: Fact -> answer -> phrase; truth values are in lower case.
_PHRASES: Mapping[str, Mapping[str, str]] = {
    "merger_role": {
        MergerRole.DESIGNATED: N_("our certificate is kept for the new body"),
        MergerRole.OTHER: N_("another body's certificate is kept, ours is not"),
        MergerRole.UNDECIDED: N_("nobody has decided yet whose certificate is kept"),
        MergerRole.SURVIVING: N_("our name stays, others were merged into us"),
        MergerRole.ABSORBED: N_("we were merged into another body"),
    },
    "information_matches": {
        "true": N_("all the certificate says still holds"),
        "false": N_("something the certificate says no longer holds"),
    },
    "token": {
        Token.IN_HAND: N_("the token is in hand and works"),
        Token.LOCKED: N_("the token is locked"),
        Token.DAMAGED: N_("the token is damaged"),
        Token.LOST: N_("the token is lost"),
        Token.REMOTE: N_("signing is remote, without a token"),
    },
    "key_exposed": {
        "true": N_("the key or the PIN may be known to somebody else"),
        "false": N_("nobody who should not knows the key or the PIN"),
    },
}
#: Events whose names on a request do not say whom they befell.
_EVENT_PHRASES = {**EVENT_LABELS, Event.DECEASED: N_("the officer has died")}
NOT_SAID = N_("not said")
CHANGE = N_("before {before}, now {now}")


def format_phrase(say: MarkupTranslator, fact: str, answer: Any) -> Markup:
    """Format an answer as a phrase in bold."""
    return Markup("<b>{}</b>").format(_phrase(say, fact, answer))


def format_change(say: MarkupTranslator, fact: str, before: Any, now: Any) -> Markup:
    """Format an answer beside the one that it takes the place of; ``None`` stands for none."""
    return say(CHANGE, before=format_phrase(say, fact, before), now=format_phrase(say, fact, now))


def _phrase(say: MarkupTranslator, fact: str, answer: Any) -> str:
    if answer is None:
        return say.t(NOT_SAID)
    if fact == "subject":
        return say.t(N_("the certificate is of {subject}"), subject=say.t(SUBJECT_LABELS[Subject(answer)]))
    if fact == "events":
        return ", ".join(say.t(_EVENT_PHRASES[Event(event)]) for event in answer) or say.t(N_("nothing changed"))
    if fact == "certificate":
        return _certificate_phrase(say, answer)
    return say.t(_PHRASES[fact][str(answer).lower() if isinstance(answer, bool) else answer])


def _certificate_phrase(say: MarkupTranslator, answer: Mapping[str, Any]) -> str:
    issuer = Issuer(answer.get("issuer") or Issuer.UNKNOWN)
    if issuer is Issuer.NONE:
        return say.t(N_("there is no certificate yet"))
    ends = answer.get("not_after")
    day = say.t(N_("it ends on {day}"), day=format_day(date.fromisoformat(ends))) if ends else ""
    by = N_("it is not known who issued it") if issuer is Issuer.UNKNOWN else N_("issued by {issuer}")
    return ", ".join(filter(None, (day, say.t(by, issuer=say.t(ISSUERS[issuer][0])))))
