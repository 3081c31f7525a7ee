"""Give roles to made-up people, whom the operator can impersonate: ``troly chat --as chu``."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from bot.channels.registry import terminal_channel
from bot.demo.certificates import CertificateNaming
from bot.demo.data_writer import DemoChat, DemoGrant, format_grant_id
from handlers.core.session import Session
from handlers.model.rights import MACHINE, Role
from handlers.model.unit import Unit

#: Officers' chats use a channel to which nothing is delivered.
CHANNEL = "demo"
OWNER, ADMIN, FOCAL = "chu", "quan-tri", "dau-moi"
#: So many bodies have an admin and a focal officer of their own.
_BODIES = 5


@dataclass(frozen=True, slots=True)
class Staff:
    """The people with a role, and the admin of each body."""

    grants: tuple[DemoGrant, ...]
    admins: dict[str, str]  #: body -> grant of its admin

    def admin_of(self, body: str) -> str:
        """Return the grant of the person who works through a body's requests: its admin, else the owner."""
        return self.admins.get(body, self.grants[0].id)


def make_staff(naming: CertificateNaming, now: datetime, begun: datetime, pack: str) -> Staff:
    """Make one owner, and an admin and a focal officer for each of the first bodies that were formed from others."""
    hiring = _RoleGiver(now, begun, pack)
    owner = hiring.grant_role(OWNER, Role.OWNER, "Chủ Mẫu", MACHINE)
    admins: dict[str, str] = {}
    for at, unit in enumerate(_first_bodies(naming), 1):
        admin = hiring.grant_role(f"{ADMIN}-{at}", Role.ADMIN, f"Quản trị Mẫu {at}", owner, unit.code)
        hiring.grant_role(f"{FOCAL}-{at}", Role.FOCAL, f"Đầu mối Mẫu {at}", admin, unit.code)
        admins[unit.code] = admin
    return Staff(tuple(hiring.grants), admins)


def _first_bodies(naming: CertificateNaming) -> Iterator[Unit]:
    return islice((unit for unit in naming.working if naming.is_formed_from_others(unit)), _BODIES)


@dataclass
class _RoleGiver:
    """Gives roles one after the other."""

    now: datetime
    begun: datetime
    pack: str
    grants: list[DemoGrant] = field(default_factory=list)

    def grant_role(self, name: str, role: Role, label: str, by: str, unit: str | None = None) -> str:
        """Give a role and return the id of the grant; the person has consented already and may ask at once."""
        session = Session(consented_at=self.begun, pack=self.pack, screen="question", unit=unit)
        chat = DemoChat(terminal_channel(name), name, self.begun, self.now, unit, session.model_dump_json())
        grant = DemoGrant(format_grant_id(len(self.grants) + 1), chat, role, unit, label, self.begun, by)
        self.grants.append(grant)
        return grant.id
