"""Cut the power of a program that ran under strace: what it wrote and did not sync is lost, torn, or kept by chance.

The trace holds, in order, what was written to files, which of it was synced, and what left by the network. A cut at any
place of it gives the files as a disk may hold them then: synced writes stand; later ones of each file stand in any
combination, the last of them perhaps cut at a sector. Names of files follow the sync of their folder, in order.
"""

import os
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

CALLS = (
    "openat,pwrite64,write,fsync,fdatasync,ftruncate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,sendto,"
    "sendmsg,writev"
)
#: The command before that of the program; data are written in hexadecimal, descriptors with their paths.
STRACE = ("strace", "-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-e", "signal=none", "-o")
SECTOR = 512
_LINE = re.compile(r"^(\d+) +(?:(\w+)\((.*)|<\.\.\. (\w+) resumed>(.*))$")
_DONE = re.compile(r"\) += (-?\d+|\?)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_PATH = re.compile(r"^-?\w+<((?:\\x[0-9a-f]{2}|[^>])*)>")


@dataclass(frozen=True)
class Event:
    """A call that succeeded."""

    call: str
    path: Path = field(default_factory=Path)  #: of the file, where it is about one
    data: bytes = b""
    offset: int = -1  #: -1: at the end
    target: Path = field(default_factory=Path)  #: of a rename or a link


def read_trace(trace: Path) -> Iterator[Event]:
    """Read the calls in the order in which they ended."""
    begun: dict[str, str] = {}
    for line in trace.read_text(encoding="latin-1").splitlines():
        if not (found := _LINE.match(line)):
            continue
        process, call, rest, resumed, more = found.groups()
        if rest is not None and rest.endswith("<unfinished ...>"):
            begun[process] = rest.removesuffix("<unfinished ...>")
            continue
        if resumed:
            call, rest = resumed, begun.pop(process, "") + more
        done = _DONE.search(rest)
        if call and done and not done[1].startswith(("-", "?")):
            yield from _to_events(call, rest[: done.start()], int(done[1]))


def _to_events(call: str, arguments: str, result: int) -> Iterator[Event]:
    strings = [_unescape(text) for text in _STRING.findall(arguments)]
    paths = [Path(os.fsdecode(one)) for one in strings]
    about = _PATH.match(arguments)
    path = Path(os.fsdecode(_unescape(about[1])) if about and "\\x" in about[1] else about[1] if about else "")
    if call in {"sendto", "sendmsg", "writev"} or (call == "write" and not path.is_absolute()):
        yield Event("send", data=b"".join(strings))
    elif call == "openat":
        if "O_CREAT" in arguments or "O_TRUNC" in arguments:
            yield Event("truncate" if "O_TRUNC" in arguments else "create", path / paths[0])
    elif call in {"pwrite64", "write"}:
        offset = int(arguments.rpartition(",")[2]) if call == "pwrite64" else -1
        yield Event("write", path, strings[0][:result], offset)
    elif call in {"fsync", "fdatasync"}:
        yield Event("sync", path)
    elif call == "ftruncate":
        yield Event("resize", path, offset=int(arguments.rpartition(",")[2]))
    elif call.startswith(("rename", "link")):
        yield Event("rename" if call.startswith("rename") else "link", paths[0], target=paths[-1])
    elif call.startswith("unlink"):
        yield Event("unlink", paths[0])


def _unescape(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


@dataclass
class _File:
    """A file on the disk, and what was done to it since it was synced last."""

    content: bytearray = field(default_factory=bytearray)
    pending: list[Event] = field(default_factory=list)
    size: int = 0  #: as the program sees it


class Disk:
    """The files below a folder as a disk holds them while events come."""

    def __init__(self, folder: Path) -> None:
        """Begin with what lies there, all of it synced."""
        self.folder = folder
        self._files = {path: _read(path) for path in folder.rglob("*") if path.is_file()}
        self._named = dict(self._files)  #: what the program sees under each name
        self._kept = dict(self._files)  #: what the disk has under each name
        self._moves: list[tuple[Path, _File | None]] = []  #: names that changed since their folder was synced

    def apply(self, event: Event) -> None:
        if event.call == "sync" and self._is_folder(event.path):
            self._keep_names(event.path)
        elif not event.path.is_relative_to(self.folder) or event.path.name.endswith("-shm"):
            return
        elif event.call in {"create", "truncate"}:
            self._open(event)
        elif event.call in {"rename", "link"}:
            self._move(event.target, self._named.get(event.path))
            if event.call == "rename":
                self._move(event.path, None)
        elif event.call == "unlink":
            self._move(event.path, None)
        elif (file := self._named.get(event.path)) is not None:
            self._change(file, event)

    def _keep_names(self, folder: Path) -> None:
        for name, file in [move for move in self._moves if move[0].parent == folder]:
            self._set(self._kept, name, file)
        self._moves = [move for move in self._moves if move[0].parent != folder]

    def _open(self, event: Event) -> None:
        if event.path not in self._named:
            self._move(event.path, _File())
        elif event.call == "truncate":
            self._change(self._named[event.path], Event("resize", event.path, offset=0))

    def _is_folder(self, path: Path) -> bool:
        return path == self.folder or any(path == name.parent for name in self._named)

    def _change(self, file: _File, event: Event) -> None:
        if event.call == "sync":
            for one in file.pending:
                _write(file.content, one, len(one.data))
            file.pending.clear()
            return
        offset = event.offset if event.offset >= 0 else file.size
        file.pending.append(Event(event.call, event.path, event.data, offset))
        file.size = offset if event.call == "resize" else max(file.size, offset + len(event.data))

    def _move(self, name: Path, file: _File | None) -> None:
        self._moves.append((name, file))
        self._set(self._named, name, file)

    @staticmethod
    def _set(names: dict[Path, _File], name: Path, file: _File | None) -> None:
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file

    def cut(self, into: Path, chance: random.Random) -> None:
        """Write to a folder what a disk may hold if the power fails now."""
        names = dict(self._kept)
        for name, file in self._moves[: chance.randint(0, len(self._moves))]:
            self._set(names, name, file)
        for name, file in names.items():
            place = into / name.relative_to(self.folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(_survivors(file, chance))
            place.chmod(0o600)


def _read(path: Path) -> _File:
    content = bytearray(path.read_bytes())
    return _File(content, size=len(content))


def _survivors(file: _File, chance: random.Random) -> bytes:
    content, share = bytearray(file.content), chance.choice((0.0, 0.5, 0.9, 1.0))
    for event in file.pending:
        if chance.random() < share:
            torn = chance.random() < 0.1
            _write(
                content, event, chance.randrange(len(event.data) + 1) // SECTOR * SECTOR if torn else len(event.data)
            )
    return bytes(content)


def _write(content: bytearray, event: Event, length: int) -> None:
    if event.call == "resize":
        content[:] = content[: event.offset].ljust(event.offset, b"\0")
        return
    if len(content) < event.offset:
        content.extend(b"\0" * (event.offset - len(content)))
    content[event.offset : event.offset + length] = event.data[:length]


@dataclass
class Sent:
    """What had left by the network when the power failed."""

    chats: list[str] = field(default_factory=list)  #: whom a message was sent to, in order
    acknowledged: int = 0  #: updates below this number are not given out again


def note_sent(sent: Sent, events: Iterable[Event]) -> None:
    """Note the calls of the Bot API among the events."""
    for event in events:
        if event.call != "send":
            continue
        if offset := re.search(rb'"offset": ?"?(\d+)', event.data):
            sent.acknowledged = max(sent.acknowledged, int(offset[1]))
        if b'"text"' in event.data and (chat := re.search(rb'"chat_id": ?"?(\d+)', event.data)):
            sent.chats.append(chat[1].decode())
