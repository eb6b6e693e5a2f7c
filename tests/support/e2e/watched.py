"""What a process costs while something is wrong: its share of a core, its log, its memory."""

import time

from .process import cpu_seconds, rss_bytes


class Watched:
    """From its making on, until `end()`."""

    def __init__(self, process):
        self._process = process
        self._begin = self._sample()
        self.seconds = self.core = self.lines_a_second = 0.0
        self.grown_bytes = 0

    def end(self):
        began, log, cpu, memory = self._begin
        now, log_now, cpu_now, memory_now = self._sample()
        self.seconds = now - began
        self.core = (cpu_now - cpu) / self.seconds
        self.lines_a_second = (log_now - log) / self.seconds
        self.grown_bytes = memory_now - memory
        return self

    def _sample(self):
        pid = self._process.pid
        with open(self._process.log, "rb") as file:
            lines = sum(1 for _ in file)
        return time.monotonic(), lines, cpu_seconds(pid), rss_bytes(pid)

    def __str__(self):
        return (f"{self.seconds:.1f} s: {self.core:.1%} of a core, {self.lines_a_second:.1f} log lines/s, "
                f"{self.grown_bytes / (1 << 20):+.1f} MB")
