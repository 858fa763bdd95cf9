"""How fast the machine is while all else is measured: on shared ones the same work takes half or twice as long a minute
later, so that CPU times of two rows tell little without it."""
import os
import subprocess

_TIMES = 200


class Pace:
    """Fixed work, that of bench/guard.cc which decoding is set against."""

    def __init__(self, guard: str):
        self._argv = [guard, "fixed_bytes", str(_TIMES)]

    def measure(self) -> float:
        """CPU time in milliseconds."""
        process = subprocess.Popen(self._argv)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(self._argv)} ended with {process.returncode}")
        return usage.ru_utime * 1000 / _TIMES
