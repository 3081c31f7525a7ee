"""Walk through the screens of people with a role, over the real store filled with a made-up province."""

import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from bot.channels import terminal_channel
from bot.demo import DemoSizes, fill_database
from bot.demo.data_writer import open_demo_data
from bot.demo.officers import ADMIN, FOCAL, OWNER
from bot.messages import Incoming
from bot.preview.walks import TODAY, WalkStop, take_steps
from bot.services.opening import open_store_from_settings
from bot.services.unit_of_work import TurnTransaction, open_admin_transaction, open_turn
from bot.settings import Settings
from bot.store import KeyFile, Store, StoredKey, replace_key_file
from handlers.broadcasts.screens.audience import CONDITION_SCREENS
from handlers.core import (
    CertificatesListed,
    ChartDrawn,
    DossierMade,
    Event,
    Reply,
    Services,
    Session,
    SheetRead,
    TextReceived,
)
from handlers.model import (
    Filter,
    ImportLine,
    ImportSheet,
    ListedCertificate,
    RequestRow,
    RequestState,
    Rights,
    UnitDirectory,
)
from locales import N_
from rules.facts import Subject
from rules.pack import Pack

#: Large enough for the list to have a request in every state.
_SIZES = DemoSizes(officers=24, units=20)
#: The first admin, and a focal officer of the same body.
_ADMIN, _FOCAL = f"{ADMIN}-1", f"{FOCAL}-1"
#: The form of an invitation's code, which is left out because it differs on every run.
_RANDOM = re.compile(r"[a-z2-7]{32}")


LIST = ("/danhsach",)
FILTER = (*LIST, "=filter")
FRESH = ("/danhsach", "=filter", "=desk_state", "=submitted")
REQUEST = (*FRESH, "#1")
FORWARDED = ("/danhsach", "=filter", "=desk_state", "=forwarded", "#1")
ALL = (*FRESH, "=all")
#: A broadcast of one message and a campaign, both with a ready text.
MESSAGE = ("/thongbao", "=new", "=single", "=none")
WRITTEN = (*MESSAGE, "Nhắc thay đổi thông tin", "=ready_to_do", "=use")
DRAFTED = (*WRITTEN, "=go_on", "=done", "=none")
CAMPAIGN = ("/thongbao", "=new", "=campaign")
PLANNED = (*CAMPAIGN, "31/12/2026", "Nhắc hạn cuối năm", "=ready_deadline", "=use", "=go_on", "=done")
EDIT = (*DRAFTED, "=edit")
#: A dossier of three certificates, of no unit, so that what happened is asked.
UNIT_ASKED = ("/donvi", "=-")
DOSSIER = (*UNIT_ASKED, "=merged_into_new", "+certificates")
ANSWERED = (*DOSSIER, "1 trực thuộc; 2 nghỉ hưu", "=answer", "=false", "=in_hand", "=false")
#: A receiving office that is changed for one unit.
OFFICE = ("/noinhan", "=change_information")
CHANGED = (*OFFICE, "=telephone", "0251 3822 501")
SAVED = (*CHANGED, "=yes", "hỏi qua điện thoại ngày 23/11/2026", "=yes")
INVITE = ("/vaitro", "=invite", "=admin", "#1")

_RECIPIENTS = N_("A broadcast: its recipients")
#: The heading, the person who walks, and the steps.
OFFICE_WALKS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (N_("Help of somebody with a role"), _ADMIN, ("/trogiup",)),
    (N_("The desk of an owner"), OWNER, ("/banlamviec",)),
    (N_("The desk of a focal officer"), _FOCAL, ("/banlamviec",)),
    (N_("The desk: told in the morning instead of at once"), _FOCAL, ("/banlamviec", "=timing")),
    (N_("The request list"), OWNER, LIST),
    (N_("The request list of a focal officer: masked"), _FOCAL, LIST),
    (N_("The request list, words searched for"), OWNER, ("/danhsach mau",)),
    (N_("Narrowing the list"), OWNER, FILTER),
    (N_("Narrowing the list by state"), OWNER, (*FILTER, "=desk_state")),
    (N_("Narrowing the list by procedure"), OWNER, (*FILTER, "=desk_procedure")),
    (N_("Narrowing the list by unit"), OWNER, (*FILTER, "=desk_unit")),
    (N_("Narrowing the list by day of registration"), OWNER, (*FILTER, "=desk_period")),
    (N_("Narrowing the list by the certificate's end"), OWNER, (*FILTER, "=desk_expiry")),
    (N_("A request of the list"), OWNER, REQUEST),
    (N_("A request of the list, as a focal officer sees it"), _FOCAL, (*LIST, "#1")),
    (N_("Sending a request back: the reason"), OWNER, (*REQUEST, "=sent_back")),
    (N_("A request sent back"), OWNER, (*REQUEST, "=sent_back", "Thiếu quyết định thành lập")),
    (N_("A request done: the last yes"), OWNER, (*FORWARDED, "=done")),
    (N_("Changing all requests of the list"), OWNER, ALL),
    (N_("Changing all requests of the list: the last yes"), OWNER, (*ALL, "=accepted")),
    (N_("All requests of the list changed"), OWNER, (*ALL, "=accepted", "=yes")),
    (N_("All requests of the list changed, and changed back"), OWNER, (*ALL, "=accepted", "=yes", "=take_back")),
    (N_("Export: the form"), OWNER, ("/xuat",)),
    (N_("An export under way"), OWNER, ("/xuat", "=xlsx")),
    (N_("A list that comes back changed"), OWNER, (*LIST, "+list")),
    (N_("A list that cannot be applied"), OWNER, (*LIST, "+wrong list")),
    (N_("Numbers"), OWNER, ("/thongke",)),
    (N_("Numbers of a unit"), _ADMIN, ("/thongke",)),
    (N_("A chart where no files can be sent"), OWNER, ("/thongke", "+chart")),
    (N_("A dossier of a unit: which unit"), OWNER, ("/donvi",)),
    (N_("A dossier of a unit: what happened"), OWNER, UNIT_ASKED),
    (N_("A dossier of a unit: where it begins"), OWNER, (*UNIT_ASKED, "=merged_into_new")),
    (N_("A dossier of a unit: the certificates"), OWNER, DOSSIER),
    (N_("A dossier of a unit: who differs"), OWNER, (*DOSSIER, "2 nghỉ hưu; 3 mất token")),
    (N_("A dossier of a unit: one question for all it concerns"), OWNER, (*DOSSIER, "=answer")),
    (N_("A dossier of a unit: answered"), OWNER, ANSWERED),
    (N_("A dossier of a unit: its papers ordered"), OWNER, (*ANSWERED, "=make")),
    (N_("A dossier of a unit: the papers"), OWNER, (*ANSWERED, "+papers")),
    (N_("A dossier of a unit: registering its requests"), OWNER, (*ANSWERED, "+papers", "=register")),
    (N_("A dossier of a unit: which admin gets it"), _FOCAL, ("/donvi", "+certificates", "+papers", "=hand")),
    (N_("The dossiers of a person"), OWNER, (*DOSSIER, "/donvi")),
    (N_("Receiving offices of a unit"), _ADMIN, ("/noinhan",)),
    (N_("Receiving offices: another unit"), OWNER, ("/noinhan", "=switch")),
    (N_("One receiving office"), _ADMIN, OFFICE),
    (N_("A receiving office that is not known"), _ADMIN, ("/noinhan", "=extend")),
    (N_("A receiving office: what is asked before it is confirmed"), _ADMIN, (*OFFICE, "=confirm")),
    (N_("A receiving office: one field"), _ADMIN, (*OFFICE, "=telephone")),
    (N_("A receiving office: a field that cannot be used"), _ADMIN, (*OFFICE, "=telephone", "12")),
    (N_("A receiving office: the last yes"), _ADMIN, CHANGED),
    (N_("A receiving office changed"), _ADMIN, SAVED),
    (N_("A receiving office that was set in the chat"), _ADMIN, (*SAVED, "=change_information")),
    (N_("Taking back a receiving office"), _ADMIN, (*SAVED, "=change_information", "=withdraw")),
    (N_("A new receiving office: what it receives"), _ADMIN, ("/noinhan", "=add", "=revoke")),
    (N_("A new receiving office: its name"), _ADMIN, ("/noinhan", "=add", "=revoke", "=done")),
    (N_("Broadcasts"), OWNER, ("/thongbao",)),
    (N_("A new broadcast: its kind"), OWNER, ("/thongbao", "=new")),
    (N_("A new broadcast: its deadline"), OWNER, MESSAGE[:-1]),
    (N_("A new broadcast: its title"), OWNER, MESSAGE),
    (N_("A broadcast: its Vietnamese text"), OWNER, (*MESSAGE, "Nhắc thay đổi thông tin")),
    (N_("A broadcast: a ready text, before it is used"), OWNER, WRITTEN[:-1]),
    (N_("A broadcast: its English text"), OWNER, (*EDIT, "=broadcast_en")),
    (N_("A broadcast: a text with a mistake"), OWNER, (*EDIT, "=broadcast_vi", "Kính gửi {ho_tn}, *hạn: {han}")),
    (_RECIPIENTS, OWNER, WRITTEN),
    *(
        (f"{_RECIPIENTS} | {label}", OWNER, (*WRITTEN, f"={screen}"))
        for screen, (label, _) in CONDITION_SCREENS.items()
    ),
    (N_("A broadcast: recipients narrowed"), OWNER, (*WRITTEN, "=broadcast_owed", "=to_do")),
    (N_("A broadcast: its buttons"), OWNER, (*WRITTEN, "=go_on")),
    (N_("A broadcast: when it leaves"), OWNER, DRAFTED[:-1]),
    (N_("A broadcast: the whole draft"), OWNER, DRAFTED),
    (N_("A broadcast: what can be changed"), OWNER, EDIT),
    (N_("A broadcast: another title"), OWNER, (*EDIT, "=broadcast_name")),
    (N_("A broadcast being checked"), OWNER, (*DRAFTED, "=check")),
    (N_("A broadcast: the preview"), OWNER, (*DRAFTED, "=preview")),
    (N_("A broadcast called off: the last yes"), OWNER, (*DRAFTED, "=cancel")),
    (N_("A broadcast called off"), OWNER, (*DRAFTED, "=cancel", "=yes")),
    (N_("A broadcast: what became of it"), OWNER, (*DRAFTED, "=cancel", "=yes", "=results")),
    (N_("A campaign: its deadline"), OWNER, CAMPAIGN),
    (N_("A campaign: its days"), OWNER, PLANNED),
    (N_("A campaign: its hour"), OWNER, (*PLANNED, "=keep")),
    (N_("A campaign: missed reminders"), OWNER, (*PLANNED, "=keep", "=keep")),
    (N_("A campaign: the whole draft"), OWNER, (*PLANNED, "=keep", "=keep", "=run")),
    (N_("A campaign: its reminders"), OWNER, (*PLANNED, "=keep", "=keep", "=run", "=steps")),
    (N_("Who has which role"), OWNER, ("/vaitro",)),
    (N_("One role"), OWNER, ("/vaitro", "#2")),
    (N_("Ending a role"), OWNER, ("/vaitro", "#2", "=end")),
    (N_("Inviting: the role"), OWNER, ("/vaitro", "=invite")),
    (N_("Inviting: the unit"), OWNER, INVITE[:-1]),
    (N_("Inviting: the name"), OWNER, INVITE),
    (N_("An invitation"), OWNER, (*INVITE, "Chị Mẫu, văn phòng")),
    (N_("Open invitations"), OWNER, (*INVITE, "Chị Mẫu, văn phòng", "=open")),
    (N_("One invitation"), OWNER, (*INVITE, "Chị Mẫu, văn phòng", "=open", "#1")),
    (N_("A code that opens nothing"), _FOCAL, ("/start aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",)),
    (N_("The journal"), OWNER, ("/nhatky",)),
    (N_("A role that does not reach so far"), _FOCAL, ("/nhatky",)),
)


def _fixed_keys() -> KeyFile:
    """Return fixed keys, which keep no secret: people's codes, and so their order, are derived from the keys."""
    key = bytes(32)
    kept = StoredKey.model_construct(key=key, created=TODAY)
    return KeyFile.model_construct(current="00000000", keys={"00000000": kept}, index=key)


@asynccontextmanager
async def open_province(pack: Pack) -> AsyncIterator[Store]:
    """Open a store with the made-up province of the walks."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), database_url=None, key_file=Path(folder, "keys.json"))
        replace_key_file(Path(folder, "keys.json"), _fixed_keys())
        async with open_demo_data(settings) as bulk:
            await fill_database(bulk, pack, _SIZES, TODAY, lambda _: None)
        async with open_store_from_settings(settings) as opened:
            yield opened.store


async def make_office_walks(pack: Pack, language: str) -> list[tuple[str, list[WalkStop]]]:
    """Return every walk under its heading."""
    async with open_province(pack) as store:
        around = _WalkContext(store, await store.units.read(), pack, language, await _sendable_events(store))
        return [(heading, await _take_walk(around, who, steps)) for heading, who, steps in OFFICE_WALKS]


@dataclass(frozen=True, slots=True)
class _WalkContext:
    """The data that all walks share."""

    store: Store
    units: UnitDirectory
    pack: Pack
    language: str
    things: Mapping[str, Event]

    def open_services(self, unit: TurnTransaction) -> Services:
        return Services(
            now=TODAY,
            pack=self.pack,
            requests=unit.requests,
            own_data=unit.own_data,
            channel="telegram",
            save_status=unit.register.save_status,
            admin=unit.admin,
            reminders=unit.reminders,
            channels=unit.channels,
            units=self.units,
            start_link="https://t.me/troly_bot?start=",
        )


async def _take_walk(around: _WalkContext, who: str, steps: tuple[str, ...]) -> list[WalkStop]:
    """Take one person's walk in a transaction that is undone: the next one meets the same province."""
    await around.store.inbox.receive([Incoming(terminal_channel(who), "tour", who, TextReceived(text="/start"))], TODAY)
    pending = await around.store.inbox.claim_turn(around.store.chats.at(terminal_channel(who), who))
    assert pending is not None  # noqa: S101 - it was just received, and no walk finishes it
    session = Session.load(pending.session or "{}").with_changes(language=around.language)
    async with open_turn(around.store, pending, TODAY) as unit:
        return [
            _normalize_stop(stop)
            for stop in await take_steps(steps, session, around.open_services(unit), around.things)
        ]


def _normalize_stop(stop: WalkStop) -> WalkStop:
    """Mask what differs on every run."""
    return replace(stop, replies=tuple(map(_mask_codes, stop.replies)))


def _mask_codes(reply: Reply) -> Reply:
    return reply.model_copy(update={"paragraphs": tuple(_RANDOM.sub("…", text) for text in reply.paragraphs)})


async def _sendable_events(store: Store) -> dict[str, Event]:
    """Return events of lists that come back: with changes that can be made, and with some that cannot."""
    rights = Rights.operator(await store.units.read())
    async with open_admin_transaction(store, TODAY) as office:
        fresh = await office.admin.desk.page(rights, Filter(states=(RequestState.SUBMITTED,)), 3)
    lines = [_import_line(number, filed, RequestState.ACCEPTED) for number, filed in enumerate(fresh, 2)]
    done = lines[0].model_copy(update={"state": RequestState.DONE})
    lost = ImportLine(number=9, code="YC-2020-000001", state=RequestState.DONE, revision=0)
    return {
        "list": SheetRead(sheet=ImportSheet(lines=tuple(lines))),
        "wrong list": SheetRead(sheet=ImportSheet(lines=(done, *lines[1:], lost))),
        "chart": ChartDrawn(title="Biểu đồ", trouble="no_files"),
        "certificates": CertificatesListed(name="danh-sach.xlsx", rows=_make_list_rows()),
        "papers": DossierMade.of("HS-000001", b"", ()),
    }


def _make_list_rows() -> tuple[ListedCertificate, ...]:
    """Return the rows of a list of certificates, as they were read."""
    school, man, woman = "Trường Mầm non Mẫu", "Nguyễn Văn Mẫu", "Trần Thị Mẫu"
    kinds = {school: Subject.ORGANISATION, man: Subject.INDIVIDUAL, woman: Subject.INDIVIDUAL}
    ends = TODAY.date() + timedelta(days=900)
    return tuple(
        ListedCertificate(line=line, name=name, serial=f"00DE{line:04X}", not_after=ends, subject=kind)
        for line, (name, kind) in enumerate(kinds.items(), 2)
    )


def _import_line(number: int, filed: RequestRow, state: RequestState) -> ImportLine:
    return ImportLine(number=number, code=filed.request.code, state=state, revision=filed.revision)
