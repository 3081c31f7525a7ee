"""What can be done with a broadcast as it stands, by whom: the buttons of its page."""

from collections.abc import Iterator, Mapping

from handlers.broadcasts.model import STANDING, Broadcast, Life
from handlers.office.broadcast_view import OPEN_TO_CHANGE
from handlers.office.rights import Act, Rights
from handlers.page import Option
from handlers.voice import Voice
from locales import N_

CHECK, APPROVE, START, PAUSE, RESUME, CANCEL = "check", "approve", "start", "pause", "resume", "cancel"
TO_ME, EDIT, PREVIEW, RESULTS, STEPS, LOOK, BACK = "to_me", "edit", "preview", "results", "steps", "look", "back"
#: What each is called, and how it is typed.
_CALLED = {
    CHECK: (N_("Check"), ("kiem tra", "check")),
    APPROVE: (N_("Approve"), ("duyet", "phe duyet", "approve")),
    START: (N_("Send"), ("gui", "bat dau", "start", "send")),
    PAUSE: (N_("Pause"), ("tam dung", "dung", "pause")),
    RESUME: (N_("Go on with it"), ("tiep tuc", "gui tiep", "resume")),
    TO_ME: (N_("Send it to me"), ("gui thu cho toi", "gui thu", "thu", "try")),
    EDIT: (N_("Change it"), ("sua", "edit")),
    CANCEL: (N_("Call it off"), ("huy", "huy bo", "cancel")),
    PREVIEW: (N_("Preview"), ("xem truoc", "preview")),
    RESULTS: (N_("Results"), ("ket qua", "results")),
    STEPS: (N_("Its reminders"), ("cac lan nhac", "lan nhac", "steps")),
    LOOK: (N_("Look again"), ("xem lai", "den dau", "look")),
}
#: By its state, the next step first.
_OFFERED: Mapping[Life, tuple[str, ...]] = {
    Life.DRAFT: (CHECK, TO_ME, EDIT, CANCEL),
    Life.CHECKED: (APPROVE, TO_ME, EDIT, CANCEL),
    Life.APPROVED: (CANCEL,),
    Life.SCHEDULED: (START, CANCEL),
    Life.RUNNING: (PAUSE, CANCEL),
    Life.PAUSED: (RESUME, CANCEL),
}
#: Where it moves by itself.
_MOVING = frozenset({Life.APPROVED, Life.SCHEDULED, Life.RUNNING})


def offered(
    say: Voice, rights: Rights, found: Broadcast, *, steps: bool, waits_for_another: bool = False
) -> tuple[Option, ...]:
    """The buttons; ``steps``: it has made others; ``waits_for_another``: who looks at it cannot approve it."""
    to_do = (one for one in _to_do(rights, found) if one != APPROVE or not waits_for_another)
    values = (*to_do, *_to_see(found, steps=steps))
    buttons = tuple(Option(value, say.t(_CALLED[value][0]), _CALLED[value][1]) for value in values)
    back = N_("Back to its campaign") if found.parent else N_("Back to the list")
    return (*buttons, Option(BACK, say.t(back), ("quay lai", "back")))


def _to_do(rights: Rights, found: Broadcast) -> Iterator[str]:
    for value in _OFFERED.get(found.state, ()):
        act = Act.APPROVE_BROADCASTS if value == APPROVE else Act.WRITE_BROADCASTS
        waits = found.checking and value in {CHECK, APPROVE}
        always_there = found.id == STANDING and value == CANCEL
        of_campaign = found.parent is not None and value == EDIT
        if rights.may(act, found.unit) and not (waits or always_there or of_campaign):
            yield value


def _to_see(found: Broadcast, *, steps: bool) -> Iterator[str]:
    yield PREVIEW
    if steps or found.is_campaign:
        yield STEPS
    if not found.is_campaign and found.id != STANDING and found.state not in {*OPEN_TO_CHANGE, Life.APPROVED}:
        yield RESULTS
    if found.checking or found.state in _MOVING:
        yield LOOK
