"""A stack with processes that are killed, frozen and started again, each time under a new consumer name."""

import json
import os
import signal
import threading
import time

from e2e.process import free_port, wait_until
from e2e.stack import LANES, Engine, Stack, program

from .work import TENANT

LEASE_S = 1.0
SCAN_S = 1.0
W = 500
FINAL = ("done", "cancelled", "dead")
SETTINGS = {"engine": {"lease": f"{LEASE_S:g}s", "takeover_scan": f"{SCAN_S:g}s", "max_in_flight": W}}


def merged(*several):
    out = {}
    for sections in several:
        for section, values in sections.items():
            out[section] = {**out.get(section, {}), **values}
    return out


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


class Rig:
    """Redis, the sandbox and so many seats, with leases of a second. Gone with the `with` block."""

    def __init__(self, options, result, seats=2, sections=None, redis=(), env=None):
        self.stack = Stack()
        self.options, self.result, self.seats = options, result, []
        try:
            self.stack.start_redis(*redis)
            self.stack.start_sandbox()
            settings = merged(SETTINGS, sections or {})
            self.seats = [Seat(self.stack, f"p{at + 1}", settings, env) for at in range(seats)]
        except BaseException:
            self.stack.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, problem, _):
        # At the end nothing is under way any more, or something is wrong: no engine is asked to drain.
        for process in self.stack.processes:
            process.send(signal.SIGKILL)
        failed = self.result.problems or (kind is not None and kind is not KeyboardInterrupt)
        if failed:
            self.result.notes.append(self.evidence())
        if problem is not None:
            self.result.problems.append(f"{kind.__name__}: {problem}")
            problem.result = self.result
        if self.options.keep or (failed and os.environ.get("DISPATCH_KEEP_FAILED")):
            print(f"kept: {self.stack.directory}")
            self.stack.stop_processes()
        else:
            self.stack.close()

    def start(self):
        for seat in self.seats:
            seat.start(ready=False)
        for seat in self.seats:
            seat.engine.wait_ready()
        return self

    def delay(self, milliseconds):
        self.stack.control("/delay", body={"ms": milliseconds})

    def store(self, jobs):
        """Puts (lane, document) pairs on their lanes."""
        self._write([("XADD", self.stack.key(LANES[lane]), "*", "job", document) for lane, document in jobs])

    def store_audience(self, name, recipients, part=500):
        """Appends a producer's list of recipients (JSON texts) for a later job."""
        key = self.stack.key(f"audience:{TENANT}:{name}")
        self._write([("RPUSH", key, *recipients[at:at + part]) for at in range(0, len(recipients), part)])

    def _write(self, commands):
        with self.stack.redis() as redis:
            for reply in redis.pipeline(commands, batch=50):
                if isinstance(reply, Exception):
                    raise reply

    def fenced(self):
        """How many writes Redis has refused because their writer is not the owner any more."""
        with self.stack.redis() as redis:
            for line in redis.command("INFO", "errorstats").splitlines():
                if line.startswith("errorstat_FENCED:count="):
                    return int(line.partition("=")[2])
        return 0

    def states(self, redis, jobs):
        return redis.pipeline([("HGET", self.stack.key(f"job:{TENANT}:{job.id}"), "state") for job in jobs])

    def streams(self, redis):
        """Every stream that holds work: the lanes and the waiting lists."""
        waiting = redis.command("SMEMBERS", self.stack.key("waiting"))
        return [self.stack.key(name) for name in LANES.values()] + [
            self.stack.key("wait:" + member.replace("\t", ":")) for member in waiting]

    def pending(self, redis):
        """{consumer: entries read and not acknowledged} over all streams."""
        out = {}
        for reply in redis.pipeline([("XPENDING", name, "dispatchers") for name in self.streams(redis)]):
            if isinstance(reply, list) and reply[0]:
                for consumer, count in reply[3]:
                    # The engine adds to the configured name what makes it unique.
                    seat = "-".join(consumer.split("-")[:2])
                    out[seat] = out.get(seat, 0) + int(count)
        return out

    def leftovers(self):
        """What is still stored of work: {key: entries}, empty when all is over."""
        with self.stack.redis() as redis:
            names = self.streams(redis)
            asks = [("XLEN", name) for name in names] + [("ZCARD", self.stack.key("due"))]
            asks.append(("HLEN", self.stack.key("due:items")))
            replies = redis.pipeline(asks)
            out = {name: count for name, count in zip([*names, "due", "due:items"], replies) if count}
            pending = self.pending(redis)
            return {**out, **({"pending": pending} if pending else {})}

    def wait_ended(self, work, timeout, what="every job ended"):
        """Until every job has a final state and nothing is stored of it. Answers what is wrong, or nothing."""
        open_jobs = list(work.jobs)

        def ended():
            nonlocal open_jobs
            with self.stack.redis() as redis:
                open_jobs = [job for job, state in zip(open_jobs, self.states(redis, open_jobs)) if state not in FINAL]
            return not open_jobs and not self.leftovers()
        try:
            wait_until(ended, timeout, what, every=0.1)
            return []
        except TimeoutError:
            some = [job.id for job in open_jobs[:5]]
            return [f"not within {timeout:g} s: {what}; {len(open_jobs)} jobs open {some}, left {self.leftovers()}"]

    def taken(self):
        """Notifications providers have answered with 2xx so far, repeats included."""
        stats = self.stack.control("/stats", "GET")
        good = sum(count for status, count in stats["by_status"].items() if status.startswith("2"))
        return good - stats["by_provider"].get("token", 0)

    def evidence(self, lines=12):
        """The last of every seat's log."""
        out = []
        for seat in self.seats:
            try:
                with open(seat.log, encoding="utf-8", errors="replace") as file:
                    out.append(f"--- {seat.name}, run {seat.runs}:\n" + "".join(file.readlines()[-lines:]))
            except FileNotFoundError:
                pass
        return "\n".join(out)


class Feeder:
    """Keeps a few batches of mixed work open, until `stop`, and at least `least` recipients in all."""

    OPEN = 30_000

    def __init__(self, rig, work, least):
        self.rig, self.work, self.least = rig, work, least
        self.problem = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def stop(self, timeout=300.0):
        """Stores the rest up to `least` and ends."""
        self._stop.set()
        self._thread.join(timeout)
        if self._thread.is_alive() or self.problem:
            raise RuntimeError(f"the feeder failed: {self.problem or 'stuck'}")

    def _run(self):
        try:
            self._feed()
        except Exception as problem:  # told by stop()
            self.problem = repr(problem)

    def _feed(self):
        big = []
        with self.rig.stack.redis() as redis:
            while True:
                big = [job for job, state in zip(big, self.rig.states(redis, big)) if state not in FINAL]
                if self._stop.is_set() and self.work.recipients >= self.least:
                    return
                if sum(job.count for job in big) < self.OPEN or self._stop.is_set():
                    made = len(self.work.jobs)
                    self.rig.store(self.work.mixed())
                    big += [job for job in self.work.jobs[made:] if job.count > 1]
                else:
                    time.sleep(0.05)


class TakeOvers:
    """Watches how long a dead process's entries stay its own. `worst` counts only those during which another process
    was alive all the time; `left` names who still had some at the end."""

    EVERY_S = 0.03

    def __init__(self, rig):
        self.rig = rig
        self.times = []
        self.left = {}
        self.problem = None
        self._dead = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(10)

    def died(self, consumer):
        """Any death interrupts whoever was about to take over: their time starts again, `interrupted` said."""
        now = time.monotonic()
        with self._lock:
            for each in self._dead.values():
                each["again"] = now
            self._dead[consumer] = {"at": now, "again": now}

    @property
    def worst(self):
        return max((quiet for _, _, quiet in self.times), default=None)

    @property
    def worst_in_all(self):
        return max((total for _, total, _ in self.times), default=None)

    def wait(self, timeout):
        """Until nobody dead holds anything."""
        try:
            wait_until(lambda: not self._open(), timeout, "dead processes' entries taken over", every=0.05)
        except TimeoutError:
            self.left = self._open()

    def _open(self):
        with self._lock:
            return {name: time.monotonic() - each["at"] for name, each in self._dead.items()}

    def _run(self):
        redis = None
        while not self._stop.is_set():
            try:
                redis = redis or self.rig.stack.redis()
                asked = time.monotonic()
                pending = self.rig.pending(redis)
            except Exception as problem:  # Redis may be away on purpose
                self.problem, redis = problem, None
                self._stop.wait(0.1)
                continue
            with self._lock:
                for name in [name for name, each in self._dead.items() if name not in pending and each["at"] < asked]:
                    each = self._dead.pop(name)
                    now = time.monotonic()
                    self.times.append((name, now - each["at"], now - each["again"]))
            self._stop.wait(self.EVERY_S)
