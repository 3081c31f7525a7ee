"""A command ends at a signal, whichever of its threads gets it; a service ends well, whenever it comes."""

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


#: A service for each moment, in a fork: one import of the program does for all of them.
SERVICES = """
import asyncio, os, signal, sys, threading
from bot.concurrency import run_service

def term(number=signal.SIGTERM):
    os.kill(os.getpid(), number)

class AtTheVeryEnd:
    def __del__(self, kill=os.kill, pid=os.getpid, number=signal.SIGTERM):
        kill(pid(), number)

def service(moment):
    async def work(stop):
        if moment in ("waiting", "closing", "interrupted"): threading.Timer(0.05, term).start()
        if moment not in ("ended", "last"): await stop.wait()
        if moment == "closing": term(); term(); await asyncio.sleep(0.05)
        if moment == "interrupted": term(signal.SIGINT); await asyncio.sleep(20)
    def early(stop):
        if moment == "early": term()
        return work(stop)
    run_service(early)
    if moment == "ended": term()
    if moment == "last": sys.kept = AtTheVeryEnd()

for moment in sys.argv[1:]:
    if not (child := os.fork()):
        service(moment)
        sys.exit()
    print(moment, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.mark.long
def test_a_service_that_is_told_to_end_at_any_moment_ends_with_0_and_a_second_interrupt_is_one() -> None:
    moments = ["early", "waiting", "closing", "ended", "last", "interrupted"]
    program = [sys.executable, "-c", SERVICES, *moments]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=True)
    codes = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines() if line.split(" ")[0] in moments)
    assert codes == {**dict.fromkeys(moments, "0"), "interrupted": codes["interrupted"]}, done.stderr
    assert codes["interrupted"] != "0"
