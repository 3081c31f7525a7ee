"""What of the open interview's decision is owed and not yet requested."""

from handlers.decision import decision, registrable
from handlers.requests.model import State
from handlers.screen import Here
from rules.outcome import Procedure

#: Requests that came to nothing.
_VOID = frozenset({State.DRAFT, State.REFUSED, State.WITHDRAWN})


async def still_owed(here: Here) -> tuple[Procedure, ...]:
    """In the order of the decision; nothing where there is none yet."""
    decided = decision(here)
    if here.session.consented_at is None or decided is None:
        return ()
    requested = await _requested(here)
    return tuple(action.procedure for action in registrable(decided) if action.procedure not in requested)


async def _requested(here: Here) -> frozenset[str]:
    """Procedures there is a request for, for the certificate of this interview."""
    read = here.session.certificate
    key = here.session.registered_key or (read.certificate_key if read else None)
    if key is None:
        return frozenset()
    known = [one for one in await here.world.requests.mine() if one.content.certificate_key == key]
    return frozenset(one.content.procedure for one in known if one.state not in _VOID)
