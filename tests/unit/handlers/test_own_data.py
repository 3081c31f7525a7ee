"""What is held about a person, as text: all of it, in words."""

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime
from itertools import product
from typing import Any, get_args

import pytest

from handlers.core import (
    Attachment,
    BroadcastView,
    ButtonTapped,
    ChartDrawn,
    Choice,
    DerivedEvents,
    DrawChart,
    Event,
    FileRead,
    FileSent,
    MakeDossier,
    MakeForms,
    MakeList,
    MakeReport,
    MarkupTranslator,
    MessageEdited,
    OfficeView,
    PrintAnswer,
    PrintedPart,
    Reply,
    RequestDraft,
    RequestListView,
    Retraction,
    ScreenPosition,
    Session,
    TextReceived,
    Throttled,
    Understood,
    UnreadableReceived,
)
from handlers.forms.fields import FORM_FIELDS
from handlers.model import (
    Bar,
    BarChart,
    BurnChart,
    Certificate,
    CertificatePart,
    CertificatePlace,
    DeliveryReason,
    FileProblem,
    FileProblemKind,
    Filter,
    Form,
    FormContent,
    FormDraft,
    FormField,
    FormSubscriber,
    PlaceholderValues,
    Reading,
    Recognition,
    Request,
    RequestContent,
    RequestState,
    RequestStep,
)
from handlers.offices import OFFICE_FIELDS
from handlers.own_data import OwnDataWriter
from handlers.own_data_text import (
    ACTIONS,
    ALL_PROBLEMS,
    CHART_PROBLEMS,
    EVENT_KINDS,
    OUTGOING_REASONS,
    OUTGOING_STATES,
    RECEIVED_STATES,
    RECOGNITIONS,
    ROLES,
    SCREENS,
    TASK_KINDS,
    TASK_STATES,
    TOKEN_STATES,
    UNREADABLE_KINDS,
)
from handlers.registry import SCREENS as OPEN_SCREENS
from handlers.requests import FIELDS
from locales import LANGUAGES, translator
from rules.facts import Event as Happened
from rules.facts import MergerRole, Subject, Token
from rules.loading import load_pack
from rules.outcome import Procedure
from tests.support.dialogue import find_machine_labels, make_certificate, render_own_data

NOON = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
PACK = "bộ luật 1"
SECTIONS = ("chat", "session", "standings", "tasks", "dossiers", "reminders", "requests", "received", "outgoing")
t = translator("vi")


def certificate_of(name: str) -> Certificate:
    """A certificate that leaves nothing out."""
    place = {"locality": "Đồng Nai", "units": ("Văn phòng", "Phòng Nội vụ"), "policies": ("1.2.3.4",)}
    odd = {"signed_serial": "-05", "unreadable": (CertificatePart.EMAIL, CertificatePart.KEY)}
    return make_certificate(name, **place, **odd, recognition=Recognition.BY_NAME_ONLY)


def session() -> Session:
    draft = RequestDraft(
        unit_code="DN-NT",
        fields={name: f"điền {name.title()[::-1]}" for name in FIELDS},
        answer="Trả lời\nhai dòng",
        code="YC-2026-000009",
        editing="unit",
        doubted="UBND xã Lạ",
    )
    return Session(
        consented_at=NOON,
        version=7,
        pack=PACK,
        answers={
            "subject": "organisation",
            "events": ["superior_changed", "email_changed"],
            "merger_role": "designated",
            "certificate": {"not_before": "2024-01-02", "not_after": "2029-01-31", "issuer": "government"},
            "information_matches": False,
            "token": "in_hand",
            "key_exposed": True,
        },
        certificate=certificate_of("UBND XÃ MỘT"),
        screen="question",
        about="merger_role",
        came_from=ScreenPosition(screen="request", about="YC-2026-000008"),
        ticked=("renamed",),
        guesses=("address_changed", "split"),
        offered=(certificate_of("UBND XÃ HAI"),),
        typed_expiry=date(2027, 5, 4),
        told_expiry=date(2027, 5, 9),
        understood=Understood(
            answers={"token": "damaged"},
            expiry=date(2027, 7, 8),
            unit="UBND xã Vừa Nghe",
            merged=True,
            replaced={"token": "remote"},
        ),
        safety_facts={"events": ("dissolved",), "token": ("lost",), "key_exposed": ("true",)},
        retraction=Retraction(
            answers={"token": "locked"},
            certificate=certificate_of("UBND XÃ BA"),
            derived=DerivedEvents(certificate="F3" * 32, former="NT-PX", unit="NT-PY"),
        ),
        named_unit="UBND xã Vừa Nhận",
        said_before="Cảm ơn số mười ba",
        said_digest="5a1dd19e",
        last_tap="question|split|30",
        shown="5b0e9a3c",
        waiting_files=(FileSent(reference="tệp-1", name="một.cer", size=1234, message="31", caption="lời ba mốt"),),
        draft=draft,
        set_aside=draft.model_copy(update={"unit_code": "DN-PA", "fields": {"new_name": "UBND xã Để Dành"}}),
        forms=FormDraft(
            doubted="UBND xã Ngờ",
            fields={name: f"giấy {name.title()[::-1].replace('_', ' ')}" for name in FORM_FIELDS},
            later=("tax_code",),
            steps=("budget_code", "birthday"),
            skipped=True,
            left=("contact_address",),
            editing="contact_mobile",
            code="YC-2026-000007",
            certificate="75580955FC81D6B1",
            subscriber="Phạm Thị Giấy",
            earlier=(FormSubscriber(name="Ngô Văn Trước", fields={"position": "thủ quỹ trước"}),),
            settled_at=datetime(2026, 11, 24, 9, 10, tzinfo=UTC),
            identity_until=datetime(2026, 11, 27, 8, 9, tzinfo=UTC),
        ),
        unit="NT-DP",
        unit_skipped=True,
        derived=DerivedEvents(certificate="F1" * 32, former="NT-PH", unit="NT-PT"),
        interview=3,
        registered_key="75580955FC81D6A9",
        desk=RequestListView(
            wanted=Filter(
                unit="NT-PA",
                procedures=(Procedure.REVOKE,),
                states=(RequestState.ACCEPTED,),
                since=date(2026, 3, 1),
                until=date(2026, 3, 2),
                expires_from=date(2027, 3, 1),
                expires_until=date(2027, 3, 2),
                without_unit=True,
                incomplete=True,
                changed_at=datetime(2026, 3, 4, 5, 6, tzinfo=UTC),
                codes=("YC-2026-000017",),
                text="phuoc an",
            ),
            chosen_on=date(2026, 3, 5),
            turned=(2026000000123,),
            revision=4,
            moving_to=RequestState.DONE,
            note="thiếu chữ ký",
            mark="0123abcd",
            unit="NT-NT",
        ),
        broadcast=BroadcastView(
            name="TB-000019",
            revision=6,
            turned=("TB-000018",),
            campaign=True,
            deadline=date(2026, 12, 19),
            guided=True,
            wish="resend",
        ),
        receiving=OfficeView(
            unit="NT-TN",
            fields={name: f"nơi nhận {name}" for name in OFFICE_FIELDS},
            procedures=("report_loss",),
            office="NT-000041",
            revision=42,
            guided=True,
            assumed_source="suy đoán bốn ba",
            back="NT-000044",
        ),
        warned=True,
    )


def request() -> Request:
    content = RequestContent(
        subject=Subject.DEVICE,
        subscriber="Máy chủ",
        unit="UBND xã Ba",
        unit_code="NT-BA",
        certificate_name="UBND XÃ BỐN",
        serial="75580955FC81D6A8",
        signed_serial="-06",
        not_after=date(2028, 2, 1),
        procedure=Procedure.CHANGE_INFORMATION,
        form="04",
        events=(Happened.MERGED_INTO_NEW, Happened.DEVICE_RENAMED),
        news={"new_name": "Tên mới", "new_email": "moi@donvi.gov.vn"},
        old={"new_name": "Tên cũ", "new_email": "cu@donvi.gov.vn"},
        email="cu2@donvi.gov.vn",
        province="tỉnh Bảy",
        decision="Thay đổi thông tin.\nĐiều 13.",
        pack=PACK,
        channel="zalo",
    )
    steps = (
        RequestStep(state=RequestState.SUBMITTED, at=NOON, by="subscriber", note="gửi kèm quyết định"),
        RequestStep(state=RequestState.SENT_BACK, at=NOON, by="QT-000003", note="quyết định thiếu dấu"),
    )
    return Request(code="YC-2026-000007", state=RequestState.SENT_BACK, content=content, history=steps)


READ = Reading(
    certificates=(certificate_of("UBND XÃ NĂM"),),
    problems=(
        FileProblem(trouble=FileProblemKind.NO_SIGNATURE, where="a.pdf"),
        FileProblem(trouble=FileProblemKind.PRIVATE_KEY, where="b.pem"),
    ),
    places=(CertificatePlace(fingerprint="C0FFEE", where="c.cer"),),
)
BARS = BarChart(
    title="Cột một",
    note="Tính đến nay",
    series=("cần làm", "xong rồi"),
    bars=(Bar(label="Xã Sáu", values=(61, 62)), Bar(label="Xã Bảy", values=(71, 72))),
    nothing="trống không",
    axis="số lượng",
)
BURN = BurnChart(
    title="Đường hai",
    note="Tính đến mai",
    start=date(2026, 10, 3),
    until=date(2026, 12, 4),
    open=(81, 82),
    open_label="còn mở",
    ideal_label="đều đặn",
    until_label="đích đến",
)
EVENTS: tuple[Event, ...] = (
    TextReceived(text="chào", message="11"),
    ButtonTapped(data="question|renamed|3", message="12", group=True),
    FileSent(reference="tệp-2", name="hai.cer", size=4321, message="13", caption="lời mười ba"),
    FileRead(name="ba.zip", reading=READ, message="14", caption="lời mười bốn"),
    *(
        UnreadableReceived(what=what, message="15", caption="lời mười lăm")
        for what in get_args(UnreadableReceived.model_fields["what"].annotation)
    ),
    Throttled(message="16"),
    MessageEdited(message="161", text="lời sửa"),
    DrawChart(chart=BARS, message="17"),
    DrawChart(chart=BURN, message="18"),
    ChartDrawn.of("Hình một", b"\x89PNG").model_copy(update={"message": "19", "trouble": "no_files"}),
    ChartDrawn.of("Hình hai", b"\x89PN").model_copy(update={"message": "20", "trouble": "not_installed"}),
    ChartDrawn.of("Hình ba", b"\x89P").model_copy(update={"message": "21", "trouble": "failed"}),
    MakeReport(broadcast="TB-000033", language="en", message="22"),
    PrintAnswer(name="bon.docx", parts=(PrintedPart(style="lead", text="đoạn hai ba"),), message="23"),
    MakeForms(
        contents=(
            FormContent(
                form=Form.REVOKE,
                body="UBND xã Lập",
                superior="UBND tỉnh Trên",
                recipient="Sở Nhận",
                place="Nơi Ký",
                day=date(2026, 11, 29),
                rows=({column: f"ô {column.value[::-1].replace('_', ' ')}" for column in FormField},),
                contact={FormField.MOBILE: "0900000001"},
            ),
        ),
        next_steps=(PrintedPart(style="small", text="đoạn hai tư"),),
        said=("lời kèm một", "lời kèm hai"),
        message="24",
    ),
    MakeDossier(dossier="HS-000034", language="en", order="5e6f7a8b", message="25"),
    MakeList(message="26"),
)
REPLY = Reply(
    paragraphs=("<b>Đậm &amp; rõ</b>", "dòng hai"),
    choices=(Choice(label="Đồng ý", tap="welcome|agree|1"),),
    attachments=(Attachment.of("tệp.txt", "text/plain", b"chin byte"),),
    action="edit",
    target="41",
)
#: Of a file that waits to be sent only this is told.
FILE = {"name": "tệp.txt", "media_type": "text/plain", "size": 9}
VALUES = PlaceholderValues(
    language="en", name="Bà Mười Một", unit="NT-MƯỜI HAI", day=date(2026, 12, 9), to_do=(Procedure.REVOKE,)
)
HELD: dict[str, Any] = {
    "chat": {
        "channel": "telegram",
        "address": "7790118822",
        "first_contact_at": "2026-01-05T01:02:00+00:00",
        "last_contact_at": "2026-11-20T03:04:00+00:00",
        "blocked_at": "2026-11-21T05:06:00+00:00",
        "unit": "NT-TÁM",
    },
    "session": session().model_dump(mode="json"),
    "standings": [
        {
            "interview": 91,
            "unit": "NT-CHÍN",
            "subscriber": "UBND XÃ MƯỜI",
            "not_after": "2029-03-04",
            "owed": ["revoke", "issue_new"],
            "known_at": "2026-01-06T01:02:00+00:00",
            "changed_at": "2026-01-07T01:02:00+00:00",
        }
    ],
    "dossiers": [
        {
            "id": "HS-000035",
            "unit": "NT-BA MƯƠI",
            "created_at": "2026-11-06T07:08:00+00:00",
            "changed_at": "2026-11-07T08:09:00+00:00",
        }
    ],
    "tasks": [
        {"id": f"XD-{n}", "kind": kind, "state": state, "created_at": f"2026-02-{n:02}T01:02:00+00:00"}
        for n, (kind, state) in enumerate(product(TASK_KINDS, TASK_STATES), 1)
    ],
    "reminders": {
        "stopped_at": "2026-01-08T01:02:00+00:00",
        "reminded_at": "2026-01-09T01:02:00+00:00",
        "answers": [
            {"broadcast": "TB-000031", "done_at": "2026-01-10T01:02:00+00:00", "later_on": "2026-12-07"},
        ],
    },
    "requests": [request().model_dump(mode="json")],
    "received": [
        {"id": f"số {n}", "state": state, "received_at": NOON.isoformat(), "event": event.model_dump(mode="json")}
        for n, (event, state) in enumerate(zip(EVENTS, [*RECEIVED_STATES] * len(EVENTS), strict=False))
    ],
    "outgoing": [
        {
            "state": state,
            "queued_at": NOON.isoformat(),
            "message_id": "51",
            "broadcast": "TB-000032",
            "reason": reason,
            "reply": {**REPLY.model_dump(mode="json"), "attachments": [FILE]},
            "values": VALUES.model_dump(mode="json"),
        }
        for state, reason in zip([*OUTGOING_STATES] * 2, OUTGOING_REASONS, strict=False)
    ],
    "zalo": {"phone": "84912000333", "last_interaction": "2026-11-02T03:04:05+00:00"},
    "earlier": {"received": 81_400, "outgoing": 81_401},
}
Path = tuple[str | int, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from leaves(inner, (*path, number))
    else:
        yield path


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def without(path: Path) -> dict[str, Any]:
    """The section of a value, with another content of this value."""
    changed = {path[0]: deepcopy(HELD[str(path[0])])}
    inner, value = at(changed, path[:-1]), at(changed, path)
    inner[path[-1]] = (not value) if isinstance(value, bool) else None
    return changed


def test_the_example_leaves_no_field_empty() -> None:
    unset = {path[-1] for path in leaves(HELD) if at(HELD, path) in (None, "", [], {})}
    assert unset == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.long
def test_no_value_that_is_held_is_missing_from_the_text(language: str) -> None:
    said = MarkupTranslator(language)
    sections = {name: render_own_data({name: value}, said) for name, value in HELD.items()}
    _, _, whole = render_own_data(HELD, said).partition("\n\n")
    assert whole == "\n".join(section.partition("\n\n")[2] for section in sections.values())
    lost = [path for path in leaves(HELD) if render_own_data(without(path), said) == sections[str(path[0])]]
    assert lost == []


def test_nothing_goes_by_its_machine_name() -> None:
    assert find_machine_labels(render_own_data(HELD, MarkupTranslator("vi")), HELD) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_value_is_written_as_machines_write_it(language: str) -> None:
    text = re.sub(
        r"\S+\|\S+\|\d", "", render_own_data(HELD, MarkupTranslator(language))
    )  # what a button carries is no word
    assert re.findall(r"\b[a-z]+_[a-z_]+\b", text) == []
    assert re.findall(r"\d{4}-\d\d-\d\d", text) == []


def test_times_are_those_of_viet_nam_and_answers_are_words() -> None:
    text = render_own_data(HELD, MarkupTranslator("vi"))
    assert "08:02 05/01/2026" in text
    assert "31/01/2029" in text
    assert f"{t('change of superior')}, {t('change of official e-mail')}" in text
    assert t("In hand and working") in text
    assert "Đậm & rõ\n" in text


def test_what_is_said_in_several_lines_stands_under_its_label() -> None:
    text = render_own_data(HELD, MarkupTranslator("vi"))
    moves = (
        f"12:00 23/11/2026 – {t('submitted')} ({t('you')}): gửi kèm quyết định",
        f"12:00 23/11/2026 – {t('sent back')} (QT-000003): quyết định thiếu dấu",
    )
    assert f"{t('Answer that was given')}:\n      Thay đổi thông tin.\n      Điều 13.\n" in text
    assert f"{t('What became of it')}:\n    {moves[0]}\n    {moves[1]}\n" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_that_comes_in_pages_reads_as_one_that_comes_whole(language: str) -> None:
    whole, paged = OwnDataWriter(MarkupTranslator(language)), OwnDataWriter(MarkupTranslator(language))
    names = ("received", "outgoing", "requests")
    pages = "".join(paged.section(name, page) for name in names for page in ([], *([one] for one in HELD[name])))
    assert pages + paged.end() == "".join(whole.section(name, HELD[name]) for name in names) + whole.end()


def test_where_nothing_is_held_the_text_says_so() -> None:
    text = render_own_data({**dict.fromkeys(SECTIONS), "requests": []}, MarkupTranslator("vi"))
    assert text.count("–") == len(SECTIONS)


def test_what_an_earlier_version_kept_is_told_as_it_stands() -> None:
    old = {
        "session": {"consented_at": "hôm kia", "mood": "vui", "answers": {"old_fact": ["a", {"b": "lạ"}]}},
        "requests": [{"history": [{"moved": "xưa"}], "state": "nowhere"}],
    }
    text = render_own_data(old, MarkupTranslator("vi"))
    for line in ("hôm kia", "Mood: vui", "Old_fact 1: a", "B: lạ", "Moved: xưa", "nowhere"):
        assert line in text


def test_every_value_has_its_words() -> None:
    assert set(SCREENS) == set(OPEN_SCREENS)
    assert set(OUTGOING_REASONS) == set(DeliveryReason)
    assert set(ALL_PROBLEMS) == set(FileProblemKind)
    assert (set(ROLES), set(TOKEN_STATES), set(RECOGNITIONS)) == (set(MergerRole), set(Token), set(Recognition))
    assert set(UNREADABLE_KINDS) == set(get_args(UnreadableReceived.model_fields["what"].annotation))
    assert set(ACTIONS) == set(get_args(Reply.model_fields["action"].annotation))
    assert set(CHART_PROBLEMS) == set(get_args(get_args(ChartDrawn.model_fields["trouble"].annotation)[0]))
    assert set(EVENT_KINDS) == {event.kind for event in EVENTS}


@pytest.mark.parametrize(("fact", "words"), [("merger_role", ROLES), ("token", TOKEN_STATES)])
def test_answers_are_worded_as_they_were_offered(fact: str, words: dict[str, str]) -> None:
    (question,) = (question for question in load_pack().questions if question.fact == fact)
    assert {option.value: option.label for option in question.options} == words
