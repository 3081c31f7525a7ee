"""A message (RFC 5322, S/MIME: RFC 8551): what its parts and attachments hold."""

from collections.abc import Callable, Iterable, Iterator
from email import message_from_bytes, policy
from email.message import Message

from bot.certificates.errors import UnreadableError
from bot.certificates.findings import Finding, Found, Missed
from bot.certificates.names import shown
from handlers.certificate import Trouble

#: Every level of parts names its boundary, and the parser looks for each of the open ones in every line; of lines that
#: may begin a part it makes an object each.
_MOST_LEVELS, _MOST_BEGINNINGS = 20, 5_000
#: Troubles of a part that is no attachment meant for us: the words themselves, pictures in them.
_EXPECTED = {
    Trouble.UNKNOWN_TYPE, Trouble.NO_CERTIFICATE, Trouble.NO_SIGNATURE, Trouble.PICTURE, Trouble.EMPTY,
}  # fmt: skip


def findings(data: bytes, most: int, read: Callable[[bytes], Iterable[Finding]]) -> Iterator[Finding]:
    """What the parts hold, in their order.

    Raises:
        UnreadableError: NO_CERTIFICATE, TOO_MANY_ENTRIES, or what ends the whole file.
    """
    if data.lower().count(b"boundary=") > _MOST_LEVELS or data.count(b"\n--") > _MOST_BEGINNINGS:
        raise UnreadableError(Trouble.TOO_MANY_ENTRIES)
    message = message_from_bytes(data.removeprefix(b"\xef\xbb\xbf").lstrip(), policy=policy.compat32)
    parts = [part for part in message.walk() if not part.is_multipart()]
    if len(parts) > most:
        raise UnreadableError(Trouble.TOO_MANY_ENTRIES)
    empty = True
    for part in parts:
        for finding in _of_part(part, read):
            empty = False
            yield finding
    if empty:
        raise UnreadableError(Trouble.NO_CERTIFICATE)


def _of_part(part: Message, read: Callable[[bytes], Iterable[Finding]]) -> Iterator[Finding]:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes) or not payload.strip():
        return
    where = shown(str(part.get_filename() or ""))
    for finding in read(payload):
        if isinstance(finding, Found) or finding.trouble not in _EXPECTED:
            yield finding._replace(where=finding.where or where)
        elif where and finding.trouble is not Trouble.PICTURE:
            yield Missed(finding.trouble, where)
