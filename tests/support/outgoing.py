"""Broadcasts in the state of being sent, written by SQL, with a row for everybody."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.store.encoding import to_micros
from bot.store.power_seals import Warrant, content_digest
from bot.store.sealing import sealed_columns
from bot.store.sealing.keyring import Keyring
from handlers.model.broadcast import BroadcastDraft, BroadcastText, PlaceholderValues

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DRAFT = BroadcastDraft(
    title="Nhắc hạn",
    text=BroadcastText(
        vi="Kính gửi *{ho_ten|anh/chị}*: hạn gia hạn chứng thư của {don_vi|đơn vị} là {han}, {so_ngay}.",
        en="Dear *{ho_ten|colleague}*: the certificate of {don_vi|your unit} is due on {han}, {so_ngay}.",
    ),
)

Row = tuple[object, ...]
#: Runs a statement with question marks for each row of parameters.
Many = Callable[[str, Sequence[Row]], object]


@dataclass(frozen=True)
class Outgoing:
    """Creates broadcasts to people of one channel."""

    keyring: Keyring
    many: Many
    channel: str = "telegram"

    def queue(
        self,
        broadcast: str,
        addresses: Iterable[str],
        *,
        draft: BroadcastDraft = DRAFT,
        state: str = "running",
        document: bytes | None = None,
        values: PlaceholderValues = PlaceholderValues(name="Nguyễn Thị Lan", unit="Sở Tư pháp"),  # noqa: B008 - frozen
        now: datetime = NOW,
    ) -> None:
        """Create a broadcast, and its people if they are new."""
        content = self.keyring.seal(draft.model_dump_json(), sealed_columns.broadcast_content(broadcast))
        file = document and self.keyring.seal(document, sealed_columns.broadcast_document(broadcast))
        said = content_digest(draft.model_dump_json()), content_digest(document) if document else None
        warrant = Warrant(broadcast, None, None, None, "machine", "machine", *said)
        at = to_micros(now)
        self.many(
            "INSERT INTO broadcasts (id, state, author, approver, content, document, warrant, created_at, changed_at)"
            " VALUES (?, 'paused', 'machine', 'machine', ?, ?, ?, ?, ?)",
            [(broadcast, content, file, warrant.seal(self.keyring), at, at)],
        )
        rows = list(self._rows(broadcast, addresses, values.model_dump_json(), at))
        self.many(
            "INSERT INTO chats (id, channel, address, first_contact_at, last_contact_at, consented)"
            " VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT (id) DO NOTHING",
            [(chat, self.channel, address, at, at) for chat, address, *_ in rows],
        )
        self.many(
            "INSERT INTO outbox (origin, chat, channel, payload, priority, broadcast, queued_at, due_at)"
            " VALUES (?, ?, ?, ?, 2, ?, ?, ?)",
            [(origin, chat, self.channel, payload, broadcast, at, at) for chat, _, origin, payload in rows],
        )
        # The state is set last: a scheduler that looks at a running broadcast without rows takes it for finished.
        self.many("UPDATE broadcasts SET state = ? WHERE id = ?", [(state, broadcast)])

    def _rows(
        self, broadcast: str, addresses: Iterable[str], values: str, at: int
    ) -> Iterator[tuple[str, bytes, str, bytes]]:
        for address in addresses:
            chat = sealed_columns.chat_id(self.keyring, self.channel, address)
            origin = sealed_columns.broadcast_origin(broadcast, chat)
            sealed = self.keyring.seal(address, sealed_columns.address(chat))
            yield chat, sealed, origin, self.keyring.seal(values, sealed_columns.payload(chat, origin))
