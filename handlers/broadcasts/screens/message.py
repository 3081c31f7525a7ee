"""The message of a broadcast: its text in each language, the ready-made texts, the buttons, and the preview."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from markupsafe import Markup, escape

from handlers.broadcasts.admin_text import format_broadcast_problem
from handlers.broadcasts.rendering import BUTTON_LABELS
from handlers.broadcasts.screens import current_broadcast, current_draft, to_broadcast_screen, to_current_broadcast
from handlers.broadcasts.screens.compose import (
    back_to_broadcast_option,
    change_draft,
    keep_option,
    render_not_changeable,
    to_next_part,
)
from handlers.broadcasts.template import Placeholder, Template, missing_placeholders, parse
from handlers.core import (
    DONE,
    Context,
    HandlerResult,
    MarkupTranslator,
    Option,
    OptionsOnlyScreen,
    Page,
    Reply,
    Session,
    back_option,
    current_rights,
    join_lines,
)
from handlers.model import Broadcast, BroadcastButton, BroadcastDraft, BroadcastText, PlaceholderValues, Recipient
from handlers.understanding.doubts import is_doubt
from locales import LANGUAGES, N_, translator
from rules.language.spelling import fold


class ReadyText(StrEnum):
    """The ready-made texts; the first one needs a deadline."""

    DEADLINE = "ready_deadline"
    TO_DO = "ready_to_do"


_GREETING = N_(
    "Dear {name},\n\nFor its government digital certificate, {unit} still has this to do: *{to_do}*.\n\n{deadline}"
    "A few questions right here in the chat show how to do it, and on what basis: tap “Do it now”."
)
_DEADLINE_SENTENCE = N_("The deadline is *{deadline}* ({days}).\n\n")
COLLEAGUE = N_("colleague")
#: Words for a placeholder where a recipient has no value.
_SLOT_DEFAULTS = {
    Placeholder.NAME: COLLEAGUE,
    Placeholder.UNIT: N_("your unit"),
    Placeholder.TO_DO: N_("what a few questions will show"),
}


def build_ready_text(which: ReadyText) -> BroadcastText:
    """Return a ready-made text in both languages."""
    return BroadcastText(vi=_format_ready_text("vi", which), en=_format_ready_text("en", which))


def is_custom_text(written: str) -> bool:
    """Return whether somebody wrote this text: it is not empty and not a ready-made one."""
    ready = {text for which in ReadyText for text in (build_ready_text(which).vi, build_ready_text(which).en)}
    return bool(written.strip()) and written not in ready


def _format_ready_text(language: str, which: ReadyText) -> str:
    t = translator(language)
    slots = {name: f"{{{name}|{t(words)}}}" for name, words in _SLOT_DEFAULTS.items()}
    until = t(_DEADLINE_SENTENCE, deadline="{han}", days="{so_ngay}") if which is ReadyText.DEADLINE else ""
    return t(
        _GREETING,
        name=slots[Placeholder.NAME],
        unit=slots[Placeholder.UNIT],
        to_do=slots[Placeholder.TO_DO],
        deadline=until,
    )


KEEP, CUSTOM, USE = "keep", "own", "use"
#: Shortest text in letters: an answer such as "1" or "ok" must not replace the text.
MIN_TEXT_LENGTH = 10
NO_TEXT = N_("That is too short for a text to officers, so nothing was changed. Please type the whole text.")
TEXT_STAYS = {
    "vi": N_("Your Vietnamese text stays as you wrote it."),
    "en": N_("Your English text stays as you wrote it."),
}
#: Longest text in characters; the check tells how much a channel can hold.
MAX_TEXT_LENGTH = 4000
_QUESTIONS = {
    "vi": N_("<b>The Vietnamese text:</b> please type it."),
    "en": N_("<b>The English text,</b> for those who read English here: please type it."),
}
PLACEHOLDERS_HELP = N_(
    "These are filled in for each person: {name} the name, {unit} the unit, {deadline} the deadline, {days} such as “7"
    " days left”, {to_do} what is still to do. Behind | stands what is said where nothing is known: {instead}."
)
MARKUP_HELP = N_("For bold type write *like this*, for italics _like this_.")
_EXAMPLE = N_("<i>For example: Dear {name}, please do this by *{deadline}* ({days}).</i>")


@dataclass(frozen=True, slots=True)
class BroadcastTextScreen:
    """Asks for the text in one language.

    ``session.about`` is the ready-made text that is shown before it is used; it never replaces a text that was typed.
    """

    language: Literal["vi", "en"]

    async def page(self, here: Context) -> Page:
        """Show the present text and explain placeholders and markup."""
        found = await current_draft(here)
        if found is None:
            return render_not_changeable(here)
        say, written = here.say, self._present_text(found.draft)
        now = join_lines(say(N_("Now it says:")), escape(written)) if written else Markup()
        if here.session.about in set(ReadyText):
            return _ready_page(here, getattr(build_ready_text(ReadyText(here.session.about)), self.language), written)
        told = (
            say(PLACEHOLDERS_HELP, **slot_names(say)),
            say(MARKUP_HELP),
            now or say(_EXAMPLE, **slot_names(say)),
        )
        return Page(say(_QUESTIONS[self.language]), told, self._options(here, found, written), exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Show a ready-made text, take the one that was shown, keep the text, or go back."""
        found, waiting = await current_draft(here), here.session.about
        if value == KEEP:
            return HandlerResult(await to_next_part(here, self._screen))
        if value == CUSTOM:
            return HandlerResult(to_broadcast_screen(here, self._screen))
        if found and value == USE and waiting in set(ReadyText) and not is_custom_text(self._present_text(found.draft)):
            return await self._take_ready_text(here, found, ReadyText(waiting))
        if found is None or value not in set(ReadyText):
            return HandlerResult(await to_current_broadcast(here))
        return HandlerResult(to_broadcast_screen(here, self._screen, value))

    async def _take_ready_text(self, here: Context, found: Broadcast, which: ReadyText) -> HandlerResult:
        """Use the ready-made text in each language in which nobody wrote a text."""
        ready, text = build_ready_text(which), found.draft.text
        kept = {one: getattr(text, one) for one in LANGUAGES if is_custom_text(getattr(text, one))}
        done = await change_draft(here, self._screen, text=ready.model_copy(update=kept))
        return replace(done, notes=(*done.notes, *(here.say(TEXT_STAYS[one]) for one in kept)))

    async def handle_text(self, here: Context, text: str) -> HandlerResult | None:
        """Save the typed text if it has no problems."""
        found = await current_draft(here)
        if found is None:
            return None
        if is_doubt(text, prose=True) or len(fold(text)) < MIN_TEXT_LENGTH:
            return HandlerResult(here.session, notes=(here.say(NO_TEXT),))
        if len(text) > MAX_TEXT_LENGTH:
            note = here.say(N_("That is too long: at most {most} characters, please."), most=MAX_TEXT_LENGTH)
            return HandlerResult(here.session, notes=(note,))
        read = parse(text)
        if not isinstance(read, Template):
            again = here.say(N_("Please type the text again, with this put right:"))
            return HandlerResult(
                here.session, notes=(again, *(format_broadcast_problem(here.say, one) for one in read))
            )
        changed = found.draft.text.model_copy(update={self.language: text.strip()})
        done = await change_draft(here, self._screen, text=changed)
        return replace(done, notes=(*done.notes, *_deadline_problems(here, found.draft, read)))

    def _present_text(self, draft: BroadcastDraft) -> str:
        written: str = getattr(draft.text, self.language)
        return written

    @property
    def _screen(self) -> str:
        return f"broadcast_{self.language}"

    def _options(self, here: Context, found: Broadcast, written: str) -> tuple[Option, ...]:
        t = here.say.t
        until = Option(
            ReadyText.DEADLINE, t(N_("Use a ready text, with the deadline")), ("mau co han", "ready deadline")
        )
        plain = Option(ReadyText.TO_DO, t(N_("Use a ready text, without a deadline")), ("mau khong co han", "ready"))
        ready = [until] if found.draft.deadline else []
        back = replace(back_to_broadcast_option(here), gives_up=True)
        return (*([keep_option(here, KEEP)] if written else []), *ready, plain, back)


def _ready_page(here: Context, ready: str, written: str) -> Page:
    """Show a ready-made text before it is used; beside a text that somebody typed it can be read only."""
    say = here.say
    title = say(N_("<b>The ready text says:</b>"))
    if is_custom_text(written):
        stays = say(N_("Your own text stays. You can copy parts of this one and type the whole anew."))
        back = Option(CUSTOM, say.t(N_("Back to my text")), ("quay lai", "giu", "khong", "back"))
        return Page(title, (escape(ready), stays), (back,), exact=True)
    use = Option(USE, say.t(N_("Use this text")), ("dung", "dung ban nay", "co", "dong y", "use"))
    own = Option(CUSTOM, say.t(N_("No, I write my own")), ("khong", "tu soan", "quay lai", "no"))
    return Page(title, (escape(ready),), (use, own), exact=True)


def slot_names(say: MarkupTranslator) -> dict[str, str]:
    """Return the placeholders as they are typed."""
    typed = {one.name.lower(): f"{{{one}}}" for one in Placeholder}
    return {**typed, "instead": f"{{{Placeholder.NAME}|{say.t(COLLEAGUE)}}}"}


def _deadline_problems(here: Context, draft: BroadcastDraft, read: Template) -> tuple[Markup, ...]:
    """Warn if the text mentions a deadline and the draft has none."""
    lost = {Placeholder.DEADLINE, Placeholder.DAYS} & set(missing_placeholders(read, PlaceholderValues()))
    if draft.deadline or not lost:
        return ()
    return (here.say(N_("The text speaks of a deadline, and there is none yet: please set one before you check it.")),)


VIETNAMESE, ENGLISH = BroadcastTextScreen("vi"), BroadcastTextScreen("en")

_SCREEN = "broadcast_buttons"
#: Prefix of the option value of a button, to tell it from ``DONE``. Ticks mark the buttons that were switched, so that
#: at first none is stored.
_TICK = "tick_"


class BroadcastButtonsScreen(OptionsOnlyScreen):
    """Asks which buttons the message has; each is switched on or off by itself."""

    async def page(self, here: Context) -> Page:
        """Explain the buttons and show which are on."""
        found = await current_draft(here)
        if found is None:
            return render_not_changeable(here)
        say, on = here.say, _active_buttons(here.session, found.draft.buttons)
        each = [Option(f"{_TICK}{one}", say.t(BUTTON_LABELS[one]), ticked=one in on) for one in BroadcastButton]
        done = Option(DONE, say.t(N_("Done")), ("xong", "het", "ok"), ticks=False)
        back = replace(back_to_broadcast_option(here), ticks=False)
        told = say(
            N_(
                "“Do it now” opens the questions. Who taps “I have done it” gets no more of these reminders; “Remind me"
                " later” puts the next one off. Tap a button to take it away or to put it back."
            )
        )
        return Page(say(N_("<b>Which buttons shall it have?</b>")), (told,), (*each, done, back), switches=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Switch a button on or off, or save them."""
        found = await current_draft(here)
        if value == DONE and found:
            return await change_draft(here, _SCREEN, buttons=_active_buttons(here.session, found.draft.buttons))
        if not value.startswith(_TICK):
            return HandlerResult(await to_current_broadcast(here))
        turned = here.session.ticked
        changed = tuple(one for one in turned if one != value) if value in turned else (*turned, value)
        return HandlerResult(here.session.with_changes(ticked=changed))


def _active_buttons(session: Session, kept: tuple[BroadcastButton, ...]) -> tuple[BroadcastButton, ...]:
    """Return the buttons that are on: those of the draft, with the ticked ones switched."""
    return tuple(one for one in BroadcastButton if (one in kept) != (f"{_TICK}{one}" in session.ticked))


#: Recipients in the preview.
SHOWN = 3


class BroadcastPreviewScreen(OptionsOnlyScreen):
    """Shows the messages of the first recipients with their real values."""

    async def page(self, here: Context) -> Page:
        """Show the messages one after the other, with their buttons."""
        say, found = here.say, await current_broadcast(here)
        back = back_option(say.t, N_("Back to the broadcast"))
        if found is None:
            return Page(say(N_("There is no such broadcast within your reach.")), options=(back,))
        sample = await here.world.admin.broadcasts.sample(await current_rights(here), found.id, SHOWN)
        title = say(N_("<b>As the first recipients will see it</b>"))
        nobody = say(N_("There is nobody yet who would get it, or it has no text."))
        told = tuple(part for each in sample for part in _format_sample(here, *each))
        return Page(title, told or (nobody,), (back,))

    async def handle_option(self, here: Context, value: str) -> HandlerResult:  # noqa: ARG002 - there is one option
        """Go back."""
        return HandlerResult(await to_current_broadcast(here))


def _format_sample(here: Context, to: Recipient, reply: Reply) -> Iterator[Markup]:
    """Format the recipient, the message and its buttons."""
    whose = " · ".join(part for part in (to.code, to.name, here.world.units.name(to.unit) if to.unit else None) if part)
    yield Markup("<b>— {} —</b>").format(whose)
    yield from (Markup(text) for text in reply.paragraphs)  # noqa: S704 - rendered by the template, values escaped
    if reply.choices:
        yield escape(" ".join(f"[{choice.label}]" for choice in reply.choices))
