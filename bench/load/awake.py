"""Keeps the machine's cores from resting. A virtual core that rests is taken away, and finds its caches filled by
others when it comes back: a load that leaves pauses then pays for the machine's other tenants, one at full speed does
not."""
import contextlib
import os
import subprocess
import sys
from typing import Iterator

_LOOP = """
import os, signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
while os.getppid() == {parent}: sum(range(100_000))
"""


@contextlib.contextmanager
def awake_cores() -> Iterator[None]:
    """Runs a loop on each core that gives way to everything else of this session. The loops stay in it, because Linux
    shares cores among sessions first."""
    loops = []
    try:
        for core in os.sched_getaffinity(0):
            loops.append(subprocess.Popen([sys.executable, "-c", _LOOP.format(parent=os.getpid())]))
            os.sched_setaffinity(loops[-1].pid, {core})
            os.sched_setscheduler(loops[-1].pid, os.SCHED_IDLE, os.sched_param(0))
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
