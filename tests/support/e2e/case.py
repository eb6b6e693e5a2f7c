"""What end-to-end tests have in common: a stack per test, and the accounting that must always agree."""

import unittest

from .process import wait_until
from .stack import LANES, OUTCOMES, Stack


def read_record(path):
    """Dedupe keys of what `dispatchctl load --record` wrote: {key: (sent at, µs since the epoch; token's fate)}."""
    with open(path, encoding="ascii") as file:
        rows = (line.rstrip("\n").split("\t") for line in file)
        return {row[6]: (int(row[0]), row[5]) for row in rows}


class EndToEnd(unittest.TestCase):
    """`self.stack` is new for each test and gone after it; DISPATCH_KEEP_FAILED=1 keeps a failed test's files.
    `providers`: those of the sandbox that the tests of a class send by."""

    providers = ()

    def run(self, result=None):
        # Not setUp and a cleanup: only here is it known whether the test failed.
        result = result or self.defaultTestResult()
        self.stack = Stack(providers=self.providers)
        try:
            return super().run(result)
        finally:
            failed = any(test is self for test, _ in (*result.failures, *result.errors))
            for process in self.stack.processes if failed else ():
                print(f"--- {process.name}, exit code {process.code()}:\n{process.tail(15)}")
            self.stack.__exit__(AssertionError if failed else None)

    def load(self, lane, jobs, *options, record=True):
        """Generated jobs with ids on a lane; answers their record."""
        path = self.stack.directory / f"{lane}.tsv"
        # Of its own, or loads on two lanes would share tokens, and a dead one be suppressed for the other.
        seed = 7 + list(LANES).index(lane)
        self.stack.ctl("load", "--lane", lane, "--jobs", jobs, "--with-id", "--id-prefix", lane, "--seed", seed, "--quiet",
                       *options, *(("--record", path) if record else ()))
        return read_record(path) if record else {}

    def wait_jobs_ended(self, jobs, timeout=60.0):
        """Until so many jobs have ended and every lane is acknowledged; answers the job records."""
        with self.stack.redis() as redis:
            def ended():
                if not self.stack.lanes_empty(redis):
                    return None
                found = self.stack.jobs(redis)
                over = [job for job in found if job["state"] in ("done", "cancelled", "dead")]
                return found if len(over) >= jobs else None
            return wait_until(ended, timeout, f"{jobs} jobs ended", every=0.1)

    def assert_accounted(self, jobs, sent, **outcomes):
        """Job records, ledger and what was sent agree; nothing was delivered twice. `outcomes`: what must be counted
        (the others 0)."""
        totals = {name: sum(job[name] for job in jobs) for name in OUTCOMES}
        self.assertEqual({**dict.fromkeys(OUTCOMES, 0), **outcomes}, totals)
        for job in jobs:
            self.assertEqual((job["state"], job["total"]), ("done", sum(job[name] for name in OUTCOMES)), job)
        self.stack.control("/ledger/flush")
        self.stack.ledger.read()
        self.assertEqual(set(sent), self.stack.ledger.keys())
        self.assertEqual({}, self.stack.ledger.repeats())
