"""Read a stranger's list of units in a process of its own, inside limits of time and memory.

Run as a program (``python -m bot.units.list_worker``), it answers each file with an ``_Answer`` as JSON. ``read_apart``
is what others call.
"""

import json
from collections.abc import Mapping

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.certificates import MEBIBYTE, Limits
from bot.process_sandbox import UnansweredError, answer_once, serve
from bot.tables import UNANSWERED
from bot.units import FaultyUnitsError, UnitFault, UnitsFileError
from bot.units.list_reader import UnitList, read_list
from locales import N_

_MODULE = "bot.units.list_worker"
#: A list of all communes of the country needs 70 MiB and 2 s on an idle machine.
LIMITS = Limits(seconds=20.0, memory=512 * MEBIBYTE)
#: The most faults that are told of one file.
_MOST_FAULTS = 200
_TOO_LARGE = N_("The file is larger than {limit} MB; split it.")

_log = structlog.get_logger(__name__)


class _Fault(BaseModel):
    line: int
    message: str
    values: dict[str, str | int]


class _Answer(BaseModel):
    """The list, or what is wrong with the file."""

    model_config = ConfigDict(frozen=True)

    read: UnitList | None = None
    message: str = ""
    values: dict[str, str | int] = {}
    faults: tuple[_Fault, ...] = ()


def encode_list(read: UnitList) -> str:
    """Return a list as text that ``decode_list`` reads."""
    return _Answer(read=read).model_dump_json(include={"read"})


def decode_list(text: str) -> UnitList | None:
    """Return the list that was encoded; ``None`` where the text holds none."""
    try:
        return _Answer.model_validate_json(text).read
    except ValidationError:
        return None


async def read_apart(data: bytes, sheet: str) -> UnitList:
    """Read a list of units in another process.

    Raises:
        UnitsFileError: the file is no list of units, or cannot be read.
        FaultyUnitsError: its headings or letters are wrong.
    """
    if len(data) > LIMITS.file:
        raise UnitsFileError(_TOO_LARGE, limit=LIMITS.file // MEBIBYTE)
    request = json.dumps(sheet).encode() + b"\n" + data
    try:
        return _unpack(await answer_once(_MODULE, request, LIMITS.seconds, _Answer.model_validate_json))
    except UnansweredError as error:
        _log.warning("unit_list_unread", cause=error.death.name, error=repr(error.__cause__))
        raise UnitsFileError(UNANSWERED[error.death]) from None


def _unpack(answer: _Answer) -> UnitList:
    if answer.read is not None:
        return answer.read
    if answer.faults:
        raise FaultyUnitsError([UnitFault(one.line, one.message, one.values) for one in answer.faults])
    raise UnitsFileError(answer.message, **answer.values)


def _answer(request: bytes) -> bytes:
    sheet, _, data = request.partition(b"\n")
    try:
        told = _Answer(read=read_list(data, json.loads(sheet)))
    except FaultyUnitsError as error:
        faults = [
            _Fault(line=one.line, message=one.message, values=_plain(one.values)) for one in error.faults[:_MOST_FAULTS]
        ]
        told = _Answer(faults=tuple(faults))
    except UnitsFileError as error:
        told = _Answer(message=error.message, values=_plain(error.values))
    return told.model_dump_json().encode()


def _plain(values: Mapping[str, object]) -> dict[str, str | int]:
    return {name: value if isinstance(value, int) else str(value) for name, value in values.items()}


def main() -> None:
    """Answer requests until the input ends; the file itself does not count against the memory."""
    serve(_answer, memory=LIMITS.memory + LIMITS.file, seconds=LIMITS.seconds)


if __name__ == "__main__":
    main()
