"""The place of one dispatchd, whoever sits there at the moment."""

import json
import os
import signal

from e2e.process import free_port, wait_until
from e2e.stack import Engine, program


class Seat:
    """The place of one dispatchd: a port and a log of its own, and whoever sits there now."""

    def __init__(self, stack, name, sections, env=None):
        self.stack, self.name, self.env = stack, name, env or {}
        self.admin = free_port()
        self.config = stack.write_config(name, stack.config(self.admin, sections))
        self.log = stack.directory / f"{name}.log"
        self.runs = 0
        self.process = self.consumer = None

    def start(self, ready=True):
        self.runs += 1
        self.consumer = f"{self.name}-{self.runs}"
        self.process = self.stack.start(self.name, [program("dispatchd"), "--config", str(self.config)],
                                        {"DISPATCHD_REDIS__CONSUMER": self.consumer, **self.env})
        if ready:
            self.engine.wait_ready()
        return self

    @property
    def engine(self):
        return Engine(self.process, self.config, self.admin)

    def kill(self):
        self.process.kill()
        self.forget()

    def forget(self):
        """Of a process that has ended."""
        self.stack.processes.remove(self.process)

    def freeze(self):
        """Answers when every thread of it has stopped."""
        self.process.send(signal.SIGSTOP)
        wait_until(lambda: _stopped(self.process.pid), 5, f"{self.name} stopped", every=0.005)

    def thaw(self):
        self.process.send(signal.SIGCONT)

    def said(self, *events):
        """Its log's lines of these events, over all its runs."""
        out = []
        with open(self.log, encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("{") and any(f'"{event}"' in line for event in events):
                    try:
                        out.append(json.loads(line))
                    except ValueError:
                        pass  # a killed process's last line
        return out


def _stopped(pid):
    tasks = f"/proc/{pid}/task"
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/stat", encoding="ascii", errors="replace") as file:
            if file.read().rpartition(")")[2].split()[0] != "T":
                return False
    return True
