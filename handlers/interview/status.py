"""Where an interview stands, as the register of units and certificates keeps it."""

from handlers.core import interview
from handlers.core.decision import current_decision, registrable_actions
from handlers.core.screen import Context
from handlers.core.session import Session
from handlers.model.request_list import InterviewStatus
from rules.outcome import Procedure

#: What of a session a standing is made of: where none of it changed, nothing is worked out anew.
_STATUS_FIELDS = ("consented_at", "pack", "answers", "certificate", "unit", "interview", "registered_key")


def interview_status(here: Context) -> InterviewStatus | None:
    """The standing of the open interview; ``None`` before consent and while nothing is known.

    The officer's unit is known from one interview to the next: alone it makes a standing of the first one only.
    """
    session = here.session
    begun = bool(session.answers or session.certificate)
    if session.consented_at is None or not (begun or session.interview == 1):
        return None
    standing = _empty_status(here).model_copy(update=_certificate_status(session) | {"owed": _owed_procedures(here)})
    return None if standing == InterviewStatus(interview=session.interview) else standing


async def save_interview_status(before: Context, after: Session) -> None:
    """Tell the register what a turn changed; an ordinary turn changes nothing and costs no statement.

    Answers of an earlier rule pack implied what that pack said, so what the present one says is told.
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
    """A unit that the tree does not hold is none."""
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
