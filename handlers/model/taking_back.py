"""Taking a move of a request back: who can, for how long, and where the request stands then."""

from datetime import datetime, timedelta

from handlers.model.requests import RequestRow, RequestState, transitions_from

#: How long whoever made a move can take it back, while nothing came after it.
TAKE_BACK_WITHIN = timedelta(minutes=15)
#: The states that a move can be taken back from, and those that it is taken back to. A final state stays.
_TAKEN_BACK_FROM = frozenset({RequestState.ACCEPTED, RequestState.FORWARDED, RequestState.SENT_BACK})
_TAKEN_BACK_TO = frozenset({RequestState.SUBMITTED, RequestState.ACCEPTED, RequestState.FORWARDED})


def find_way_back(row: RequestRow, actor: str, now: datetime) -> RequestState | None:
    """Return the state that a request had before its last move; ``None`` where that move cannot be taken back.

    It can be by whoever made it, for a while, unless the request was changed since or its state is final. A step
    against the order of work took a move back itself, and is none.
    """
    if len(row.request.history) < 2 or row.request.state not in _TAKEN_BACK_FROM:
        return None
    before, last = row.request.history[-2:]
    untouched = last.state is row.request.state and last.at == row.changed_at
    moved = last.state in transitions_from(before.state)
    fresh = last.by == actor and now - last.at <= TAKE_BACK_WITHIN
    return before.state if untouched and moved and fresh and before.state in _TAKEN_BACK_TO else None
