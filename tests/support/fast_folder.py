"""Keeps the temporary files of a test run in memory where the machine has room: on a disk every commit is waited for.

What a killed process had written stays either way: the system loses it only with the power.
"""

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM = 2 * 10**9  #: bytes; a whole run takes a quarter


def use_memory() -> None:
    """Let temporary folders of this process and its children lie in memory, if nobody has named a place for them."""
    if "TMPDIR" not in os.environ and _is_fit():
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None  # asked again


def _is_fit() -> bool:
    """Programs of tests are started there too, which some machines forbid."""
    if not _MEMORY.is_dir() or not os.access(_MEMORY, os.W_OK):
        return False
    return shutil.disk_usage(_MEMORY).free > _ROOM and not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
