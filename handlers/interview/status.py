"""Where an interview stands, as the register of units and certificates keeps it."""

from handlers import interview
from handlers.decision import decision, registrable
from handlers.office.model import Standing
from handlers.screen import Here
from handlers.session import Session
from rules.outcome import Procedure

#: What of a session a standing is made of: where none of it changed, nothing is worked out anew.
_TELLING = ("consented_at", "pack", "answers", "certificate", "unit", "interview", "registered_key")


def standing_of(here: Here) -> Standing | None:
    """The standing of the open interview; ``None`` before consent and while nothing is known.

    The officer's unit is known from one interview to the next: alone it makes a standing of the first one only.
    """
    session = here.session
    begun = bool(session.answers or session.certificate)
    if session.consented_at is None or not (begun or session.interview == 1):
        return None
    standing = _bare(here).model_copy(update=_of_certificate(session) | {"owed": _owed(here)})
    return None if standing == Standing(interview=session.interview) else standing


async def keep_standing(before: Here, after: Session) -> None:
    """Tell the register what a turn changed; an ordinary turn changes nothing and costs no statement.

    Answers of an earlier rule pack implied what that pack said, so what the present one says is told.
    """
    here = before.with_session(after)
    if _telling(before.session) == _telling(after):
        return
    was, now = standing_of(before), standing_of(here)
    if now is None and was is not None and was.interview == after.interview:
        now = _bare(here)  # all of it was taken back
    if now is not None and (now != was or before.session.pack != after.pack):
        await here.world.register.save_status(now)


def _telling(session: Session) -> tuple[object, ...]:
    return tuple(getattr(session, name) for name in _TELLING)


def _bare(here: Here) -> Standing:
    """A unit that the tree does not hold is none."""
    unit = here.world.units.get(here.session.unit)
    return Standing(interview=here.session.interview, unit=unit.code if unit else None)


def _of_certificate(session: Session) -> dict[str, object]:
    read, known = session.certificate, interview.facts_of(session).certificate
    return {
        "certificate_key": session.registered_key or (read.certificate_key if read else None),
        "subscriber": read.name if read else None,
        "not_after": known.not_after if known else None,
    }


def _owed(here: Here) -> tuple[Procedure, ...] | None:
    decided = decision(here)
    return None if decided is None else tuple(action.procedure for action in registrable(decided))
