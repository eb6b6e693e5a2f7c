"""A stack with processes that are killed, frozen and started again, each time under a new consumer name."""

import os
import signal

from e2e.process import wait_until
from e2e.stack import LANES, Stack

from .seat import Seat
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


class Rig:
    """Redis, the sandbox and so many seats, with leases of a second. Gone with the `with` block."""

    def __init__(self, options, result, seats=2, sections=None, redis=(), env=None):
        self.stack = Stack(providers=("fcm", "apns"))
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
