"""Where the conversation goes after an answer."""

from handlers import interview
from handlers.screen import Here
from handlers.session import Session


def proceed(here: Here) -> Session:
    """The session with the next question open, or the answer where nothing more matters."""
    asked = interview.question(here.session, here.world.pack, here.today)
    return here.session.at("question" if asked else "answer")


def given(here: Here, fact: str, value: object) -> Session:
    """An answer taken in, and the screen that follows it."""
    return proceed(here.then(interview.give(here.session, fact, value, here.world.pack)))


def another(here: Here) -> Session:
    """The interview from its first question, for the next certificate; requests stay."""
    fresh = here.session.having(answers={}, certificate=None, offered=(), typed_expiry=None, draft=None)
    return proceed(here.then(fresh))
