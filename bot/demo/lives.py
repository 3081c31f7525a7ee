"""What became of requests, in every state that there is."""

from collections.abc import Sequence
from datetime import datetime
from random import Random

from bot.demo.calendar import WorkingHours
from bot.store.bulk_rows import MadeStep
from bot.store.request_book import SUBSCRIBER
from handlers.office.rights import MACHINE
from handlers.requests.model import State

_S = State
#: How often a life is planned so, and the states it goes through; many are under way still.
_LIVES: tuple[tuple[int, tuple[State, ...]], ...] = (
    (58, (_S.SUBMITTED, _S.ACCEPTED, _S.FORWARDED, _S.DONE)),
    (8, (_S.SUBMITTED, _S.SENT_BACK, _S.SUBMITTED, _S.ACCEPTED, _S.FORWARDED, _S.DONE)),
    (8, (_S.SUBMITTED, _S.SENT_BACK)),
    (5, (_S.SUBMITTED, _S.REFUSED)),
    (4, (_S.SUBMITTED, _S.ACCEPTED, _S.REFUSED)),
    (5, (_S.SUBMITTED, _S.WITHDRAWN)),
    (6, (_S.SUBMITTED, _S.ACCEPTED, _S.FORWARDED)),
    (3, (_S.SUBMITTED,)),
    (3, (_S.DRAFT,)),
)
#: Days until each state is reached.
_DAYS = {_S.ACCEPTED: 3.0, _S.FORWARDED: 5.0, _S.DONE: 14.0, _S.SENT_BACK: 4.0, _S.REFUSED: 5.0}
_OWN_DAYS = 2.0
_NOTES = {
    _S.SENT_BACK: (
        "Dữ liệu mẫu: đề nghị ghi lại tên đơn vị đúng như quyết định thành lập.",
        "Dữ liệu mẫu: số hiệu chứng thư chưa khớp với thiết bị, đề nghị kiểm tra lại.",
        "Dữ liệu mẫu: thiếu địa chỉ thư điện tử công vụ mới.",
    ),
    _S.REFUSED: (
        "Dữ liệu mẫu: đã có văn bản khác của đơn vị cho chứng thư này.",
        "Dữ liệu mẫu: chứng thư không thuộc đơn vị quản lý.",
    ),
}
#: The first requests, the oldest ones, end so: each state is met however few there are.
EACH_ONCE: tuple[tuple[State, ...], ...] = tuple(
    next(states for _, states in _LIVES if states[-1] is state)
    if state is not _S.ACCEPTED
    else (_S.SUBMITTED, _S.ACCEPTED)
    for state in State
)


def lived(number: int, begun: datetime, office: str, hours: WorkingHours, chosen: Random) -> tuple[MadeStep, ...]:
    """The life of the request of that number, as far as it has come by now."""
    forced = number <= len(EACH_ONCE)
    states = EACH_ONCE[number - 1] if forced else chosen.choices(*_planned())[0]
    steps, at = [], begun
    for place, state in enumerate(states):
        at = _reached(state, at, hours, chosen) if place else at
        if at >= hours.now:
            break
        steps.append(MadeStep(state, at, _actor(state, office), chosen.choice(_NOTES.get(state, ("",)))))
    return tuple(steps)


def _reached(state: State, at: datetime, hours: WorkingHours, chosen: Random) -> datetime:
    """When the next state is reached: whoever has a role moves all that is due at one hour of the day."""
    there = hours.add_working_days(at, chosen, _DAYS.get(state, _OWN_DAYS))
    return hours.next_desk_hour(there) if state in _DAYS else there


def _planned() -> tuple[Sequence[tuple[State, ...]], Sequence[int]]:
    return [states for _, states in _LIVES], [often for often, _ in _LIVES]


def _actor(state: State, office: str) -> str:
    if state is _S.DRAFT:
        return MACHINE
    return SUBSCRIBER if state in {_S.SUBMITTED, _S.WITHDRAWN} else office
