"""Moves in words: where a request stands, and where it can go from there."""

from handlers.office.moving import moves_of
from handlers.requests.model import State
from handlers.requests.words import STATES
from locales import N_, Translator


def possible(t: Translator, state: State) -> str:
    """The states that can follow, in the order of the work; empty at the end of it."""
    return ", ".join(t(STATES[to]) for to in moves_of(state))


def not_from_here(t: Translator, state: State) -> str:
    """Why a request is not moved: where it stands, and what is possible."""
    words, now = possible(t, state), t(STATES[state])
    if not words:
        return t(N_("it stands at “{state}” and cannot be moved any more"), state=now)
    return t(N_("it stands at “{state}”; it can only be moved to: {states}"), state=now, states=words)
