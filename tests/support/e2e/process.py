"""Processes that are surely gone at the end, ports nobody else has, and waiting for a condition."""

import ctypes
import os
import random
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _die_with_parent():
    # The last resort: a harness that is itself killed cannot clean up.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A program with its output in a file. In a session of its own: Ctrl-C reaches the harness alone, which then
    stops its processes in order."""

    def __init__(self, name, argv, log, env=None, outlive=False):
        self.name, self.log, self.argv = name, log, argv
        with open(log, "ab") as out:
            self._popen = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                env={**os.environ, **(env or {})}, preexec_fn=None if outlive else _die_with_parent)
        self.pid = self._popen.pid

    def code(self):
        """Exit code, None while it runs; negative = killed by that signal."""
        return self._popen.poll()

    def alive(self):
        return self.code() is None

    def send(self, number):
        """A signal, unless it has ended."""
        if self.alive():
            os.kill(self.pid, number)

    def wait(self, timeout):
        return self._popen.wait(timeout)

    def stop(self, grace=30.0):
        """SIGTERM, then SIGKILL after the grace. Answers the exit code."""
        self.send(signal.SIGTERM)
        try:
            return self.wait(grace)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self):
        self.send(signal.SIGKILL)
        return self._popen.wait()

    def tail(self, lines=20):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:])


def unwind_on_signals():
    """SIGINT, SIGTERM and SIGHUP become KeyboardInterrupt, so that every way out passes the cleaning up; a second one
    does not interrupt that. Also where a shell had SIGINT ignored (background jobs)."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def unwind(*_):
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt
    for number in numbers:
        signal.signal(number, unwind)


def free_port():
    """Outside the range the kernel takes clients' ports from: nobody gets it by chance before it is used."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        lowest = int(file.read().split()[0])
    while True:
        port = random.randrange(10_000, max(lowest, 20_000))
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def wait_until(condition, timeout, what, every=0.02):
    """Answers the condition's first true value; TimeoutError names `what`. Exceptions of a server that is not there
    yet count as not yet."""
    deadline = time.monotonic() + timeout
    problem = None
    while True:
        try:
            value = condition()
            if value:
                return value
        except (OSError, ConnectionError) as error:
            problem = error
        if time.monotonic() >= deadline:
            raise TimeoutError(f"not within {timeout:g} s: {what}" + (f" ({problem})" if problem else ""))
        time.sleep(every)


def cpu_seconds(pid):
    """User and system time a process has used, its threads included."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def started_at(pid):
    """Kernel's start time of a process (ticks since boot), None when it is gone: tells a pid from its successor."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[19])
    except (FileNotFoundError, ProcessLookupError):
        return None


def peak_rss_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def rss_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0
