"""What an officer is told when somebody else moved a request of theirs."""

from handlers.replies import Reply
from handlers.requests.model import State
from handlers.requests.words import PROCEDURES, STATES
from handlers.voice import Voice, lines
from locales import N_
from rules.outcome import Procedure

#: What to do now, by the state that was reached.
_NOW = {
    State.ACCEPTED: N_("There is nothing to do for you now. To see it: /yeucau {code}"),
    State.FORWARDED: N_("The dossier is on its way. To see it: /yeucau {code}"),
    State.DONE: N_("It is finished. To see it: /yeucau {code}"),
    State.SENT_BACK: N_("Please put it right and send it again: /yeucau {code}"),
    State.REFUSED: N_("You can register a new request where the reason no longer holds. To see it: /yeucau {code}"),
}


def moved(language: str, code: str, procedure: Procedure, to: State, note: str) -> Reply:
    """The move, its reason where there is one, and what to do now."""
    say = Voice(language)
    head = say(N_("<b>Request {code}</b> ({procedure})"), code=code, procedure=say(PROCEDURES[procedure]))
    news = say(N_("An admin has changed its state: <b>{state}</b>."), state=say(STATES[to]))
    why = say(N_("Reason: {note}"), note=note) if note else ""
    return Reply(paragraphs=tuple(map(str, (lines(head, news, why), say(_NOW[to], code=code)))))
