"""Walk through the conversation: every screen, and the steps that lead there.

The page of screens and its diagram are made from these walks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from handlers.broadcasts.rendering import render_broadcast
from handlers.conversation import respond
from handlers.core import (
    Attachment,
    ButtonTapped,
    Event,
    FileRead,
    FileSent,
    FormsMade,
    Reply,
    ScreenCallback,
    Services,
    Session,
    TextReceived,
    Throttled,
    UnreadableReceived,
)
from handlers.model import (
    NO_UNITS,
    Attribute,
    BroadcastDraft,
    BroadcastText,
    Certificate,
    CertificatePart,
    FileProblem,
    FileProblemKind,
    PlaceholderValues,
    Reading,
    Recognition,
    Succession,
    SuccessionKind,
    Unit,
    UnitDirectory,
)
from handlers.testing import build_memory_services
from locales import N_
from rules.calendar import to_vietnam_day
from rules.facts import Issuer, Subject
from rules.outcome import Procedure
from rules.pack import Pack

#: All walks happen on this day, so that the page does not change from day to day.
TODAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ISSUER = "CA phục vụ các cơ quan Nhà nước G2"
SAMPLE = Certificate(
    subject=(Attribute(oid="2.5.4.3", name="CN", value="UBND XÃ MẪU"),),
    name="UBND XÃ MẪU",
    superior="UBND HUYỆN MẪU",
    locality="Đồng Nai",
    email="vanthu@mau.gov.vn",
    issuer=(Attribute(oid="2.5.4.3", name="CN", value=ISSUER),),
    issuer_name=ISSUER,
    serial="0123456789ABCDEF",
    not_before=datetime(2024, 3, 1, 2, 0, tzinfo=UTC),
    not_after=datetime(2029, 2, 28, 2, 0, tzinfo=UTC),
    key="RSA 3072",
    signature_algorithm="sha256WithRSAEncryption",
    fingerprint="0" * 64,
    subscriber=Subject.ORGANISATION,
    issuer_kind=Issuer.GOVERNMENT,
    recognition=Recognition.BY_NAME_ONLY,
)
FORMER = SAMPLE.model_copy(update={"name": "UBND XÃ MẪU CŨ", "fingerprint": "2" * 64})
EXPIRED = SAMPLE.model_copy(update={"not_after": datetime(2026, 11, 16, 8, 9, tzinfo=UTC), "fingerprint": "1" * 64})
PARTLY = SAMPLE.model_copy(update={"email": None, "unreadable": (CertificatePart.EMAIL,), "fingerprint": "2" * 64})
#: The units of the walks that need some; in the others no unit is known, and none is asked for.
UNITS = UnitDirectory.of(
    (
        Unit("MAU", "tỉnh Mẫu", aliases=("UBND tỉnh Mẫu",)),
        Unit("MAU-1", "xã Mẫu", "MAU", ("UBND xã Mẫu",)),
        Unit("MAU-2", "xã Mẫu Hai", "MAU", ("UBND xã Mẫu Hai",)),
        Unit("MAU-CU", "xã Mẫu Cũ", "MAU", ("UBND xã Mẫu Cũ",), closed_on=date(2025, 7, 1)),
    ),
    (Succession("MAU-CU", "MAU-1", SuccessionKind.MERGED_INTO_NEW, date(2025, 7, 1), "1662/NQ-UBTVQH15"),),
)

BEGIN = ("/start", "=agree")
BODY = (*BEGIN, "=organisation")
SUPERIOR = (*BODY, "=superior_changed", "=done")
TYPED = (*SUPERIOR, "31/12/2028")
ANSWERED = (*TYPED, "=fine")
READ = (*BEGIN, "+certificate", "=organisation", "=superior_changed", "=done", "=fine")
RENAMED = (*BODY, "=renamed", "=done", "31/12/2028")
ABSORBED = (*BODY, "=merged_into_existing", "=done", "=absorbed", "31/12/2028")
FILLED = (*READ, "=register", "=0", "=0", "=0", "UBND TỈNH MẪU")
SENT = (*FILLED, "=send")
PAPERS = (*ABSORBED, "=fine", "=forms")
TYPED_PAPERS = (*PAPERS, "UBND XÃ MẪU CŨ", "UBND xã Mẫu", "0123456789ABCDEF", "=later")
CONTACT = (*TYPED_PAPERS, "=later", "=later", "=later", "Nguyễn Thị Mẫu", "=later", "=later", "=later", "=later")

FILE = N_("A file that cannot be used")
#: Heading -> steps: ``=value`` takes that option, ``#1`` taps the first button, ``+name`` sends that event, ``!data``
#: is a button of another page; anything else is typed.
WALKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Greeting and consent"), ("/start",)),
    (N_("What is stored"), ("/start", "=notice")),
    (N_("Consent refused"), ("/start", "=decline")),
    (N_("A file before consent"), ("/start", "+file")),
    (N_("Question: whose certificate"), BEGIN),
    (N_("Question: what happened to an organisation"), BODY),
    (N_("Question: what happened to an officer"), (*BEGIN, "=individual")),
    (N_("Question: what happened to a device"), (*BEGIN, "=device")),
    (N_("Several things happened: the ticks"), (*BODY, "=superior_changed")),
    (N_("Question: place in the merger, new body"), (*BODY, "=merged_into_new", "=done")),
    (N_("Question: place in the merger, existing body"), (*BODY, "=merged_into_existing", "=done")),
    (N_("Question: the condition of certificate, token and key"), SUPERIOR),
    (N_("Question: the condition, something is wrong"), (*SUPERIOR, "=token:lost")),
    (N_("How to get the file"), (*SUPERIOR, "=how")),
    (N_("Question: the condition, after a typed day"), TYPED),
    (N_("Question: the condition, beside the certificate"), (*READ[:4], "=renamed", "=done")),
    (N_("Question: the certificate"), (*ANSWERED, "/xemlai", "=certificate")),
    (N_("Question: the issuer, after a typed day"), (*ANSWERED, "/xemlai", "=certificate", "31/12/2027")),
    (
        N_("Question: data still match"),
        (*RENAMED, "=fine", "/xemlai", "=information_matches"),
    ),
    (N_("Question: the token"), (*ANSWERED, "/xemlai", "=token")),
    (N_("Question: key exposed"), (*ANSWERED, "/xemlai", "=key_exposed")),
    (N_("Why this question"), (*BODY, "/visao")),
    (N_("Typed words that fit several options"), (*BODY, "sap nhap")),
    (N_("Typed words that mean nothing here"), (*BEGIN, "abc xyz")),
    (N_("A sentence as the first message"), ("xã em sáp nhập thành xã mới, token bị mất",)),
    (N_("Beginning anew with a loss on record"), (*BEGIN, "token cơ quan bị mất", "=yes", "/lamlai")),
    (N_("A sentence is said back"), (*BEGIN, "cơ quan em đổi tên rồi, token cơ quan bị mất")),
    (
        N_("A lost token that would be in hand again"),
        (*ABSORBED, "=token:lost", "=done", "/xemlai", "=token", "=in_hand"),
    ),
    (
        N_("A death that would no longer count"),
        (*BEGIN, "=individual", "=deceased", "=done", "/xemlai", "=events", "=nothing"),
    ),
    (N_("A question about the procedure"), (*BODY, "nộp ở đâu, ai ký?")),
    (N_("A question about what has not happened"), (*BODY, "nếu mất token thì phải làm gì")),
    (N_("A question about the procedure, after the answer"), (*ANSWERED, "phải làm gì bây giờ?")),
    (N_("Something outside the scope"), (*BEGIN, "làm sổ đỏ ở đâu")),
    (N_("A number that stands beside no answer"), (*BODY, "99")),
    (N_("A button of an earlier step"), (*BODY, "!question|device|1")),
    (N_("A certificate was read"), (*BEGIN, "+certificate")),
    (N_("An expired certificate was read"), (*BEGIN, "+expired")),
    (N_("A certificate was read but for one part"), (*BEGIN, "+partly")),
    (N_("The certificate and the officer disagree"), (*BEGIN, "=individual", "+certificate")),
    (N_("A file with several certificates"), (*BEGIN, "+several")),
    (N_("The answer"), ANSWERED),
    (N_("The answer, several things to do"), (*ABSORBED, "=fine")),
    (N_("The answer, the token is lost"), (*ABSORBED, "=token:lost", "=done")),
    (N_("The answer: step by step"), (*ANSWERED, "=steps")),
    (N_("The answer: its legal basis"), (*ANSWERED, "=sources")),
    (N_("The answer: what to note"), (*ANSWERED, "=notes")),
    (N_("The answer: how sure it is"), (*ANSWERED, "=certainty")),
    (N_("The answer: the terms"), (*ANSWERED, "=terms")),
    (N_("The answer: for print"), (*ANSWERED, "=print")),
    (N_("Back at the answer"), (*ANSWERED, "/xemlai", "=back")),
    (N_("Documents"), (*ANSWERED, "/vanban")),
    (N_("Review of the answers"), (*ANSWERED, "/xemlai")),
    (N_("Request: the subscriber"), (*READ, "=register")),
    (N_("Request: a name the certificate contradicts"), (*READ, "=register", "Sở Y tế")),
    (N_("Request: the managing body"), (*READ, "=register", "=0")),
    (N_("Request: the serial number"), (*ANSWERED, "=register", "UBND XÃ MẪU", "UBND XÃ MẪU")),
    (N_("Request: a doubt instead of a value"), (*READ, "=register", "=0", "chưa rõ")),
    (N_("Request: new information"), (*READ, "=register", "=0", "=0", "=0")),
    (N_("Request: leaving the form"), (*READ, "=register", "=0", "=leave")),
    (N_("Request: review before it is stored"), FILLED),
    (N_("Request registered"), SENT),
    (N_("The papers: the first field"), PAPERS),
    (N_("The papers: a tax code with a slip"), (*TYPED_PAPERS, "=later", "0000000018")),
    (N_("The papers: the personal number"), CONTACT),
    (N_("The papers: a personal number with a slip"), (*CONTACT, "00012345678")),
    (N_("The papers: the personal number noted"), (*CONTACT, "000123456789")),
    (N_("The papers: all the rest left for later"), (*TYPED_PAPERS, "=skip")),
    (N_("The papers: review before they are made"), (*CONTACT, "000123456789", "=skip")),
    (N_("The papers are ordered"), (*TYPED_PAPERS, "=skip", "=make")),
    (N_("The papers are sent"), (*TYPED_PAPERS, "=skip", "=make", "+papers")),
    (N_("The papers of a request"), (*SENT, "/yeucau YC-2026-000001", "=forms")),
    (N_("The same request again"), (*SENT, "=answer", "=register")),
    (N_("My requests"), (*SENT, "/yeucau")),
    (N_("The answer of a request"), (*SENT, "/yeucau YC-2026-000001", "=answer")),
    (N_("One request"), (*SENT, "/yeucau", "=YC-2026-000001")),
    (N_("Changing a request"), (*SENT, "/yeucau YC-2026-000001", "=amend")),
    (N_("Withdrawing a request"), (*SENT, "/yeucau YC-2026-000001", "=withdraw")),
    (N_("A request withdrawn"), (*SENT, "/yeucau YC-2026-000001", "=withdraw", "=yes")),
    (N_("Back"), (*BODY, "/quaylai")),
    (N_("Beginning anew"), (*BODY, "/lamlai")),
    (N_("Help"), (*BEGIN, "/trogiup")),
    (N_("The pause"), (*BODY, "/huy")),
    (N_("The language"), (*BODY, "/ngonngu")),
    (N_("The official e-mail"), (*BODY, "/email")),
    (N_("The official e-mail, to be confirmed"), (*BODY, "/email", "lan@dongnai.gov.vn")),
    (N_("What is held about me"), (*BEGIN, "/dulieu")),
    (N_("Deleting it"), (*BEGIN, "/xoadulieu")),
    (N_("Deleted"), (*BEGIN, "/xoadulieu", "=yes")),
    (N_("An unknown command"), (*BEGIN, "/abc")),
    (N_("A PIN in the chat"), (*BEGIN, "ma pin 12345678")),
    (N_("A group chat"), ("+group",)),
    (N_("Too fast"), (*BEGIN, "+fast")),
    (N_("A photo"), (*BEGIN, "+photo")),
    *((f"{FILE} – {trouble}", (*BEGIN, f"+trouble:{trouble}")) for trouble in FileProblemKind),
)
#: The walks with known units.
UNIT_WALKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Question: the unit"), BODY),
    (N_("Question: the unit, several may be meant"), (*BODY, "mau")),
    (N_("Question: the unit, a former name"), (*BODY, "ubnd xa mau cu")),
    (N_("Question: being a former unit, or belonging to it"), (*BODY, "ubnd xa mau cu", "=unit:MAU-1")),
    (
        N_("Question: the same to an officer"),
        (*BEGIN, "=individual", "ubnd xa mau cu", "=unit:MAU-1"),
    ),
    (N_("What happened to the body itself filled in"), (*BODY, "ubnd xa mau cu", "=unit:MAU-1", "=is")),
    (N_("What happened to a body that belongs to it filled in"), (*BODY, "ubnd xa mau cu", "=unit:MAU-1", "=belongs")),
    (N_("The unit left open"), (*BODY, "=leave")),
    (N_("A unit named beside another question"), (*BODY, "=leave", "xã mẫu cũ")),
    (N_("Review of the answers, with the unit"), (*BODY, "xa mau", "/xemlai")),
    (N_("Changing the unit"), (*BODY, "xa mau", "/xemlai", "=unit")),
    (N_("Request: the managing body, the own unit offered"), (*READ[:4], "xa mau", *READ[4:], "=register", "=0")),
    (N_("Request: a former managing body"), (*READ[:4], "xa mau", *READ[4:], "=register", "=0", "xã mẫu cũ")),
)
_SENT_EVENTS: dict[str, Event] = {
    "file": FileSent(reference="file"),
    "certificate": FileRead(reading=Reading(certificates=(SAMPLE,))),
    "former": FileRead(reading=Reading(certificates=(FORMER,))),
    "expired": FileRead(reading=Reading(certificates=(EXPIRED,))),
    "partly": FileRead(reading=Reading(certificates=(PARTLY,))),
    "several": FileRead(reading=Reading(certificates=(SAMPLE, EXPIRED))),
    "group": TextReceived(text="/start", group=True),
    "fast": Throttled(),
    "photo": UnreadableReceived(what="photo"),
    "papers": FormsMade(
        files=(Attachment.of("mau-05.docx", "application/octet-stream", b"Mau 05"),),
        said=("Giấy tờ gồm: Mẫu 05.", "Để điền tay: số hiệu thiết bị."),
    ),
}

REMINDER = "TB-000012"
_SAMPLE = BroadcastDraft(
    title="Hạn 30/11/2026",
    text=BroadcastText(
        vi=(
            "Kính gửi *{ho_ten|anh/chị}*,\n\nHạn đề nghị cho chứng thư của {don_vi} là *{han}* ({so_ngay})."
            " Việc còn phải làm: {viec_can_lam}."
        ),
        en=(
            "Dear *{ho_ten|colleague}*,\n\nThe requests for the certificate of {don_vi} are due on *{han}* ({so_ngay})."
            " Still to do: {viec_can_lam}."
        ),
    ),
)
_FIRST, _LATER, _UNNAMED = (
    N_("A reminder, the first one"),
    N_("A reminder, a later one"),
    N_("A reminder on the last day, the name not known"),
)
#: Heading -> steps, as in the other walks.
REMINDER_WALKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Reminder: do it now, before consent"), (f"!bc|now|{REMINDER}",)),
    (N_("Reminder: do it now, the question left open"), (*BEGIN, f"!bc|now|{REMINDER}")),
    (N_("Reminder: do it now, something to register"), (*ANSWERED, "/yeucau", f"!bc|now|{REMINDER}")),
    (N_("Reminder: another day"), (*BEGIN, f"!bc|later|{REMINDER}")),
    (N_("Reminder: the day chosen"), (*BEGIN, f"!bc|later|{REMINDER}", "#2")),
    (N_("Reminder: done"), (*BEGIN, f"!bc|done|{REMINDER}")),
    (N_("Reminder: done, though something is owed"), (*ANSWERED, f"!bc|done|{REMINDER}")),
    (N_("Reminder: one that never came here"), (*BEGIN, "!bc|done|TB-999999")),
    (N_("No more reminders"), (*BEGIN, "/dungnhan")),
    (N_("Reminders stopped"), (*BEGIN, "/dungnhan", "=yes")),
    (N_("Another day, with reminders stopped"), (*BEGIN, "/dungnhan", "=yes", f"!bc|later_7|{REMINDER}")),
    (N_("Reminders again"), (*BEGIN, "/dungnhan", "=yes", "=again")),
)


@dataclass(frozen=True, slots=True)
class WalkStop:
    """One turn of a walk: the screen before, what was sent, the replies, and the screen after."""

    before: str
    sent: str
    replies: tuple[Reply, ...]
    after: str


async def make_walks(pack: Pack, language: str) -> list[tuple[str, list[WalkStop]]]:
    """Return every walk under its heading."""
    walks = [(heading, await walk(steps, pack, language)) for heading, steps in WALKS]
    return [*walks, *[(heading, await walk(steps, pack, language, UNITS)) for heading, steps in UNIT_WALKS]]


async def walk(
    steps: tuple[str, ...], pack: Pack, language: str, units: UnitDirectory = NO_UNITS, reminder: str | None = None
) -> list[WalkStop]:
    """Take the steps with services of their own; a ``reminder`` came before them, and another is on its way."""
    received = (reminder,) if reminder else ()
    world = build_memory_services(pack, TODAY, units=units, received=received, waiting=len(received))
    return await take_steps(steps, Session.model_validate({"language": language}), world, _SENT_EVENTS)


async def take_steps(
    steps: tuple[str, ...], session: Session, world: Services, things: Mapping[str, Event]
) -> list[WalkStop]:
    """Take the steps from a session and return a stop for each.

    Args:
        steps: Steps in the form of ``WALKS``.
        session: The session at the start.
        world: The services of the conversation.
        things: The events that ``+name`` sends.
    """
    language, stops = session.language, list[WalkStop]()
    for step in steps:
        shown = stops[-1].replies if stops else ()
        turn = await respond(session, _to_event(step, session, shown, things), world)
        after = turn.session or Session.model_validate({"language": language})
        stops.append(WalkStop(session.screen, step, turn.replies, after.screen))
        session = after
    return stops


def _to_event(step: str, session: Session, shown: tuple[Reply, ...], things: Mapping[str, Event]) -> Event:
    kind, rest = step[0], step[1:]
    if kind == "=":
        return ButtonTapped(data=str(ScreenCallback(session.screen, rest, str(session.version))))
    if kind == "#":
        return ButtonTapped(data=shown[-1].choices[int(rest) - 1].tap)
    if kind == "!":
        return ButtonTapped(data=rest)
    if kind != "+":
        return TextReceived(text=step, message="1")
    trouble = rest.removeprefix("trouble:")
    return things.get(rest) or FileRead(reading=Reading(problems=(FileProblem(trouble=FileProblemKind(trouble)),)))


async def make_reminder_walks(pack: Pack, language: str) -> list[tuple[str, list[WalkStop]]]:
    """Return samples of reminders, then every walk under its heading."""
    walks = [(heading, await walk(steps, pack, language, reminder=REMINDER)) for heading, steps in REMINDER_WALKS]
    return [*make_reminder_samples(language), *walks]


def make_reminder_samples(language: str) -> list[tuple[str, list[WalkStop]]]:
    """Return three reminders, each under its heading; none of them answers anything."""
    values = PlaceholderValues.model_validate(
        {
            "language": language,
            "name": "Nguyễn Thị Mẫu",
            "unit": "UBND xã Mẫu",
            "day": date(2026, 11, 30),
            "to_do": (Procedure.CHANGE_INFORMATION, Procedure.EXTEND),
        }
    )
    last_day = values.model_copy(update={"name": None, "day": to_vietnam_day(TODAY)})
    return [
        (_FIRST, [_to_sample_stop(values, 5)]),
        (_LATER, [_to_sample_stop(values)]),
        (_UNNAMED, [_to_sample_stop(last_day)]),
    ]


def _to_sample_stop(values: PlaceholderValues, first: int | None = None) -> WalkStop:
    reply = render_broadcast(REMINDER, _SAMPLE, values, to_vietnam_day(TODAY), first=first)
    return WalkStop("question", "", (reply,), "question")
