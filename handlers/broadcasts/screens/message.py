"""What is said: typed in each language, or a text that is ready."""

from dataclasses import dataclass, replace
from typing import Literal

from markupsafe import Markup, escape

from handlers.broadcasts.model import Broadcast, Draft, Values
from handlers.broadcasts.placeholders import Placeholder
from handlers.broadcasts.template import Template, missing, parse
from handlers.doubts import is_doubt
from handlers.folding import fold
from handlers.office.broadcast_drafting import back_to, closed, keep, onwards, rewritten
from handlers.office.broadcast_ready import COLLEAGUE, Ready, is_own, ready_text
from handlers.office.broadcast_view import draft_of, reopened, shown
from handlers.office.broadcast_words import problem
from handlers.page import Answered, Option, Page
from handlers.screen import Here
from handlers.voice import Voice, lines
from locales import LANGUAGES, N_

KEEP, OWN, REPLACE = "keep", "own", "replace"
#: Letters of a text that says anything; a "1" or an "ok" typed here does not take the place of what is written.
SHORTEST = 10
_NO_TEXT = N_("That is too short for a text to officers, so nothing was changed. Please type the whole text.")
_STAYS = {
    "vi": N_("Your Vietnamese text stays as you wrote it."),
    "en": N_("Your English text stays as you wrote it."),
}
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
    """The text in one language; ``session.about`` is a ready text that waits for a yes to take the place of it."""

    language: Literal["vi", "en"]

    async def page(self, here: Here) -> Page:
        """What can be written, and the text as it is."""
        found = await draft_of(here)
        if found is None:
            return closed(here)
        say, written = here.say, self._written(found.draft)
        now = lines(say(N_("Now it says:")), escape(written)) if written else Markup()
        if here.session.about in set(Ready):
            return _replacing(here, now)
        told = (say(_FILLED, **_slots(say)), say(_MARKUP), now or say(_EXAMPLE, **_slots(say)))
        return Page(say(_ASK[self.language]), told, self._options(here, found, written), exact=True)

    async def handle_option(self, here: Here, value: str) -> Answered:
        """A ready text for what nobody has written yet, the text left as it is, or back."""
        found, waiting = await draft_of(here), here.session.about
        if value == KEEP:
            return Answered(await onwards(here, self._screen))
        if value == OWN:
            return Answered(shown(here, self._screen))
        if found and value == REPLACE and waiting in set(Ready):
            return await self._taken(here, found, Ready(waiting), over=True)
        if found is None or value not in set(Ready):
            return Answered(await reopened(here))
        if is_own(self._written(found.draft)):
            return Answered(shown(here, self._screen, value))
        return await self._taken(here, found, Ready(value))

    async def _taken(self, here: Here, found: Broadcast, which: Ready, *, over: bool = False) -> Answered:
        """The ready text in this language, and in the other one where nobody has written any."""
        ready, text = ready_text(which), found.draft.text
        kept = {one: getattr(text, one) for one in LANGUAGES if is_own(getattr(text, one))}
        if over:
            kept.pop(self.language, None)
        done = await rewritten(here, self._screen if kept else "broadcast_en", text=ready.model_copy(update=kept))
        return replace(done, notes=(*done.notes, *(here.say(_STAYS[one]) for one in kept)))

    async def handle_text(self, here: Here, text: str) -> Answered | None:
        """The text, once nothing stands against it."""
        found = await draft_of(here)
        if found is None:
            return None
        if is_doubt(text, prose=True) or len(fold(text)) < SHORTEST:
            return Answered(here.session, notes=(here.say(_NO_TEXT),))
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

    def _written(self, draft: Draft) -> str:
        written: str = getattr(draft.text, self.language)
        return written

    @property
    def _screen(self) -> str:
        return f"broadcast_{self.language}"

    def _options(self, here: Here, found: Broadcast, written: str) -> tuple[Option, ...]:
        t = here.say.t
        until = Option(Ready.DEADLINE, t(N_("Use a ready text, with the deadline")), ("mau co han", "ready deadline"))
        plain = Option(Ready.TO_DO, t(N_("Use a ready text, without a deadline")), ("mau khong co han", "ready"))
        ready = [until] if found.draft.deadline else []
        back = replace(back_to(here), numbered=False)
        return (*([keep(here, KEEP)] if written else []), *ready, plain, back)


def _replacing(here: Here, now: Markup) -> Page:
    """Words that somebody typed are not replaced unasked."""
    say = here.say
    own = Option(OWN, say.t(N_("No, keep my text")), ("khong", "giu", "giu nguyen", "no"))
    over = Option(REPLACE, say.t(N_("Yes, put the ready text in its place")), ("co", "dong y", "thay", "yes"))
    return Page(say(N_("<b>Put the ready text in the place of your own?</b>")), (now,), (own, over), exact=True)


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
