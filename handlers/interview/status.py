"""Derives the status of an interview from its session, for the register of units and certificates."""

from handlers.core import interview
from handlers.core.decision import current_decision, registrable_actions
from handlers.core.screen import Context
from handlers.core.session import Session
from handlers.model.request_list import InterviewStatus
from rules.outcome import Procedure

#: The fields of a session that decide its status: if none of them changed, nothing is derived again.
_STATUS_FIELDS = ("consented_at", "pack", "answers", "certificate", "unit", "interview", "registered_key")


def interview_status(here: Context) -> InterviewStatus | None:
    """Return the status of the open interview, or ``None`` before consent and while nothing is known.

    The officer's unit carries over to later interviews, so it makes a status by itself only for the first one.
    """
    session = here.session
    begun = bool(session.answers or session.certificate)
    if session.consented_at is None or not (begun or session.interview == 1):
        return None
    standing = _empty_status(here).model_copy(update=_certificate_status(session) | {"owed": _owed_procedures(here)})
    return None if standing == InterviewStatus(interview=session.interview) else standing


async def save_interview_status(before: Context, after: Session) -> None:
    """Store the status if a turn changed it; an ordinary turn changes nothing and runs no statement.

    A status is stored again when the rule pack has changed, because the old pack may have decided otherwise.
    """
    here = before.with_session(after)
    if _status_values(before.session) == _status_values(after):
        return
    was, now = interview_status(before), interview_status(here)
    if now is None and was is not None and was.interview == after.interview:
        now = _empty_status(here)  # all of it was taken back
    if now is not None and (now != was or before.session.pack != after.pack):
        await here.world.register.save_status(now)


def _status_values(session: Session) -> tuple[object, ...]:
    return tuple(getattr(session, name) for name in _STATUS_FIELDS)


def _empty_status(here: Context) -> InterviewStatus:
    """Return a status with nothing but the unit; a unit that is not in the tree counts as none."""
    unit = here.world.units.get(here.session.unit)
    return InterviewStatus(interview=here.session.interview, unit=unit.code if unit else None)


def _certificate_status(session: Session) -> dict[str, object]:
    read, known = session.certificate, interview.facts_of(session).certificate
    return {
        "certificate_key": session.registered_key or (read.certificate_key if read else None),
        "subscriber": read.name if read else None,
        "not_after": known.not_after if known else None,
    }


def _owed_procedures(here: Context) -> tuple[Procedure, ...] | None:
    decided = current_decision(here)
    return None if decided is None else tuple(action.procedure for action in registrable_actions(decided))
