"""An invitation that is taken in the chat: by a deep link, or as ``/start CODE``."""

from markupsafe import Markup

from handlers.office.model import Refusal
from handlers.office.people_words import REFUSALS, covered
from handlers.screen import Here
from locales import N_

_UNKNOWN = N_("I do not know this invitation. It may have been taken back: please ask whoever sent it.")


async def redeemed(here: Here, code: str) -> Markup:
    """The role it gave, or why it gave none."""
    say = here.say
    grant = await here.world.admin.people.redeem(code)
    if isinstance(grant, Refusal):
        return say(_UNKNOWN if grant is Refusal.UNKNOWN else REFUSALS[grant])
    role = covered(say.t, here.world.units, grant.role, grant.unit)
    return say(N_("<b>You now have this role: {role}.</b> /trogiup lists what you can do with it."), role=role)
