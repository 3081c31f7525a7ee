"""A command ends at a signal, whichever of its threads the system hands the signal to."""

import subprocess
import sys

import pytest

#: Another thread gets the signal while the event loop waits; nothing else wakes it.
PROGRAM = """
import asyncio, signal, threading, time
from bot.concurrency import raise_on_sigterm, run_until_signal

def interrupt():
    time.sleep(0.3)
    signal.pthread_kill(threading.get_ident(), signal.{name})

threading.Thread(target=interrupt, daemon=True).start()
try:
    with raise_on_sigterm():
        run_until_signal(asyncio.sleep(20))
except KeyboardInterrupt as ended:
    print(type(ended).__name__)
"""


@pytest.mark.parametrize(("name", "ended"), [("SIGINT", "KeyboardInterrupt"), ("SIGTERM", "Terminated")])
def test_a_signal_to_another_thread_ends_what_the_loop_waits_for(name: str, ended: str) -> None:
    program = [sys.executable, "-c", PROGRAM.format(name=name)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == ended
