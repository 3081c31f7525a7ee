"""Several people with different roles who talk with the assistant over one store, for random tests."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from bot.store.store import Store
from handlers.core.events import ButtonTapped, Event, SheetRead, TextReceived
from handlers.core.replies import Reply
from handlers.core.screen import ScreenCallback
from handlers.core.session import Session
from handlers.model.imports import ImportSheet
from handlers.model.rights import Act, Rights, Role
from tests.support.bystander import Doer, Glance, check
from tests.support.desk import person
from tests.support.office import given, rights
from tests.support.stored_dialogue import StoredDialogue, registered
from tests.support.storing import CHANNEL

#: Address -> role, unit and name of each holder.
HOLDERS: dict[str, tuple[Role, str | None, str]] = {
    "owner": (Role.OWNER, None, "Chị Hạnh"),
    "admin": (Role.ADMIN, "DN.NT", "Anh Khôi"),
    "other admin": (Role.ADMIN, "DN.DP", "Cô Liễu"),
    "focal": (Role.FOCAL, "DN.NT", "Chú Mẫn"),
}
#: Address, unit, subscriber and serial number of each request, in the order of their codes.
ASKED = (
    ("officer", "DN.NT", "Nguyễn Thị Quế", "1111AAAA1111AAAA"),
    ("officer", "DN.NT.VP", "Trần Văn Sơn", "2222BBBB2222BBBB"),
    ("other officer", "DN.DP", "Lê Thị Tuyết", "3333CCCC3333CCCC"),
    ("other officer", "DN.DP", "Phạm Văn Uyên", "4444DDDD4444DDDD"),
    ("other officer", None, "Vũ Thị Xuân", "5555EEEE5555EEEE"),
)
PEOPLE = (*HOLDERS, "officer", "other officer", "stranger")
CODES = tuple(f"YC-2026-{number:06}" for number in range(1, len(ASKED) + 1))
PERSONAL = {code: {name, serial} for code, (_, _, name, serial) in zip(CODES, ASKED, strict=True)}
_CODE, _INVITATION = re.compile(r"YC-\d{4}-\d{6}"), re.compile(r"/start ([a-z2-7]{32})")


@dataclass
class Company:
    """Several people over one store; ``does`` checks the invariants after each act."""

    store: Store
    file: Path
    taps: list[str] = field(default_factory=lambda: ["desk|all|1"])
    invitations: list[str] = field(default_factory=lambda: ["abcdefgh" * 4])
    #: Codes that each person has typed, tapped or sent, whoever they belong to.
    brought: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    #: Rights that each person has had so far.
    held: defaultdict[str, list[Rights]] = field(default_factory=lambda: defaultdict(list))
    #: Units that each request has belonged to.
    units: defaultdict[str, set[str | None]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        self.talks = {name: StoredDialogue(store=self.store, address=name) for name in PEOPLE}
        self.chats = {self.store.chats.at(CHANNEL, name).id: name for name in PEOPLE}

    async def does(self, who: str, kind: str, what: object) -> None:
        event = self._event(self.talks[who], kind, what)
        if event is None:
            return
        before, able = Glance.at(self.file), await rights(self.store, who)
        self.brought[who] |= set(_CODE.findall(event.model_dump_json().upper()))
        await self.talks[who].does(event)
        after = Glance.at(self.file)
        check(Doer(self.store.chats.at(CHANNEL, who).id, able), before, after)
        assert (await self.store.audit.verify_journal()).fault is None
        self.held[who] += (able, await rights(self.store, who))
        for glance in (before, after):
            for code, stands in glance.requests.items():
                self.units[code].add(stands.unit)
        self._heard(who, before)

    def _event(self, talk: StoredDialogue, kind: str, what: object) -> Event | None:
        """Return the event of an act, or ``None`` if there is nothing to tap."""
        match kind, what:
            case "say", str(text):
                return TextReceived(text=text, message="4")
            case "take", int(number):
                return TextReceived(text=f"/start {self.invitations[number % len(self.invitations)]}", message="5")
            case "sheet", list(rows):
                return SheetRead(sheet=ImportSheet(lines=tuple(rows)), message="6")
        data = self._tap(talk, kind, what)
        return ButtonTapped(data=data, message="1") if data else None

    def _tap(self, talk: StoredDialogue, kind: str, what: object) -> str | None:
        """Return the data of a button: by place or value, one that anybody was ever shown, or an invented one."""
        match kind, what:
            case "tap", int(number) if talk.choices:
                return talk.choices[number % len(talk.choices)].tap
            case "choose", str(value):
                return next((choice.tap for choice in talk.choices if choice.tap.split("|")[1] == value), None)
            case "replay", int(number):
                return self.taps[number % len(self.taps)]
            case "forge", (None | str() as screen, str(value)):
                at = talk.session or Session()
                return str(ScreenCallback(screen or at.screen, value, str(at.version)))
        return None

    def _heard(self, who: str, before: Glance) -> None:
        talk = self.talks[who]
        for reply in talk.heard:
            well_formed(reply)
            self.taps += [choice.tap for choice in reply.choices]
            self.invitations += _INVITATION.findall("\n".join(reply.paragraphs))
        if talk.session is not None:
            assert Session.load(talk.session.model_dump_json()) == talk.session
        self._kept_from(who, before, "\n".join(map(everything, talk.heard)))

    def _kept_from(self, who: str, before: Glance, told: str) -> None:
        """Check that nothing that was said is beyond the reach of the person who heard it."""
        for code in CODES:
            mine = code in before.requests and self.chats.get(before.requests[code].chat) == who
            if not (mine or self._reached(who, Act.SEE_REQUESTS, code)):
                assert code in self.brought[who] or code not in told, f"{who} sees {code}"
            if not (mine or self._reached(who, Act.SEE_PERSONAL, code)):
                assert not [word for word in PERSONAL[code] if word in told], f"{who} sees who asks for {code}"
        for holder, (_, unit, label) in HOLDERS.items():
            if holder != who and not any(able.may(Act.SEE_HOLDERS, unit) for able in self.held[who]):
                assert label not in told, f"{who} sees who {holder} is"

    def _reached(self, who: str, act: Act, code: str) -> bool:
        """Return whether the person ever had the right to see a request where it belonged then."""
        return any(able.may(act, unit) for able in self.held[who] for unit in self.units[code])


def well_formed(reply: Reply) -> None:
    assert reply.paragraphs or reply.attachments or reply.action in {"delete", "buttons"}
    assert all(len(choice.tap.encode()) <= 64 for choice in reply.choices)


def everything(reply: Reply) -> str:
    """Return all texts and data of a reply."""
    files = (attachment.content.decode(errors="replace") for attachment in reply.attachments)
    return "\n".join((*reply.paragraphs, *(f"{choice.label} {choice.tap}" for choice in reply.choices), *files))


async def furnish(store: Store) -> None:
    """Create their roles and requests for known units; everybody consents."""
    for address, (role, unit, label) in HOLDERS.items():
        await given(store, address, role, unit, label)
    for address, unit, name, serial in ASKED:
        await registered(store, address, person(name, serial), unit)
    for address in PEOPLE:
        await StoredDialogue(store=store, address=address).says("/start", "1")
