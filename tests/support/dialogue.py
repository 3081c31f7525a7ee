"""Talks to the conversation as a test reads: ``await talk.says("/start")``, ``await talk.taps("Xong")``."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from bot.units.import_plan import plan_import
from bot.units.list_reader import read_sample
from handlers.conversation import respond
from handlers.core import (
    ButtonTapped,
    Choice,
    Event,
    FileRead,
    MarkupTranslator,
    OwnData,
    Reply,
    Services,
    Session,
    TextReceived,
)
from handlers.model import (
    NO_UNITS,
    Attribute,
    Certificate,
    FileProblem,
    FileProblemKind,
    Reading,
    Recognition,
    UnitDirectory,
)
from handlers.own_data import OwnDataWriter
from handlers.testing import build_memory_services
from locales import translator
from rules.facts import Issuer, Subject
from rules.loading import load_pack
from rules.pack import Pack

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
#: What a person says until the first question stands there.
BEGIN = ("/start", "đồng ý")


@cache
def pack() -> Pack:
    return load_pack()


@dataclass(kw_only=True)
class Talker(ABC):
    """A person who types lines and taps buttons by their labels; ``heard`` is the output of the last turn."""

    heard: tuple[Reply, ...] = ()
    choices: tuple[Choice, ...] = ()

    @abstractmethod
    async def does(self, event: Event) -> str:
        """Let an event happen; return everything said as one text."""

    async def says(self, *lines: str) -> str:
        for line in lines:
            await self.does(TextReceived(text=line, message="7"))
        return self.text

    async def taps(self, *labels: str) -> str:
        for label in labels:
            choice = next(c for c in self.choices if label.casefold() in c.label.casefold())
            await self.does(ButtonTapped(data=choice.tap, message="8"))
        return self.text

    @property
    def text(self) -> str:
        return "\n\n".join("\n\n".join(reply.paragraphs) for reply in self.heard)

    @property
    def labels(self) -> list[str]:
        return [choice.label for choice in self.choices]


@dataclass
class Dialogue(Talker):
    """One person's conversation over the in-memory ports."""

    world: Services = field(default_factory=lambda: build_memory_services(pack(), NOW))
    session: Session | None = None

    async def does(self, event: Event) -> str:
        """Handle an event and those that follow from it; return everything said as one text."""
        turn = await respond(self.session, event, self.world)
        self.session, self.heard = turn.session, turn.replies
        self.choices = next((r.choices for r in reversed(turn.replies) if r.choices), self.choices)
        for again in turn.again:
            await self.does(again)
        return self.text

    async def sends(self, *certificates: Certificate, problems: Sequence[FileProblemKind] = ()) -> str:
        found = tuple(FileProblem(trouble=trouble) for trouble in problems)
        return await self.does(
            FileRead(name="x.cer", reading=Reading(certificates=certificates, problems=found), message="9")
        )

    @property
    def answers(self) -> dict[str, object]:
        return dict(self.session.answers) if self.session else {}


def expects(text: str, *messages: str) -> None:
    """Check that a text holds these messages in Vietnamese."""
    for message in messages:
        assert translator("vi")(message) in text, message


@cache
def nhon_trach() -> UnitDirectory:
    """Return the shipped sample: the former district of Nhơn Trạch and its three present communes."""
    return plan_import(read_sample("nhon-trach"), NO_UNITS).units


def open_dialogue(units: UnitDirectory) -> Dialogue:
    """Return a conversation that knows these units."""
    return Dialogue(world=build_memory_services(pack(), NOW, units=units))


def get_unit(talk: Dialogue) -> str | None:
    """Return the code of the officer's unit."""
    return talk.session.unit if talk.session else None


def get_screen(talk: Dialogue) -> str:
    """Return the name of the open screen."""
    return talk.session.screen if talk.session else ""


GOVERNMENT = "CA phục vụ các cơ quan Nhà nước G2"


def make_certificate(name: str = "UBND XÃ ĐẠI PHƯỚC", **changes: object) -> Certificate:
    fields: dict[str, object] = {
        "subject": (Attribute(oid="2.5.4.3", name="CN", value=name),),
        "name": name,
        "superior": "UBND TỈNH ĐỒNG NAI",
        "issuer": (Attribute(oid="2.5.4.3", name="CN", value=GOVERNMENT),),
        "issuer_name": GOVERNMENT,
        "serial": "75580955FC81D6A7",
        "not_before": datetime(2024, 1, 2, 8, 9, tzinfo=UTC),
        "not_after": datetime(2029, 1, 1, 8, 9, tzinfo=UTC),
        "key": "RSA 2048",
        "signature_algorithm": "sha256WithRSAEncryption",
        "email": "vanthu@daiphuoc.gov.vn",
        "fingerprint": f"{abs(hash(name)):064X}"[:64],
        "subscriber": Subject.ORGANISATION,
        "issuer_kind": Issuer.GOVERNMENT,
        "recognition": Recognition.VERIFIED,
    }
    return Certificate.model_validate({**fields, **changes})


EXPIRED = {
    "not_before": datetime(2021, 11, 17, 8, 9, tzinfo=UTC),
    "not_after": datetime(2026, 11, 16, 8, 9, tzinfo=UTC),
}
PERSON = {"subscriber": Subject.INDIVIDUAL, "units": ("UBND xã Đại Phước", "Văn phòng"), "email": "lan@daiphuoc.gov.vn"}


async def read_own_data(own_data: OwnData) -> dict[str, Any]:
    """Return all stored data, with the pages of lists put together."""
    held: dict[str, Any] = {}
    async for name, value in own_data.sections():
        held[name] = [*held[name], *value] if name in held else value
    return held


def render_own_data(held: Mapping[str, Any], say: MarkupTranslator) -> str:
    """Render all data as one outline; ``held`` maps the section names of ``OwnData.sections``."""
    text = OwnDataWriter(say)
    return "".join((text.title(), *(text.section(name, value) for name, value in held.items()), text.end()))


def list_keys(value: Any) -> Iterator[str]:
    """Yield every key of JSON-ready data at any depth."""
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from list_keys(inner)


def find_machine_labels(text: str, held: Any) -> set[str]:
    """Return labels of the text (before the first colon of a line) that are keys of the data, not translations."""
    labels = {line.strip().partition(":")[0].casefold() for line in text.splitlines()}
    return labels & set(list_keys(held))
