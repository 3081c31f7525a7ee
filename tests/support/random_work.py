"""Several people with different roles who talk with the assistant over one store, for random tests."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from hypothesis import strategies as st

from bot.channels import CHANNELS, Capabilities
from bot.channels.rendering import render_text, split_reply, to_plain_text, utf16_length
from bot.store import Store
from handlers.commands import ADMIN_COMMANDS, COMMANDS
from handlers.core import ButtonTapped, Event, Reply, ScreenCallback, Session, SheetRead, TextReceived
from handlers.model import Act, ImportLine, ImportSheet, RequestState, Rights, Role
from handlers.registry import SCREENS
from tests.support.invariants import Actor, Glance, check_turn
from tests.support.people import grant_role, load_rights, make_person_content
from tests.support.store import CHANNEL
from tests.support.stored_dialogue import StoredDialogue, register_request

#: Address -> role, unit and name of each holder.
HOLDERS: dict[str, tuple[Role, str | None, str]] = {
    "owner": (Role.OWNER, None, "Chị Hạnh"),
    "admin": (Role.ADMIN, "DN.NT", "Anh Khôi"),
    "other admin": (Role.ADMIN, "DN.DP", "Cô Liễu"),
    "focal": (Role.FOCAL, "DN.NT", "Chú Mẫn"),
}
#: Address, unit, subscriber and serial number of each request, in the order of their codes.
REQUESTS = (
    ("officer", "DN.NT", "Nguyễn Thị Quế", "1111AAAA1111AAAA"),
    ("officer", "DN.NT.VP", "Trần Văn Sơn", "2222BBBB2222BBBB"),
    ("other officer", "DN.DP", "Lê Thị Tuyết", "3333CCCC3333CCCC"),
    ("other officer", "DN.DP", "Phạm Văn Uyên", "4444DDDD4444DDDD"),
    ("other officer", None, "Vũ Thị Xuân", "5555EEEE5555EEEE"),
)
PEOPLE = (*HOLDERS, "officer", "other officer", "stranger")
CODES = tuple(f"YC-2026-{number:06}" for number in range(1, len(REQUESTS) + 1))
PERSONAL = {code: {name, serial} for code, (_, _, name, serial) in zip(CODES, REQUESTS, strict=True)}
_CODE, _INVITATION = re.compile(r"YC-\d{4}-\d{6}"), re.compile(r"/start ([a-z2-7]{32})")


@dataclass
class Crowd:
    """Several people over one store, and what anybody was shown so far that can be tapped or taken up."""

    store: Store
    taps: list[str] = field(default_factory=lambda: ["desk|all|1"], kw_only=True)
    invitations: list[str] = field(default_factory=lambda: ["abcdefgh" * 4], kw_only=True)
    channel: str = field(default=CHANNEL, kw_only=True)

    def __post_init__(self) -> None:
        self.talks = {name: StoredDialogue(store=self.store, address=name, channel=self.channel) for name in PEOPLE}

    def event_of(self, talk: StoredDialogue, kind: str, what: object) -> Event | None:
        """Return the event of an act, or ``None`` if there is nothing to tap."""
        match kind, what:
            case "say", str(text):
                return TextReceived(text=text, message="4")
            case "take", int(number):
                return TextReceived(text=f"/start {self.invitations[number % len(self.invitations)]}", message="5")
            case "sheet", list(rows):
                return SheetRead(sheet=ImportSheet(lines=tuple(rows)), message="6")
        data = self._tap(talk, kind, what)
        if data and kind in {"tap", "choose"} and (typed := self._number(talk, data)):
            return TextReceived(text=typed, message="1")
        return ButtonTapped(data=data, message="1") if data else None

    def _number(self, talk: StoredDialogue, tap: str) -> str | None:
        """Return what is typed for a choice where the channel makes a numbered menu of it."""
        able = CHANNELS[self.channel].capabilities
        if able.takes_buttons([one.label for one in talk.choices]):
            return None
        counted = [one.tap for one in talk.choices if one.numbered]
        return str(counted.index(tap) + 1) if tap in counted else None

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

    def remember(self, reply: Reply) -> None:
        """Keep the buttons and invitations of a reply for later acts."""
        self.taps += [choice.tap for choice in reply.choices]
        self.invitations += _INVITATION.findall("\n".join(reply.paragraphs))


@dataclass
class Company(Crowd):
    """Several people over one store; ``does`` checks the invariants after each act."""

    file: Path
    #: Codes that each person has typed, tapped or sent, whoever they belong to.
    brought: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    #: Rights that each person has had so far.
    held: defaultdict[str, list[Rights]] = field(default_factory=lambda: defaultdict(list))
    #: Units that each request has belonged to.
    units: defaultdict[str, set[str | None]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.chats = {self.store.chats.at(self.channel, name).id: name for name in PEOPLE}

    async def does(self, who: str, kind: str, what: object) -> None:
        event = self.event_of(self.talks[who], kind, what)
        if event is None:
            return
        before, able = Glance.at(self.file), await load_rights(self.store, who, self.channel)
        self.brought[who] |= set(_CODE.findall(event.model_dump_json().upper()))
        await self.talks[who].does(event)
        after = Glance.at(self.file)
        check_turn(Actor(self.store.chats.at(self.channel, who).id, able), before, after)
        assert (await self.store.audit.verify_journal()).fault is None
        self.held[who] += (able, await load_rights(self.store, who, self.channel))
        for glance in (before, after):
            for code, stands in glance.requests.items():
                self.units[code].add(stands.unit)
        self._heard(who, before)

    def _heard(self, who: str, before: Glance) -> None:
        talk = self.talks[who]
        for reply in talk.heard:
            check_reply(reply)
            check_messages(reply, CHANNELS[self.channel].capabilities)
            self.remember(reply)
        if talk.session is not None:
            assert Session.load(talk.session.model_dump_json()) == talk.session
        self._kept_from(who, before, "\n".join(map(render_reply, talk.heard)))

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


def check_reply(reply: Reply) -> None:
    assert reply.paragraphs or reply.attachments or reply.action in {"delete", "buttons"}
    assert all(len(choice.tap.encode()) <= 64 for choice in reply.choices)


def check_messages(reply: Reply, able: Capabilities) -> None:
    """Check that the channel can carry a reply, and that every choice is to be seen: as a button, or in a menu."""
    messages = split_reply(reply, able)
    shown = "\n".join(render_text(one, able) for one in messages)
    for one in messages:
        assert utf16_length(render_text(one, able)) <= able.text_limit
        assert able.markup or "<b>" not in render_text(one, able)
        assert able.takes_buttons([choice.label for choice in one.choices]) or not one.choices
    if messages and not any(one.choices for one in messages):
        plain = [to_plain_text(escape(choice.label, quote=False)) for choice in reply.choices]
        assert not [label for label in plain if label not in to_plain_text(shown)], "a choice is not shown"


def render_reply(reply: Reply) -> str:
    """Return all texts and data of a reply."""
    files = (attachment.content.decode(errors="replace") for attachment in reply.attachments)
    return "\n".join((*reply.paragraphs, *(f"{choice.label} {choice.tap}" for choice in reply.choices), *files))


async def add_people(store: Store, channel: str = CHANNEL) -> None:
    """Create their roles and requests for known units; everybody consents."""
    for address, (role, unit, label) in HOLDERS.items():
        await grant_role(store, address, role, unit, label, channel=channel)
    for address, unit, name, serial in REQUESTS:
        await register_request(store, address, make_person_content(name, serial), unit, channel)
    for address in PEOPLE:
        await StoredDialogue(store=store, address=address, channel=channel).says("/start", "1")


Step = tuple[str, object]  #: a kind of act, and what
Scene = tuple[str, list[Step], list[Step]]

HOSTILE = ("=HYPERLINK(1)", "<b>x</b>", "\u202egnart", "a\x00b", "Đ" * 600, "%_'\"--", "079 123 456 789", "2", "")
KNOWN_IDS = ("QT-000001", "QT-000002", "QT-000003", "LM-000005", "XD-000001", "NL-000001")
WORDS = (*CODES, *HOSTILE, *KNOWN_IDS, "xã Đại Phước", "DN.NT", "lý do chính đáng", "01/11/2026 - 30/11/2026", "có")
VALUES = (
    *CODES,
    *KNOWN_IDS,
    *RequestState,
    *Role,
    "yes",
    "no",
    "all",
    "export",
    "end",
    "invite",
    "xlsx",
    "DN.DP",
    "revoke",
)

lines = st.builds(
    ImportLine,
    number=st.integers(1, 9),
    code=st.sampled_from((*CODES, "YC-2026-999999", "=1+1")),
    state=st.sampled_from((*RequestState, None)),
    note=st.sampled_from(("", *HOSTILE, "thiếu quyết định")),
    revision=st.sampled_from((0, 0, 0, 1, 2, None)),
)
#: A list that is likely to be applied.
valid_lines = st.builds(
    ImportLine,
    number=st.just(2),
    code=st.sampled_from(CODES),
    state=st.sampled_from((RequestState.ACCEPTED, RequestState.SENT_BACK, RequestState.REFUSED)),
    note=st.just("thiếu quyết định"),
    revision=st.just(0),
)
commands = st.tuples(
    st.sampled_from([f"/{one.name}" for one in (*COMMANDS, *ADMIN_COMMANDS, *ADMIN_COMMANDS)]),
    st.sampled_from(("", "", "", *WORDS)),
).map(" ".join)
taps = st.tuples(st.just("tap"), st.integers(0, 12))
first_taps = st.tuples(st.just("tap"), st.integers(0, 3))


def say_one_of(*texts: str) -> st.SearchStrategy[tuple[str, object]]:
    return st.tuples(st.just("say"), st.sampled_from(texts))


def choose_one_of(*values: str) -> st.SearchStrategy[tuple[str, object]]:
    """Choose the option with one of these values, if it is offered."""
    return st.tuples(st.just("choose"), st.sampled_from(values))


reason, yes = say_one_of("lý do chính đáng"), choose_one_of("yes")
moves = choose_one_of(RequestState.ACCEPTED, RequestState.FORWARDED, RequestState.SENT_BACK, RequestState.REFUSED)
#: The tasks of people with a role, step by step.
admin_errands = st.one_of(
    st.tuples(say_one_of(*(f"/danhsach {code}" for code in CODES)), moves, reason),
    st.tuples(
        say_one_of("/danhsach"), choose_one_of("all"), choose_one_of(RequestState.ACCEPTED, RequestState.FORWARDED), yes
    ),
    st.tuples(
        say_one_of("/danhsach"),
        choose_one_of("all"),
        choose_one_of(RequestState.SENT_BACK, RequestState.REFUSED),
        reason,
        yes,
    ),
    st.tuples(st.tuples(st.just("sheet"), st.lists(valid_lines, min_size=1, max_size=2)), yes),
    st.tuples(say_one_of("/vaitro QT-000001", "/vaitro QT-000002", "/vaitro QT-000004"), choose_one_of("end"), yes),
    st.tuples(
        *(say_one_of("/vaitro"), choose_one_of("invite"), choose_one_of(Role.OWNER, Role.ADMIN, Role.FOCAL)),
        *(say_one_of("DN.NT", "DN.DP", "xã Đại Phước", "DN"), say_one_of("Bác Năm")),
    ),
    st.tuples(say_one_of("/xuat"), choose_one_of("xlsx", "docx"), say_one_of("/nhatky", "/thongke", "/danhsach")),
    st.tuples(say_one_of("/danhsach QT", "/danhsach nguyen", "/thongke"), taps, taps),
)
#: The acts that everybody can perform.
common_errands = st.one_of(
    st.tuples(say_one_of(*(f"/yeucau {code}" for code in CODES)), choose_one_of("withdraw"), yes),
    st.tuples(
        *(say_one_of(*(f"/yeucau {code}" for code in CODES)), choose_one_of("amend"), choose_one_of("unit")),
        *(say_one_of("Xã Đại Phước", "Xã Nhơn Trạch"), taps, choose_one_of("send")),
    ),
    st.tuples(st.just(("say", "/xoadulieu")), first_taps),
    st.tuples(st.tuples(st.just("take"), st.integers(0, 20))),
    st.tuples(st.tuples(st.just("sheet"), st.lists(lines, max_size=4))),
    st.tuples(st.tuples(st.just("say"), commands)),
    st.tuples(say_one_of("/dulieu", "/nhatky", "/thongke", "/trogiup")),
)
acts = st.one_of(
    *(taps, first_taps, first_taps),
    st.tuples(st.just("replay"), st.integers(0, 500)),
    st.tuples(st.just("forge"), st.tuples(st.sampled_from((None, None, *SCREENS)), st.sampled_from(VALUES))),
    st.tuples(st.just("say"), st.sampled_from(WORDS)),
    st.tuples(st.just("say"), st.just("lý do chính đáng")),
)
#: A person, the steps of a task, and then any acts.
scenes = st.tuples(
    st.sampled_from((*HOLDERS, *HOLDERS, *PEOPLE)),
    st.one_of(admin_errands, admin_errands, common_errands).map(list),
    st.lists(acts, max_size=4),
)
#: Two scenes at a time, whose acts take turns.
scripts = st.lists(st.tuples(scenes, scenes), min_size=1, max_size=5)
