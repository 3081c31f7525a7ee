"""The greeting: what the assistant does, what it stores and why, and consent before anything personal is stored."""

from handlers.events import FileSent
from handlers.page import Answered, Option, Page
from handlers.screen import Here, NoText
from handlers.screens.flow import proceed
from locales import N_

AGREE, DECLINE, ENGLISH = "agree", "decline", "language"

GREETING = N_("<b>Hello. I am Trợ lý Chứng thư.</b>")
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
    "At any time /dulieu gives you all that is held about you and /xoadulieu deletes it. I never ask for your PIN, your"
    " private key or your personal number (CCCD): please do not send them."
)
LIMIT = N_("This is help with the rules, not a decision of an office: the office that receives your dossier decides.")
CONSENT = N_("<b>Do you agree that I store this while I help you?</b>")


BRIEFLY = N_(
    "<b>Before we begin: do you agree that I store your answers, what your certificate says and your requests,"
    " until {days} days after the last contact?</b> /start shows the whole notice."
)


class Welcome(NoText):
    """Shown until there is consent."""

    async def page(self, here: Here) -> Page:
        """Greeting, purpose, notice; consent as a button."""
        say = here.say
        return Page(
            title=say(GREETING),
            paragraphs=(
                say(PURPOSE),
                say(STORED, days=here.world.retention_days),
                say(SEEN),
                say(RIGHTS),
                say(LIMIT),
                say(CONSENT),
            ),
            options=_options(here),
            brief=say(BRIEFLY, days=here.world.retention_days),
            exact=True,
        )

    async def handle_option(self, here: Here, value: str) -> Answered:
        """Begin, leave without a trace, or speak the other language."""
        session = here.session
        if value == ENGLISH:
            return Answered(session.with_changes(language="en" if session.language == "vi" else "vi"))
        if value == DECLINE:
            note = here.say(
                N_("Understood. I store no answer and no file of yours. If you change your mind, send /start.")
            )
            return Answered(session, notes=(note,), show=False, forget=True)
        begun = session.with_changes(consented_at=here.world.now, pack=here.world.pack.label, waiting_files=())
        return Answered(
            proceed(here.with_session(begun)),
            notes=(here.say(N_("Thank you. You can send your certificate file at any moment.")),),
            again=_waiting(here),
            show=not session.waiting_files,
        )


def _waiting(here: Here) -> tuple[FileSent, ...]:
    """The files that waited; of several, each under a number, for their names were not kept."""
    files = here.session.waiting_files
    if len(files) == 1:
        return files
    called = N_("File {number}")
    return tuple(
        file.model_copy(update={"name": here.say.t(called, number=number), "album": True})
        for number, file in enumerate(files, 1)
    )


def _options(here: Here) -> tuple[Option, ...]:
    t = here.say.t
    yes = ("dong y", "dong y a", "toi dong y", "ok", "co", "u", "uh", "vang", "da", "yes", "bat dau", "duoc", "agree")
    return (
        Option(AGREE, t(N_("I agree, let us begin")), yes),
        Option(DECLINE, t(N_("I do not agree")), ("khong", "no", "tu choi", "khong dong y")),
        Option(ENGLISH, t(N_("English / Tiếng Việt")), ("english", "tieng viet", "tieng anh")),
    )
