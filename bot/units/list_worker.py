"""Read a stranger's list of units in a process of its own, inside limits of time and memory.

Run as a program (``python -m bot.units.list_worker``), it answers each file with an ``_Answer`` as JSON. ``read_apart``
is what others call.
"""

import asyncio
import json
from collections.abc import Mapping

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.certificates import MEBIBYTE, Limits
from bot.process_sandbox import Death, SandboxProcess, StartError, serve
from bot.units import FaultyUnitsError, UnitFault, UnitsFileError
from bot.units.list_reader import UnitList, read_list
from locales import N_

_MODULE = "bot.units.list_worker"
#: A list of all communes of the country needs 70 MiB and 2 s on an idle machine.
LIMITS = Limits(seconds=20.0, memory=512 * MEBIBYTE)
#: Seconds that a slow process has to end itself before it is killed.
_GRACE = 10.0
#: The most faults that are told of one file.
_MOST_FAULTS = 200
_TOO_LARGE = N_("The file is larger than {limit} MB; split it.")
_DEATHS = {
    Death.TOO_SLOW: N_("Reading the file takes too long. Save the list alone as a new Excel workbook, or as CSV."),
    Death.TOO_MUCH_MEMORY: N_("The file is too large when it is opened. Save the list alone as CSV."),
    Death.CRASHED: N_("The file is damaged. Open it in Excel, save it anew, and send it again."),
}
_UNAVAILABLE = N_("The file cannot be read just now. Please try again in a moment.")

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
    try:
        process = await SandboxProcess.start_server(_MODULE)
    except StartError as error:
        _log.error("unit_list_process_not_started", error=repr(error.__cause__))
        raise UnitsFileError(_UNAVAILABLE) from None
    try:
        return _unpack(await _ask(process, sheet, data))
    finally:
        await process.kill()


async def _ask(process: SandboxProcess, sheet: str, data: bytes) -> _Answer:
    try:
        async with asyncio.timeout(LIMITS.seconds + _GRACE):
            answer = await process.ask(json.dumps(sheet).encode() + b"\n" + data)
        return await asyncio.to_thread(_Answer.model_validate_json, answer)
    except TimeoutError:
        raise UnitsFileError(_DEATHS[Death.TOO_SLOW]) from None
    except ValidationError:
        raise UnitsFileError(_DEATHS[Death.CRASHED]) from None
    except (EOFError, OSError):
        death = await process.death()
        _log.warning("unit_list_process_died", death=death.name)
        raise UnitsFileError(_DEATHS[death]) from None


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
