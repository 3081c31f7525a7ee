"""What is said: typed in each language, or a text that is ready."""

from dataclasses import dataclass, replace
from typing import Literal

from markupsafe import Markup, escape

from handlers.broadcasts.model import Broadcast, Draft, Values
from handlers.broadcasts.placeholders import Placeholder
from handlers.broadcasts.template import Template, missing, parse
from handlers.office.broadcast_drafting import back_to, closed, keep, onwards, rewritten
from handlers.office.broadcast_ready import COLLEAGUE, Ready, ready_text
from handlers.office.broadcast_view import draft_of, reopened
from handlers.office.broadcast_words import problem
from handlers.page import Answered, Option, Page
from handlers.screen import Here
from handlers.voice import Voice, lines
from locales import N_

KEEP = "keep"
#: Characters of a text; what a channel holds is said by the check.
LONGEST = 4000
_ASK = {
    "vi": N_("<b>The Vietnamese text:</b> please type it."),
    "en": N_("<b>The English text,</b> for those who read English here: please type it."),
}
_FILLED = N_(
    "These are filled in for each person: {name} the name, {unit} the unit, {deadline} the deadline, {days} such as “7"
    " days left”, {to_do} what is still to do. Behind | stands what is said where nothing is known: {instead}."
)
_MARKUP = N_("For bold type write *like this*, for italics _like this_.")
_EXAMPLE = N_("<i>For example: Dear {name}, please do this by *{deadline}* ({days}).</i>")


@dataclass(frozen=True, slots=True)
class WordsIn:
    """The text in one language."""

    language: Literal["vi", "en"]

    async def page(self, here: Here) -> Page:
        """What can be written, and the text as it is."""
        found = await draft_of(here)
        if found is None:
            return closed(here)
        say, written = here.say, getattr(found.draft.text, self.language)
        now = lines(say(N_("Now it says:")), escape(written)) if written else Markup()
        told = (say(_FILLED, **_slots(say)), say(_MARKUP), now or say(_EXAMPLE, **_slots(say)))
        return Page(say(_ASK[self.language]), told, self._options(here, found, written), exact=True)

    async def chosen(self, here: Here, value: str) -> Answered:
        """A ready text for both languages, the text left as it is, or back."""
        if value == KEEP:
            return Answered(await onwards(here, self._screen))
        if value in set(Ready):
            return await rewritten(here, "broadcast_en", text=ready_text(Ready(value)))
        return Answered(await reopened(here))

    async def typed(self, here: Here, text: str) -> Answered | None:
        """The text, once nothing stands against it."""
        found = await draft_of(here)
        if found is None:
            return None
        if len(text) > LONGEST:
            note = here.say(N_("That is too long: at most {most} characters, please."), most=LONGEST)
            return Answered(here.session, notes=(note,))
        read = parse(text)
        if not isinstance(read, Template):
            again = here.say(N_("Please type the text again, with this put right:"))
            return Answered(here.session, notes=(again, *(problem(here.say, one) for one in read)))
        changed = found.draft.text.model_copy(update={self.language: text.strip()})
        done = await rewritten(here, self._screen, text=changed)
        return replace(done, notes=(*done.notes, *_without_deadline(here, found.draft, read)))

    @property
    def _screen(self) -> str:
        return f"broadcast_{self.language}"

    def _options(self, here: Here, found: Broadcast, written: str) -> tuple[Option, ...]:
        t = here.say.t
        until = Option(Ready.DEADLINE, t(N_("Use a ready text, with the deadline")), ("mau co han", "ready deadline"))
        plain = Option(Ready.TO_DO, t(N_("Use a ready text, without a deadline")), ("mau khong co han", "ready"))
        ready = [until] if found.draft.deadline else []
        return (*ready, plain, *([keep(here, KEEP)] if written else []), back_to(here))


def _slots(say: Voice) -> dict[str, str]:
    """The placeholders as they are typed."""
    typed = {one.name.lower(): f"{{{one}}}" for one in Placeholder}
    return {**typed, "instead": f"{{{Placeholder.NAME}|{say.t(COLLEAGUE)}}}"}


def _without_deadline(here: Here, draft: Draft, read: Template) -> tuple[Markup, ...]:
    """What a text speaks of that the draft does not have."""
    lost = {Placeholder.DEADLINE, Placeholder.DAYS} & set(missing(read, Values()))
    if draft.deadline or not lost:
        return ()
    return (here.say(N_("The text speaks of a deadline, and there is none yet: please set one before you check it.")),)


VIETNAMESE, ENGLISH = WordsIn("vi"), WordsIn("en")
