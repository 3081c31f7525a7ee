"""The welcome with consent, beginning anew, and the small screens for language, pause and erasure.

Nothing personal is stored before consent.
"""

from markupsafe import Markup

from handlers.channels import format_channel
from handlers.core import (
    NO,
    NO_SYNONYMS,
    YES,
    YES_SYNONYMS,
    Context,
    FileSent,
    HandlerResult,
    Option,
    OptionsOnlyScreen,
    Page,
    Session,
    current_rights,
    format_bullets,
    join_lines,
    with_answer,
)
from handlers.interview import to_next_certificate, to_next_screen
from handlers.interview.screens.question import format_phrase
from handlers.interview.screens.retraction import SAFETY_VALUES, restored
from handlers.interview.screens.understood import format_noted_day
from locales import N_

AGREE, NOTICE, DECLINE, ENGLISH = "agree", "notice", "decline", "language"

GREETING = N_(
    "<b>Hello, I am Trợ lý Chứng thư: after a reorganisation I tell you what to do with a government digital"
    " certificate (chứng thư chữ ký số chuyên dùng công vụ), and by which document.</b>"
)
KEPT = N_(
    "For that I keep your answers, what the certificate says and the requests you register, encrypted and for {days}"
    " days after the last contact; please never send a PIN or a private key, nor a personal number (CCCD) unasked."
)
#: Stands for the welcome under the answer to a question: whoever asks first thing must still know what is agreed to.
REMINDER = N_(
    "For your own case I, Trợ lý Chứng thư, keep what you tell me, encrypted and for {days} days after the last"
    " contact. Please never send a PIN, a private key or a personal number (CCCD)."
)
PURPOSE = N_(
    "After a reorganisation, every government digital certificate (chứng thư chữ ký số chuyên dùng công"
    " vụ) must be changed,"
    " revoked or kept. I ask a few questions, read your certificate file if you send it, and answer with the procedure"
    " and the documents it rests on."
)
STORED = N_(
    "<b>What I store, and why.</b> Your answers, what the certificate file says (not the file itself),"
    " and the requests you"
    " register: to answer you and to pass the request on to your managing body. All of it is encrypted,"
    " and deleted {days}"
    " days after the last contact or the end of a request."
)
SEEN = N_("<b>Who sees it.</b> Admins of your unit and of those above it see your requests and how far they are.")
RIGHTS = N_(
    "At any time /dulieu gives you all that is held about you and /xoadulieu deletes it. I never ask for your PIN or"
    " your private key: please do not send them."
)
IDENTITY = N_(
    "<b>Your personal number (CCCD).</b> I ask for it only while I fill in a form that has a line for it, and say so"
    " there. It is shown masked, and erased once the papers are sent, after 7 days at the latest. Otherwise please do"
    " not send it."
)
LIMIT = N_("This is help with the rules, not a decision of an office: the office that receives your dossier decides.")
CONSENT = N_("<b>Do you agree that I store this while I help you?</b>")
#: The subject of the lasting button under the greeting: it can be read again at any time.
NOTICE_SUBJECT = "notice"
READ_AGAIN = N_("You can read this again at any time: /quyenrieng")


class WelcomeScreen(OptionsOnlyScreen):
    """Greets in three sentences and asks for consent; the whole notice is behind a button."""

    async def page(self, here: Context) -> Page:
        """Show what this is for and what is kept, with consent as a button."""
        say = here.say
        return Page(
            title=say(GREETING),
            paragraphs=(say(KEPT, days=here.world.retention_days), say(CONSENT)),
            options=_welcome_options(here),
            exact=True,
            subject=NOTICE_SUBJECT,
            reminder=join_lines(say(REMINDER, days=here.world.retention_days), say(CONSENT)),
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Begin, show the whole notice, leave without storing anything, or switch the language."""
        session = here.session
        if value == NOTICE:
            return await show_notice(here)
        if value == ENGLISH:
            return HandlerResult(session.with_changes(language="en" if session.language == "vi" else "vi"))
        if value == DECLINE:
            note = here.say(
                N_("Understood. I store no answer and no file of yours. If you change your mind, send /start.")
            )
            return HandlerResult(session, notes=(note,), show=False, forget=True)
        begun = session.with_changes(consented_at=here.world.now, pack=here.pack.label, waiting_files=())
        waiting = _waiting_files(here)  # what was read from them is said next, in place of any thanks
        thanks = () if waiting else (here.say(N_("Thank you. You can send your certificate file at any moment.")),)
        if not waiting and not begun.understood and (await current_rights(here)).grants:
            return HandlerResult(begun.with_screen("home"))  # who was invited to a role wants to work by it
        noted = format_noted_day(here, begun.understood)
        return HandlerResult(
            to_next_screen(here.with_session(begun)), notes=(*thanks, *noted), again=waiting, show=not waiting
        )


def format_notice(here: Context) -> tuple[Markup, ...]:
    """Format the whole privacy notice, one paragraph for each part."""
    say = here.say
    return (
        say(PURPOSE),
        say(STORED, days=here.world.retention_days),
        say(SEEN),
        say(IDENTITY),
        say(RIGHTS),
        say(LIMIT),
    )


async def show_notice(here: Context) -> HandlerResult:
    """Show the whole notice as a message of its own; before consent, with the buttons to decide."""
    asking = here.session.screen == "welcome"
    choices = (await WelcomeScreen().page(here)).to_reply(here.session).choices if asking else ()
    return HandlerResult(here.session, notes=(*format_notice(here), here.say(READ_AGAIN)), choices=choices, show=False)


async def show_more_of_notice(here: Context, value: str, subject: str) -> HandlerResult | None:  # noqa: ARG001
    """Show the notice for the button under the greeting, which never outdates."""
    return await show_notice(here)


def _waiting_files(here: Context) -> tuple[FileSent, ...]:
    """Return the files sent before consent; several get numbers, because their names were not stored."""
    files = here.session.waiting_files
    if len(files) == 1:
        return files
    called = N_("File {number}")
    return tuple(
        file.model_copy(update={"name": here.say.t(called, number=number), "album": True})
        for number, file in enumerate(files, 1)
    )


def _welcome_options(here: Context) -> tuple[Option, ...]:
    t = here.say.t
    yes = ("dong y", "dong y a", "toi dong y", "ok", "co", "u", "uh", "vang", "da", "yes", "bat dau", "duoc", "agree")
    return (
        Option(AGREE, t(N_("I agree, let us begin")), yes),
        Option(NOTICE, t(N_("What do I store?")), ("toi luu gi", "luu gi", "ban luu gi", "notice"), lasting=True),
        Option(DECLINE, t(N_("I do not agree")), ("khong", "no", "tu choi", "khong dong y")),
        Option(ENGLISH, t(N_("English / Tiếng Việt")), ("english", "tieng viet", "tieng anh")),
    )


class LanguageScreen(OptionsOnlyScreen):
    """Switches the language; answers are kept."""

    async def page(self, here: Context) -> Page:
        """Offer each language under its own name."""
        options = (
            Option("vi", "Tiếng Việt", ("vi", "viet", "vietnamese")),
            Option("en", "English", ("en", "anh", "tieng anh")),
        )
        return Page(here.say(N_("<b>Which language shall I speak?</b>")), options=options)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Continue in the chosen language."""
        session = here.session.with_changes(language=value)
        note = here.with_session(session).say(N_("From now on I speak English. Your answers are kept."))
        return HandlerResult(session.to_previous_screen(), notes=(note,))


class PauseScreen(OptionsOnlyScreen):
    """The pause after /huy; nothing is lost."""

    async def page(self, here: Context) -> Page:
        """Offer to continue."""
        go_on = Option(YES, here.say.t(N_("Continue")), ("tiep tuc", "continue", "lam tiep"))
        say = here.say
        return Page(
            say(N_("We have stopped here. Your answers are kept; continue whenever you like.")), options=(go_on,)
        )

    async def handle_option(self, here: Context, value: str) -> HandlerResult:  # noqa: ARG002 - there is one option
        """Return to the open question."""
        return HandlerResult(here.session.to_previous_screen())


_EVERYWHERE = N_(
    "This is about all your linked channels: also {channels}. To delete only what is here, part the channels first:"
    " /kenh"
)
#: A web chat is easily taken over: whoever has it must not end the role of a chat that is linked with it.
_ROLE_ELSEWHERE = N_(
    "You have a role in another linked channel: {channels}. Deleting everything would end that role, so it cannot be"
    " done from here. Part the channels first: /kenh"
)
_OR_THERE = N_("Or send /xoadulieu in the channel where you have the role.")


class EraseScreen(OptionsOnlyScreen):
    """Deletes all data about the person after a second confirmation; never the role of another linked chat."""

    async def page(self, here: Context) -> Page:
        """Tell which data will be deleted and which must be kept, or why nothing can be deleted from here."""
        say = here.say
        if refused := await _erasing_refused(here):
            keep = Option(NO, say.t(N_("Keep it")), NO_SYNONYMS)
            return Page(refused[0], refused[1:], (keep,), exact=True)
        what = say(
            N_(
                "Your answers, what was read of your certificate and your requests are deleted for good. A request"
                " that was"
                " already forwarded must stay until it is done or refused; I will name it."
            )
        )
        mine = await here.world.channels.mine()
        linked = [one for one in mine if not one.here]
        everywhere = (
            Option(YES, say.t(N_("Delete everything, on all channels")), ("xoa het", "xoa moi kenh", "delete all")),
            Option(NO, say.t(N_("Keep it")), NO_SYNONYMS),
        )
        options = (
            everywhere
            if linked
            else (
                Option(YES, say.t(N_("Delete everything about me")), YES_SYNONYMS),
                Option(NO, say.t(N_("Keep it")), NO_SYNONYMS),
            )
        )
        names = ", ".join(one.address or format_channel(say, one.kind) for one in linked)
        also = (say(_EVERYWHERE, channels=names),) if linked else ()
        roles = (say(N_("Your role ends with it, unless you are the last owner.")),)
        held = roles if any(one.grants for one in mine) else ()
        return Page(say(N_("<b>Delete all data about you?</b>")), (what, *also, *held), options, exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Delete the data, and name the requests that were kept."""
        if value == NO:
            return HandlerResult(here.session.to_previous_screen(), notes=(here.say(N_("Nothing was deleted.")),))
        if refused := await _erasing_refused(here):  # the role was given, or the channel linked, since it was asked
            return HandlerResult(here.session.to_previous_screen(), notes=refused)
        kept = await here.world.own_data.erase()
        notes = [here.say(N_("All data about you has been deleted. To begin again, send /start."))]
        if kept:
            notes.append(
                here.say(N_("These requests were already forwarded and must stay: {codes}."), codes=", ".join(kept))
            )
        if (await current_rights(here)).grants:
            notes.append(here.say(N_("You are the last owner: this role stays until there is another owner.")))
        return HandlerResult(here.session, notes=tuple(notes), show=False, forget=True)


async def _erasing_refused(here: Context) -> tuple[Markup, ...]:
    """Tell that a role in another linked channel stands against erasing; nothing where none does."""
    mine = await here.world.channels.mine()
    holding = [one for one in mine if one.grants and not one.here]
    if not holding:
        return ()
    names = ", ".join(one.address or format_channel(here.say, one.kind) for one in holding)
    alone = len(holding) == 1 and not any(one.grants for one in mine if one.here)
    there = (here.say(_OR_THERE),) if alone else ()
    return (here.say(_ROLE_ELSEWHERE, channels=names), *there)


SAME, OTHER = "same", "other"
BEGUN_ANEW = N_("We begin anew. Your registered requests are kept.")
#: What is answered again by itself; what happened to a body or person is asked, and compared with what was confirmed.
_ANSWERED = ("token", "key_exposed")


async def begin_anew(here: Context) -> HandlerResult:
    """Begin the questions anew, or ask first about which certificate."""
    if here.session.safety_facts:
        return HandlerResult(here.session.with_screen("restart"))
    return HandlerResult(to_next_certificate(here), notes=(here.say(BEGUN_ANEW),))


class RestartScreen(OptionsOnlyScreen):
    """Shows what was confirmed, and asks which certificate it is about from now on."""

    async def page(self, here: Context) -> Page:
        """Name each danger on record; the safe answer comes first."""
        say, told = here.say, here.session.safety_facts
        dangers = (format_phrase(say, fact, restored(fact, told[fact], {})) for fact in SAFETY_VALUES if fact in told)
        options = (
            Option(SAME, say.t(N_("The same certificate: this stays")), ("chung thu nay", "van chung thu nay", "cu")),
            Option(OTHER, say.t(N_("Another certificate")), ("chung thu khac", "khac", "another")),
            Option(NO, say.t(N_("Do not begin anew")), ("thoi", "khong", "khong lam lai", "quay lai", "no")),
        )
        title = say(N_("<b>Begin anew about which certificate?</b> You have confirmed:"))
        hint = say(N_("If that was wrong, keep the certificate and change it with /xemlai."))
        return Page(title, (format_bullets(dangers), hint), options, exact=True)

    async def handle_option(self, here: Context, value: str) -> HandlerResult:
        """Begin anew with what must stay, or with nothing, or go on as before."""
        if value == NO:
            return HandlerResult(to_next_screen(here))
        session = _to_same_certificate(here) if value == SAME else to_next_certificate(here)
        return HandlerResult(session, notes=(here.say(BEGUN_ANEW),))


def _to_same_certificate(here: Context) -> Session:
    told = here.session.safety_facts
    session = to_next_certificate(here).with_changes(safety_facts=told)
    for fact in _ANSWERED:
        if values := told.get(fact):
            session = with_answer(session, fact, restored(fact, values, {}), here.pack)
    return to_next_screen(here.with_session(session))
