"""The certificate question without a file: the day it ends, then whose certificate it is, typed or tapped."""

from datetime import timedelta

from markupsafe import Markup

from handlers.dates import day, parse_day
from handlers.folding import fold
from handlers.page import Answered, Option, Page
from handlers.screen import Here
from handlers.screens.flow import given
from handlers.session import Session
from handlers.voice import bold
from locales import N_
from rules import Question
from rules.facts import Issuer

HOW = "how"
#: Certificates of the first generation ran ten years; nothing ends later than that.
FARTHEST = timedelta(days=366 * 10)
TYPE_A_DAY = N_(
    "Please type the day it ends (or ended) as day/month/year, such as 16/11/2026."
    " If you do not remember it, send the certificate file, or choose below."
)
TOO_FAR = N_("{day} is more than ten years ahead. Please check the day.")

ISSUERS = {
    Issuer.GOVERNMENT: (
        N_("Ban Cơ yếu Chính phủ (government certificate)"),
        ("ban co yeu", "co yeu", "chinh phu", "cong vu"),
    ),
    Issuer.PUBLIC: (
        N_("A public provider (VNPT, Viettel, FPT…)"),
        ("cong cong", "vnpt", "viettel", "fpt", "misa", "bkav"),
    ),
    Issuer.UNKNOWN: (N_("I do not know"), ("khong ro", "khong biet", "chua ro")),
}
EXPORT = N_(
    "<b>How to get the file.</b>\n"
    "• Windows: plug in the token, press Windows + R, type <code>certmgr.msc</code>, open Personal,"
    " Certificates, open the"
    " certificate, then Details, Copy to File, choose <b>No, do not export the private key</b>, DER or"
    " Base-64, save as .cer.\n"
    "• Adobe Reader: open a PDF you signed, click the signature, Signature Properties, Show Signer's"
    " Certificate, Export.\n"
    "• The token's own tool: open the certificate, choose Export certificate (.cer).\n"
    "• Or just send a PDF that was signed with it.\n"
    "The words of the menus may differ a little from version to version."
)


def page(here: Here, asked: Question, progress: Markup) -> Page:
    """First the day, or that it is not at hand; after a typed day, the issuer."""
    say = here.say
    if here.session.typed_expiry is not None:
        who = say(N_("<b>Who issued this certificate?</b>"))
        return Page(who, (progress,), tuple(_issuers(here)), numbers="codes")
    ask = say(N_("Send the certificate file (.cer, .crt, .p7b, or a PDF signed with it) right here, now or later."))
    by_hand = say(N_("No file at hand? Type the day it ends, such as 16/11/2026, or choose below."))
    how = Option(HOW, say.t(N_("How do I get the file?")), ("cach xuat tep", "lay tep o dau", "huong dan"))
    options = [Option(option.value, say.t(option.label), option.synonyms) for option in asked.options]
    return Page(bold(say.text(asked.text)), (ask, by_hand, progress), (*options, how), numbers="codes")


def _issuers(here: Here) -> list[Option]:
    return [Option(issuer.value, here.say.t(label), synonyms) for issuer, (label, synonyms) in ISSUERS.items()]


def chosen(here: Here, asked: Question, value: str) -> Answered:
    """Help, an option of the pack, or the issuer after a typed day."""
    ends = here.session.typed_expiry
    if value == HOW:
        return Answered(here.session, notes=(here.say(EXPORT),))
    if ends is not None:
        return Answered(_given(here, {"not_before": None, "not_after": ends.isoformat(), "issuer": value}))
    option = next(option for option in asked.options if option.value == value)
    return Answered(_given(here, {**option.sets, **dict.fromkeys(option.not_known)}))


def _given(here: Here, fact: dict[str, str | None]) -> Session:
    """Typed by hand: a file read before no longer speaks for this certificate."""
    return given(here.with_session(here.session.with_changes(certificate=None)), "certificate", fact)


def typed(here: Here, text: str) -> Answered | None:
    """A day, and that it was understood as one; another day takes its place."""
    ends = parse_day(text)
    if ends is None:
        return Answered(here.session, notes=(here.say(TYPE_A_DAY),)) if _speaks_of_a_day(text) else None
    if ends > here.today + FARTHEST:
        return Answered(here.session, notes=(here.say(TOO_FAR, day=day(ends)),))
    note = here.say(N_("The certificate ends on {day}."), day=day(ends))
    return Answered(here.session.with_changes(typed_expiry=ends), notes=(note,))


def _speaks_of_a_day(text: str) -> bool:
    """A day that does not exist, or an end without a day."""
    return sum(map(str.isdigit, text)) > 3 or "het han" in fold(text)
